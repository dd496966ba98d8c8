"""Where the network looked, drawn over the film."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

FULL = 6.0  # a film that looked everywhere like a place of full colour would have this logit: p = 0.998
_COLOUR = np.array([255, 96, 0], np.float32)


def overlay(film: npt.NDArray[np.uint8], heatmap: npt.NDArray[np.float32], opacity: float) -> Image.Image:
    """Colour `film` where `heatmap` speaks for pneumonia.

    The scale is fixed, not stretched to each film: a film without evidence stays grey.

    Args:
        film: uint8 [H, W].
        heatmap: float32 [h, w], contributions to the logit.
        opacity: of a place whose contribution × h × w is `FULL` or more, 0…1.

    Returns:
        RGB, W × H pixels.
    """
    height, width = film.shape
    local_logit = Image.fromarray((heatmap * heatmap.size).astype(np.float32))
    spread = np.asarray(local_logit.resize((width, height), Image.Resampling.BICUBIC))
    alpha = np.clip(spread / FULL, 0, 1)[..., None] * opacity  # (H, W, 1)
    mixed = film[..., None] * (1 - alpha) + _COLOUR * alpha  # (H, W, 3)
    return Image.fromarray(np.rint(mixed).astype(np.uint8))
