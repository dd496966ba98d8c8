"""Pictures as ``data:`` addresses that hold the picture itself, so that no file of it is written."""

from __future__ import annotations

import base64
import io

from PIL import Image

from cxr_edge import Prediction

THUMBNAIL = 72
"""Longer side of a film in the worklist, pixels."""


def address(image: Image.Image) -> str:
    """A picture as an address for ``<img src>``.

    Colour keeps its full resolution: at half of it, contours two pixels wide lose 40 % of theirs.
    """
    return f"data:image/jpeg;base64,{base64.b64encode(_jpeg(image)).decode()}"


def film_address(prediction: Prediction) -> str:
    """The film as it is shown; empty without its copy for people."""
    return "" if prediction.film is None else address(Image.fromarray(prediction.film))


def heatmap_address(prediction: Prediction, opacity: float) -> str:
    """The film with contours around what spoke for pneumonia; empty where the model does not say.

    Args:
        prediction: with heatmap or without.
        opacity: of the contours, 0…1.
    """
    return "" if prediction.heatmap is None else address(prediction.heatmap_overlay(opacity))


def thumbnail(prediction: Prediction) -> bytes:
    """A small copy of the film as a JPEG; empty without its copy for people."""
    if prediction.film is None:
        return b""
    small = Image.fromarray(prediction.film)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return _jpeg(small)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()
