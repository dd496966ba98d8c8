"""What a film shows of how it was taken, with nobody looking at the lungs: tone, noise, borders, marks.

Everything is measured outside of the drawn lungs and a margin, on the film squashed to the mask's size.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, gaussian_filter, label

from cxr_edge_train.data.lung_masks import Mask

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
MARGIN = 8
"""Pixels of 224 around the lungs that are left out too. The largest of `BANDS` reaches a little further: the coarsest
noise band changes a little with lungs that are much darker or brighter."""
TONES = (1, 5, 25, 50, 75, 95, 99)
"""Percentiles of the grey levels."""
BANDS = (0.7, 1.4, 2.8, 5.6)
"""σ in pixels between which noise is measured, an octave each."""
EDGE = 0.24
"""Markers are looked for within this share of each side."""
FLAT = 6.0
"""A row or column whose grey levels spread less than this is collimated, or lies beside the patient."""
SMALLEST, LARGEST = 4, 400
"""Pixels of a blob that may be a letter or a part of a stamp."""
SURROUNDINGS, STEP = 4.0, 25.0
"""A mark is `STEP` grey levels brighter than its surroundings, which a Gaussian of this σ in pixels shows: letters have
sharp edges, bones have not."""
SIDES, CORNERS = ("top", "bottom", "left", "right"), ("upper left", "upper right", "lower left", "lower right")
NAMES = (
    *(f"tone, percentile {p}" for p in TONES),
    "share black", "share white",
    *(f"noise, σ {a} to {b}" for a, b in itertools.pairwise(BANDS)),
    *(f"flat at the {side}" for side in SIDES),
    *(f"grey at the {side}" for side in SIDES),
    *(f"marks, {corner}" for corner in CORNERS),
)  # fmt: skip
"""Of the features, in order. Tones are grey levels 0…255, noise is the natural logarithm of grey levels, flat bands are
shares of a side, marks ln(1 + per mille of the film's area)."""


def acquisition_features(film: Grey, outside: Mask) -> Floats:
    """`NAMES` of a film.

    Args:
        film: uint8 [H, W].
        outside: bool [H, W], where to look: not lung. Some of it must be there.
    """
    pixels = film.astype(np.float64)
    tones = np.percentile(film[outside], TONES)
    shares = [(film[outside] <= 2).mean(), (film[outside] >= 253).mean()]
    return np.array([*tones, *shares, *_noise(pixels, outside), *_borders(pixels), *_marks(pixels, outside)])


def _noise(pixels: Floats, outside: Mask) -> list[float]:
    """Median absolute grey level of each band, as a logarithm; where the film is neither black nor white."""
    smooth = [gaussian_filter(pixels, sigma) for sigma in BANDS]
    exposed = outside & (smooth[-1] > 20) & (smooth[-1] < 235)
    if not exposed.any():
        exposed = outside
    bands = (np.abs(fine - coarse)[exposed] for fine, coarse in itertools.pairwise(smooth))
    return [float(np.log(np.median(band) + 0.05)) for band in bands]


def _borders(pixels: Floats) -> list[float]:
    """How deep flat bands reach from each side, as a share of it, and the grey level of the outermost 3 %."""
    deep, grey = [], []
    for rows in (pixels, pixels[::-1], pixels.T, pixels.T[::-1]):
        busy = rows.std(axis=1) >= FLAT
        deep.append(float(busy.argmax() if busy.any() else len(rows)) / len(rows))
        grey.append(float(rows[: max(1, round(0.03 * len(rows)))].mean()))
    return [*deep, *grey]


def _marks(pixels: Floats, outside: Mask) -> list[float]:
    """Area of small bright blobs near each corner, as ln(1 + per mille of the film)."""
    height, width = pixels.shape
    bright = outside & (pixels - gaussian_filter(pixels, SURROUNDINGS) >= STEP)
    blobs, _ = label(bright, np.ones((3, 3)))
    areas = np.zeros((2, 2))
    for number, place in enumerate(find_objects(blobs), start=1):
        y, x = ((part.start + part.stop) / 2 / n for part, n in zip(place, (height, width), strict=True))
        area = int((blobs[place] == number).sum())
        if SMALLEST <= area <= LARGEST and min(x, 1 - x) <= EDGE:  # between the lungs it is the spine
            areas[int(y >= 0.5), int(x >= 0.5)] += area
    return [float(part) for part in np.log1p(1000 * areas.ravel() / pixels.size)]
