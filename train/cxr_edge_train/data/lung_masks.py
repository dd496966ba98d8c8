"""Where the lungs are in the films of Kermany et al., as people drew them.

The masks are V7 Labs' (COVID-19 X-ray data set, CC BY 4.0). They include most of the heart and the lung behind the
diaphragm, and their area goes with the label: a mask alone gives part of the answer away.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.films import LabelledFilm

Mask = npt.NDArray[np.bool_]
SIDE = 224
"""Pixels of each side of a stored mask: the whole film is squashed to a square, like the films."""
HOW_TO_GET = (
    "Clone https://github.com/v7labs/covid-19-xray-dataset, then make the masks with "
    "`python -m cxr_edge_train.data.published_masks CLONE FOLDER`; FOLDER is lung_masks in the folder that "
    "CXR_EDGE_DATA names"
)


class NoMasks(CxrEdgeError):
    """Lung masks are not there; the rest of an audit needs none."""


def masks_folder(given: Path | None = None) -> Path:
    """`given`, or ``$CXR_EDGE_DATA/lung_masks``.

    Raises:
        NoMasks: there is no such folder; the message says how to get the masks.
    """
    folder = given or Path(os.environ.get("CXR_EDGE_DATA", "")) / "lung_masks"
    if not folder.is_dir():
        raise NoMasks(f"{folder}: found no such folder; expected lung masks in it. {HOW_TO_GET}")
    return folder


def mask_path(film: Path, folder: Path) -> Path:
    """Where the mask of ``…/PART/CLASS/NAME.jpeg`` lies: ``folder/PART/CLASS/NAME.png``, whether or not it is there."""
    part, label, name = film.resolve().parts[-3:]
    return (folder / part / label / name).with_suffix(".png")


def lung_mask(film: Path, folder: Path, size: tuple[int, int] = (SIDE, SIDE)) -> Mask | None:
    """The lungs of a film, both together; None if nobody drew them, as in five films of the set.

    Args:
        film: ``…/{train,val,test}/{NORMAL,PNEUMONIA}/NAME.jpeg``; only its path is used.
        folder: of the masks.
        size: (height, width) in pixels of the film that the mask is wanted for.

    Returns:
        bool [height, width], True is lung.

    Raises:
        CxrEdgeError: the file is not a mask, or no lung is in it.
    """
    path = mask_path(film, folder)
    if not path.is_file():
        return None
    try:
        with Image.open(path) as image:
            mode, grey = image.mode, image.convert("L")
    except OSError as error:
        raise CxrEdgeError(f"{path}: found no picture ({error}); expected a lung mask") from None
    mask: Mask = np.asarray(grey.resize((size[1], size[0]), Image.Resampling.BILINEAR)) >= 128
    if mode not in ("1", "L") or not mask.any():
        raise CxrEdgeError(f"{path}: found mode {mode}, {mask.mean():.0%} lung; expected a grey mask, lungs white")
    return mask


def load_lungs(films: Sequence[LabelledFilm], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The lungs of many films, uint8 [N, height, width], 255 or 0; all 0 for a film without a mask.

    Raises:
        NoMasks: there are no masks.
        CxrEdgeError: one is damaged.
    """
    folder = masks_folder()
    lungs = np.zeros((len(films), *size), np.uint8)
    for i, film in enumerate(tqdm(films, desc="lungs", unit="mask", disable=None)):
        mask = lung_mask(film.path, folder, size)
        if mask is not None:
            lungs[i] = mask * np.uint8(255)
    return lungs
