"""Ways to store a film of 8 bits in more, without a change to what it shows: every copy should get the same answer."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.film.preprocess import Film

Grey = npt.NDArray[np.uint8]


def deep_png(grey: Grey) -> bytes:
    """`grey` [H, W] as a PNG of 16 bits, white 65535."""
    buffer = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16) * 257).save(buffer, "PNG")
    return buffer.getvalue()


def with_lowest_bits(grey: Grey) -> npt.NDArray[np.uint16]:
    """`grey` [H, W] with 12 bits, of which the lowest 4 are drawn at random, always the same."""
    lowest: npt.NDArray[np.uint16] = np.random.default_rng(0).integers(0, 16, grey.shape, np.uint16)
    return grey.astype(np.uint16) * 16 + lowest


DEPTHS: Mapping[str, Callable[[Grey], Film]] = {
    "12 bits, value × 16": lambda grey: grey.astype(np.uint16) * 16,
    "12 bits, value × 16 + noise 0 to 15": with_lowest_bits,
    "16-bit PNG, value × 257": deep_png,
}
"""By name: uint8 [H, W] to the film as it is stored."""
