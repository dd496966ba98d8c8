"""Lungs of one film in the body of another: a network that looks at lungs answers as for the first.

Film A gets the exposure of film B, its lungs are stretched from the box that they fill to the box of B's lungs, and
take the place of B's. Body, frame, markers and exposure are then B's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform, binary_dilation, gaussian_filter

from cxr_edge_train.data.lung_masks import Mask

Grey = npt.NDArray[np.uint8]
MARGIN = 4
"""Pixels of 224 around the drawn lungs that go with them: the pleura lies on the line that was drawn."""
FEATHER = 2.0
"""σ in pixels of the soft seam."""
SURROUNDINGS = 16
"""Pixels around the lungs whose grey levels stand for the exposure."""


def swap(film: Grey, lungs: Mask, body: Grey, body_lungs: Mask) -> Grey:
    """Put the lungs of `film` into `body`.

    Both masks decide where: the shape of the seam shows neither film's lungs. What the stretched film does not reach
    is filled by repeating its edge.

    Args:
        film, body: uint8 [H, W], of one size.
        lungs, body_lungs: of each, bool [H, W], neither empty nor the whole film.

    Returns:
        uint8 [H, W].
    """
    like = match_levels(film, lungs, body, body_lungs)
    scale, offset = _box_to_box(lungs, body_lungs)
    moved = affine_transform(like, scale, offset, order=1, mode="nearest")
    moved_lungs = affine_transform(lungs.astype(np.float64), scale, offset, order=1, mode="nearest") >= 0.5
    weight = gaussian_filter(with_margin(moved_lungs | body_lungs).astype(np.float64), FEATHER)
    swapped: Grey = np.rint(weight * moved + (1 - weight) * body).astype(np.uint8)
    return swapped


def match_levels(film: Grey, lungs: Mask, body: Grey, body_lungs: Mask) -> npt.NDArray[np.float64]:
    """`film` with the brightness and contrast that `body` has around its lungs; float64 [H, W], 0…255.

    Mean and standard deviation of the tissue around the lungs, not of whole films: those differ by how much dark
    background they hold, and lungs came out black or posterised. Nor of the lungs: their density is the disease.
    """
    around, wanted = (
        pixels[with_margin(mask, SURROUNDINGS) & ~mask].astype(np.float64)
        for pixels, mask in ((film, lungs), (body, body_lungs))
    )
    contrast = wanted.std() / max(around.std(), 1.0)
    matched: npt.NDArray[np.float64] = np.clip((film - around.mean()) * contrast + wanted.mean(), 0, 255)
    return matched


def with_margin(lungs: Mask, margin: int = MARGIN) -> Mask:
    """`lungs` [H, W] and all that lies within `margin` pixels of them, city block distance."""
    return np.asarray(binary_dilation(lungs, iterations=margin), bool)


def touches_border(lungs: Mask) -> bool:
    """Whether lungs [H, W] are cut by the film's edge, so that a swap of them would show a seam."""
    return bool(lungs[[0, -1]].any() or lungs[:, [0, -1]].any())


def bodies(labels: Sequence[int], seed: int) -> list[int]:
    """For each film, by its label 0 or 1, the index of a film of the other class, drawn by `seed`."""
    rng, found = np.random.default_rng(seed), np.asarray(labels)
    others = [np.flatnonzero(found != label) for label in (0, 1)]
    return [int(rng.choice(others[label])) for label in labels]


def _box_to_box(source: Mask, target: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scale and offset [2] that take a pixel of the target's box to one of the source's box, (y, x)."""
    (first, last), (target_first, target_last) = _box(source), _box(target)
    scale = (last - first) / np.maximum(target_last - target_first, 1)
    return scale, first - scale * target_first


def _box(lungs: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """First and last row and column, (y, x)."""
    places = np.argwhere(lungs)
    return places.min(axis=0).astype(float), places.max(axis=0).astype(float)
