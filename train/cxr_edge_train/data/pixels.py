"""The pixels and labels of many films, as arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge.film.decode import sniff
from cxr_edge.film.preprocess import PREPROCESSING, SPARE, open_film, preprocess, resize
from cxr_edge.film.source import Limits
from cxr_edge_train.data.films import LabelledFilm

Pixels = npt.NDArray[np.uint8]


def load_pixels(
    films: Sequence[LabelledFilm], size: tuple[int, int], title: str, version: int = PREPROCESSING
) -> Pixels:
    """Preprocess every film to uint8 [N, height, width, 1], with a progress bar called `title`."""
    pixels = np.empty((len(films), *size, 1), np.uint8)
    for i, film in enumerate(tqdm(films, desc=title, unit="film", disable=None)):
        pixels[i] = preprocess(film.path, size, version=version)
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
    first = open_film(film, sizes[0], limits)
    assert first.data is not None  # only an image or array has none
    decoded = {_reduced_size(first.data, sizes[0]): first.grey}
    pixels = []
    for size in sizes:
        reduced = _reduced_size(first.data, size)
        if reduced not in decoded:
            decoded[reduced] = open_film(first.data, size, limits).grey
        pixels.append(resize(decoded[reduced], size))
    return pixels


def _reduced_size(data: bytes, size: tuple[int, int]) -> tuple[int, int] | None:
    """(width, height) at which a JPEG is decoded for this size, by its header; None for other films: never reduced."""
    if sniff(data) != "JPEG":
        return None
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
        picture.draft("L", (SPARE * size[1], SPARE * size[0]))  # as `open_film` asks for it
        return picture.size


def labels_of(films: Sequence[LabelledFilm]) -> npt.NDArray[np.float32]:
    """float32 [N], 1 for pneumonia."""
    return np.array([film.label for film in films], np.float32)
