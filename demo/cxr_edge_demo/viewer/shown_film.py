"""From a film's file to the grey levels that the browser draws: its own, not windowed, bone white, upright."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.film.decode import DICOM_MAGIC
from cxr_edge.film.dicom import read_dicom, stored_pixels
from cxr_edge.film.grey import array_to_image, image_to_grey, percentiles
from cxr_edge.film.preprocess import WHOLE, open_film
from cxr_edge.film.source import Limits
from cxr_edge_demo.viewer.dicom_windows import windows_of
from cxr_edge_demo.viewer.grey_window import Window, between

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_SIDE = 4096
"""Longer side of what is sent, pixels. The largest detectors have about 4,300."""

NETWORK, ALL = "As the network sees it", "All grey levels"

Levels = npt.NDArray[Any]


@dataclass(frozen=True)
class ShownFilm:
    """A film as the browser gets it.

    Attributes:
        levels: uint8 or uint16 [H, W], bone white.
        bits: that the film has: 8, 12, …; at most 16.
        slope, offset: value = slope · level + offset, in the units that windows are in.
        inverted: whether low values are to be seen white (MONOCHROME1).
        windows: to look through, the one to begin with first.
        full_size: (width, height) of the film itself, before it was made smaller to be sent.
    """

    levels: Levels
    bits: int
    slope: float
    offset: float
    inverted: bool
    windows: tuple[Window, ...]
    full_size: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of what is sent."""
        return self.levels.shape[1], self.levels.shape[0]

    def png(self) -> bytes:
        """The levels as a grey PNG of 8 or 16 bits, without any tag; compressed little, for it is sent at once."""
        buffer = io.BytesIO()
        Image.fromarray(self.levels).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def shown_film(data: bytes, limits: Limits | None = None) -> ShownFilm:
    """Decode a film's file for people.

    Args:
        data: the whole file.
        limits: on file and picture.

    Raises:
        UnreadableFilm: as `cxr_edge.Classifier.prepare`.
    """
    limits = limits or Limits()
    if data[128:132] == DICOM_MAGIC:
        return _of_dicom(read_dicom(data, limits))
    return _of_picture(open_film(data, WHOLE, limits).grey)


def _of_picture(grey: Image.Image) -> ShownFilm:
    if grey.mode == "L":
        return _shown(np.asarray(grey), 8, 1.0, 0.0)
    levels, slope, offset = _whole_levels(np.asarray(grey, np.float32))
    return _shown(levels, 16, slope, offset)


def _of_dicom(dataset: Dataset) -> ShownFilm:
    from pydicom.pixels.processing import apply_modality_lut

    stored = stored_pixels(dataset)
    if stored.ndim == 3:
        return _of_picture(image_to_grey(array_to_image(stored)))
    slope, offset = 1.0, 0.0
    bits = int(dataset.BitsStored)
    if dataset.get("ModalityLUTSequence"):
        stored = apply_modality_lut(stored, dataset)
        bits = 8 * stored.dtype.itemsize
    elif "RescaleSlope" in dataset and "RescaleIntercept" in dataset:
        slope, offset = float(dataset.RescaleSlope), float(dataset.RescaleIntercept)
    levels, step, least = _whole_levels(stored)
    slope, offset = slope * step, slope * least + offset
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    if inverted:
        top = 255 if levels.dtype == np.uint8 else levels.max()
        levels, slope, offset = top - levels, -slope, offset + slope * float(top)
    return _shown(levels, min(bits, 16), slope, offset, inverted, windows_of(dataset))


def _whole_levels(values: Levels) -> tuple[Levels, float, float]:
    """Values as uint8 or uint16 levels, and the slope and offset that give the values back.

    Whole numbers within 16 bits keep their steps; any others are spread over 16 bits.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values, 1.0, 0.0
    least, most = float(values.min()), float(values.max())
    whole = values.dtype.kind in "iu" or bool((values == np.rint(values)).all())
    if whole and least >= 0 and most <= 65535:
        return values.astype(np.uint16), 1.0, 0.0
    step = 1.0 if whole and most - least <= 65535 else max(most - least, 1e-12) / 65535
    return np.rint((values.astype(np.float64) - least) / step).astype(np.uint16), step, least


def _shown(
    levels: Levels, bits: int, slope: float, offset: float, inverted: bool = False, own: list[Window] | None = None
) -> ShownFilm:
    height, width = levels.shape
    levels = _reduced(levels)
    of_network = [slope * level + offset for level in percentiles(levels, 0.5, 99.5)]  # as `film.grey.window` has it
    if bits == 8:
        everything = [slope * level + offset for level in (0, 255)]
    else:
        everything = [slope * float(level) + offset for level in (levels.min(), levels.max())]
    network, whole = between(NETWORK, *sorted(of_network)), between(ALL, *sorted(everything))
    usual = [whole, network] if bits == 8 else [network, whole]
    return ShownFilm(levels, bits, slope, offset, inverted, (*(own or ()), *usual), (width, height))


def _reduced(levels: Levels) -> Levels:
    height, width = levels.shape
    scale = MOST_SIDE / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(levels)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(levels if levels.dtype == np.uint8 else levels.astype(np.float32))
    reduced: Levels = np.rint(np.asarray(image.resize(size, Image.Resampling.BOX))).astype(levels.dtype)
    return reduced
