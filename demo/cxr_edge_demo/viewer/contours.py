"""Where the network looked, as lines to draw: contours at two levels, and a wash to fill them with."""

from __future__ import annotations

import io
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge import Prediction
from cxr_edge.heatmap import FULL, LEVELS, LUNG, evidence

SIDE = 640
"""Longer side of the grid that contours are found on, pixels: the maps themselves are far coarser."""
_COLOUR = (255, 140, 30)
_WASH = 0.30  # share of colour where the evidence is full: with more, fine markings are lost

Map = npt.NDArray[np.float32]


def contours(prediction: Prediction, size: tuple[int, int]) -> list[dict[str, Any]]:
    """Closed lines around what speaks for pneumonia, inside the lungs where the model knows them.

    They are the level lines of the exact heatmap: where the local logit reaches `cxr_edge.heatmap.LEVELS` and there is
    lung enough.

    Args:
        prediction: with its heatmap.
        size: (width, height) of the film as it is shown.

    Returns:
        For both levels ``{"level": 1 or 2, "lines": [[[x, y], …], …]}``, in pixels of the film from its
        upper left corner; the first point of a line is its last one too.
    """
    from contourpy import contour_generator

    local, lung, scale = _on_grid(prediction, size)
    found = []
    for number, level in enumerate(LEVELS, 1):
        # Above zero where there is enough of both; the rim of nothing closes lines at the edge of the film.
        enough = np.pad(np.minimum(local / level - 1, lung / LUNG - 1), 1, constant_values=-1)
        lines = cast("list[npt.NDArray[np.float64]]", contour_generator(z=enough).lines(0.0))
        # A sample stands for the middle of its pixel; the rim moved it by one.
        found.append({"level": number, "lines": [_rounded((line - 0.5) * scale) for line in lines]})
    return found


def wash(prediction: Prediction, size: tuple[int, int]) -> bytes:
    """A PNG of colour that is the stronger, the more a place speaks for pneumonia. It is for the inside of contours.

    Args:
        prediction: with its heatmap.
        size: (width, height) of the film as it is shown; the picture has its aspect and `SIDE` as its longer side.
    """
    local, _, _ = _on_grid(prediction, size)
    picture = Image.new("RGB", local.shape[::-1], _COLOUR)
    picture.putalpha(Image.fromarray(np.uint8(np.rint(255 * _WASH * np.clip(local / FULL, 0, 1)))))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _on_grid(prediction: Prediction, size: tuple[int, int]) -> tuple[Map, Map, npt.NDArray[np.float64]]:
    assert prediction.heatmap is not None
    scale = SIDE / max(size)
    grid = (max(2, round(size[0] * scale)), max(2, round(size[1] * scale)))
    local, lung = evidence(prediction.heatmap, prediction.lungs, grid)
    return local, lung, np.array(size) / np.array(grid)


def _rounded(line: npt.NDArray[np.float64]) -> list[list[float]]:
    rounded: list[list[float]] = np.round(line, 1).tolist()
    return rounded
