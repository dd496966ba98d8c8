"""Mutated films: an answer or `UnreadableFilm`, nothing else, in bounded time and memory.

The long run, in a process of its own so that its peak memory means something:
``CXR_EDGE_FUZZ=20000 python -m pytest tests/runtime/test_fuzz.py``
"""

import io
import os
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from cxr_edge import UnreadableFilm
from cxr_edge.computer.machine import peak_memory
from dicom_film import dicom
from helpers import encoded

COUNT = int(os.environ.get("CXR_EDGE_FUZZ", "600"))
SEED = 20261123


@pytest.fixture(scope="module")
def corpus(gradient):
    """Small films of every format and several inner forms."""
    image, rng = Image.fromarray(gradient), np.random.default_rng(SEED)
    noisy = Image.fromarray(rng.integers(0, 256, gradient.shape, np.uint8))
    deep = Image.fromarray(gradient.astype(np.uint16) * 257)
    films = [
        encoded(image, "JPEG"),
        encoded(noisy, "JPEG", progressive=True),
        encoded(image.convert("CMYK"), "JPEG"),
        encoded(image, "PNG"),
        encoded(deep, "PNG"),
        encoded(image.convert("P"), "PNG", transparency=3),
        encoded(image.convert("RGBA"), "PNG"),
        encoded(image, "TIFF"),
        encoded(deep, "TIFF", compression="tiff_lzw"),
        encoded(image, "TIFF", compression="tiff_adobe_deflate"),
        encoded(image.convert("1"), "TIFF", compression="group4"),
        encoded(image.convert("RGB"), "TIFF", compression="jpeg"),
        encoded(image, "BMP"),
        encoded(image.convert("RGB"), "WEBP"),
    ]
    try:
        import pydicom
        from pydicom.uid import RLELossless
    except ModuleNotFoundError:
        return films
    films += [dicom(gradient), dicom(np.asarray(deep))]
    dataset = pydicom.dcmread(io.BytesIO(films[-1]))
    dataset.compress(RLELossless)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return [*films, buffer.getvalue()]


def mutated(film, rng):
    """`film` with bits flipped, bytes set to extremes, stretches cut, doubled or blanked, or joined to itself."""
    data = bytearray(film)
    for _ in range(rng.integers(1, 6)):
        at, length = int(rng.integers(0, len(data))), int(rng.integers(1, 64))
        kind = rng.integers(0, 7)
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            data[at] = int(rng.choice([0, 1, 127, 128, 254, 255]))
        elif kind == 2 and len(data) > 200:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length]
        elif kind == 4:
            data[at : at + length] = bytes(len(data[at : at + length]))
        elif kind == 5:
            head = int(rng.integers(0, min(len(data), 256)))  # headers are near the start
            data[head] = int(rng.integers(0, 256))
        elif rng.random() < 0.2 and len(data) > 400:
            del data[at:]
            data.extend(film[:1])
    return bytes(data)


def test_mutated_films(tiny, corpus):
    rng = np.random.default_rng(SEED)
    answers, refusals, slowest = [], [], 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # decoders warn of much before they refuse
        for i in range(COUNT):
            data = mutated(corpus[i % len(corpus)], rng)
            start = time.perf_counter()
            try:
                answers.append(tiny.predict(data).probability)
            except UnreadableFilm as refusal:
                refusals.append(str(refusal))
            slowest = max(slowest, time.perf_counter() - start)
    peak = (peak_memory() or 0) / 2**20
    print(f"{COUNT} films, {len(answers)} answered, slowest {slowest:.2f} s, peak memory {peak:.0f} MiB")
    assert slowest < 5
    assert all(0 <= probability <= 1 for probability in answers)
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)
    if COUNT >= 20_000:  # alone in its process
        assert peak <= 300
