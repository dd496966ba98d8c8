"""Lungs of one film in the body of another, for training: the answer has to follow the lungs.

Much faster than `cxr_edge_train.evaluation.swapped_films`, which tests the same with seams, margins and levels of its
own: a network that had learned to see this seam would not pass that test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter
from scipy.ndimage import binary_dilation

Grey = npt.NDArray[np.uint8]
SURROUNDINGS = 16
"""Pixels of 224 around the lungs whose grey levels stand for the exposure."""
LUNG = 255
"""Of a mask held as uint8; the rest is 0."""


@dataclass(frozen=True)
class Swapping:
    """How films are changed by their lung masks; `p_…` are probabilities.

    Attributes:
        p_swap: that a film's lungs are put into another body, of either class alike.
        p_style: that they get the other film's exposure whole; else a random part of it.
        p_cover: that lungs are covered. Nobody can tell then: the answer to learn is one half.
        softness: range of the seam's σ, pixels; the margin around the lungs is 0.7 to 1.9 of it.
        jitter: of the place that the lungs are put at, share of their box.
    """

    p_swap: float = 0.65
    p_style: float = 0.75
    p_cover: float = 0.08
    softness: tuple[float, float] = (2.0, 7.0)
    jitter: float = 0.04


@dataclass(frozen=True)
class DrawnFilms:
    """Films and where their lungs are.

    Attributes:
        pixels: uint8 [N, H, W, 1].
        lungs: uint8 [N, H, W], `LUNG` or 0; all 0 where nobody drew them.
        drawn: bool [N], whether somebody drew them.
        whole: bool [N], whether they lie within the film: a swap of lungs that the border cuts would show its seam.
        around: float64 [N, 2], mean and standard deviation of the grey levels around the lungs.
        boxes: float64 [N, 4], left, top, right, bottom of the lungs, pixels.
    """

    pixels: Grey
    lungs: Grey
    drawn: npt.NDArray[np.bool_]
    whole: npt.NDArray[np.bool_]
    around: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float64]


def drawn_films(pixels: Grey, lungs: Grey) -> DrawnFilms:
    """What swapping needs to know of films uint8 [N, H, W, 1] with lungs uint8 [N, H, W]."""
    drawn: npt.NDArray[np.bool_] = np.asarray(lungs.any(axis=(1, 2)))
    border = lungs[:, [0, -1]].any(axis=(1, 2)) | lungs[:, :, [0, -1]].any(axis=(1, 2))
    around, boxes = np.zeros((len(pixels), 2)), np.zeros((len(pixels), 4))
    for i in np.flatnonzero(drawn):
        mask = lungs[i] > 0
        tissue = pixels[i, ..., 0][binary_dilation(mask, iterations=SURROUNDINGS) & ~mask]
        around[i] = tissue.mean(), max(float(tissue.std()), 1.0)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        boxes[i] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return DrawnFilms(pixels, lungs, drawn, np.asarray(drawn & ~border), around, boxes)


def swap(films: DrawnFilms, film: int, body: int, rng: np.random.Generator, ranges: Swapping) -> tuple[Grey, Grey]:
    """Lungs of `film` in `body`, indices of `films`: the picture and where its lungs are now, uint8 [H, W] each."""
    share = 1.0 if rng.random() < ranges.p_style else rng.random()
    (mean, spread), (wanted, wanted_spread) = films.around[film], films.around[body]
    contrast = np.clip(wanted_spread / spread, 0.4, 2.5) ** share
    levels = (np.arange(256) - mean) * contrast + mean + share * (wanted - mean)
    like = Image.fromarray(films.pixels[film, ..., 0]).point(np.rint(np.clip(levels, 0, 255)).astype(int).tolist())
    place = _place(films.boxes[film], films.boxes[body], films.lungs[film].shape, rng, ranges.jitter)
    moved = _cut(np.asarray(like), place, "edge")
    moved_lungs = _cut(films.lungs[film], place, "constant")
    weight = _softened(ImageChops.lighter(moved_lungs, Image.fromarray(films.lungs[body])), rng, ranges)
    picture = Image.composite(moved, Image.fromarray(films.pixels[body, ..., 0]), weight)
    return np.asarray(picture), np.asarray(moved_lungs)


def cover(films: DrawnFilms, film: int, other: int, rng: np.random.Generator, ranges: Swapping) -> Grey:
    """`film` without its lungs, uint8 [H, W].

    The outline is that of its lungs and `other`'s together, since an outline goes with the label too.
    """
    outline = ImageChops.lighter(Image.fromarray(films.lungs[film]), Image.fromarray(films.lungs[other]))
    picture = films.pixels[film, ..., 0]
    grey = 128.0 if rng.random() < 0.5 else rng.uniform(20, 235)
    fill = np.full(picture.shape, grey)
    if rng.random() < 0.4:
        fill += rng.normal(0, rng.uniform(2, 25), picture.shape)
    if rng.random() < 0.3:
        fill += rng.uniform(-60, 60) * np.linspace(-1, 1, len(fill))[:, np.newaxis]
    weight = _softened(outline, rng, ranges)
    covered = Image.composite(Image.fromarray(np.clip(fill, 0, 255).astype(np.uint8)), Image.fromarray(picture), weight)
    return np.asarray(covered)


def _place(
    source: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    shape: tuple[int, ...],
    rng: np.random.Generator,
    jitter: float,
) -> tuple[float, float, float, float]:
    """The part of a film (height, width) that fills the whole when its box `source` is stretched to `target`.

    Left, top, right, bottom; it may reach beyond the film.
    """
    corners = target + rng.uniform(-jitter, jitter, 4) * np.tile(target[2:] - target[:2], 2)
    scale = (source[2:] - source[:2]) / np.maximum(corners[2:] - corners[:2], 8)
    start = source[:2] - scale * corners[:2]
    left, top, right, bottom = (*start, *(start + scale * [shape[1], shape[0]]))
    return float(left), float(top), float(right), float(bottom)


def _cut(film: Grey, place: tuple[float, float, float, float], mode: str) -> Image.Image:
    """What lies at `place` of `film` [H, W], as large as the film; what is beyond it is its edge or black."""
    height, width = film.shape
    over = max(-place[0], -place[1], place[2] - width, place[3] - height, 0.0)
    margin = int(np.ceil(over)) + 1
    padded = Image.fromarray(np.pad(film, margin, mode=mode))  # type: ignore[call-overload]
    left, top, right, bottom = (edge + margin for edge in place)
    return padded.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, right, bottom))


def _softened(mask: Image.Image, rng: np.random.Generator, ranges: Swapping) -> Image.Image:
    """Weights 0…255: all of `mask` and a margin, with a soft seam.

    The mask blurred by σ, then cut off at 3 % and stretched so that 25 % is white: the seam lies between 0.7 and 1.9 σ
    outside of a straight edge.
    """
    blurred = mask.reduce(2).filter(ImageFilter.GaussianBlur(rng.uniform(*ranges.softness) / 2))  # half the size: fast
    return blurred.resize(mask.size, Image.Resampling.BILINEAR).point(_SEAM)


_SEAM = np.rint(np.clip((np.arange(256) / 255 - 0.03) / 0.22, 0, 1) * 255).astype(int).tolist()
