"""The pixels and labels of many films, as arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge.errors import naming
from cxr_edge.film.decode import refusing_damage, sniff
from cxr_edge.film.preprocess import open_film, preprocess, resize
from cxr_edge.film.source import Limits, read_bytes
from cxr_edge_train.data.films import LabelledFilm

Pixels = npt.NDArray[np.uint8]


def load_pixels(films: Sequence[LabelledFilm], size: tuple[int, int], title: str) -> Pixels:
    """Preprocess every film to uint8 [N, height, width, 1], with a progress bar called `title`."""
    pixels = np.empty((len(films), *size, 1), np.uint8)
    for i, film in enumerate(tqdm(films, desc=title, unit="film", disable=None)):
        pixels[i] = preprocess(film.path, size)
    return pixels


def load_at_sizes(films: Sequence[LabelledFilm], sizes: Sequence[tuple[int, int]], title: str) -> tuple[Pixels, ...]:
    """As `load_pixels` at each of `sizes`, bit for bit, with every file read once and as a rule decoded once."""
    pixels = tuple(np.empty((len(films), *size, 1), np.uint8) for size in sizes)
    for i, film in enumerate(tqdm(films, desc=title, unit="film", disable=None)):
        for array, one in zip(pixels, at_sizes(film.path, sizes), strict=True):
            array[i] = one
    return pixels


def at_sizes(film: Path, sizes: Sequence[tuple[int, int]]) -> list[Pixels]:
    """What `preprocess` makes of one film at each (height, width), uint8 [height, width, 1].

    How far a JPEG is reduced while it is decoded depends on the size that is asked for. Sizes of one reduction share a
    decoding; those of another get their own, because a network has to see what it will see in the clinic.

    Raises:
        UnreadableFilm: as `preprocess` does.
    """
    limits = Limits()
    with naming(str(film)):
        data = read_bytes(film, limits.max_bytes)
        decoded: dict[tuple[int, int], Image.Image] = {}
        pixels = []
        for size in sizes:
            reduced = _reduced_size(data, size) if sniff(data) == "JPEG" else (0, 0)  # only JPEG is ever reduced
            if reduced not in decoded:
                decoded[reduced] = open_film(data, size, limits).grey
            pixels.append(resize(decoded[reduced], size))
        return pixels


def _reduced_size(jpeg: bytes, size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which `open_film` decodes a JPEG for this size; only its header is read."""
    with refusing_damage(Limits().max_pixels), Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        picture.draft("L", (2 * size[1], 2 * size[0]))
        return picture.size


def labels_of(films: Sequence[LabelledFilm]) -> npt.NDArray[np.float32]:
    """float32 [N], 1 for pneumonia."""
    return np.array([film.label for film in films], np.float32)
