"""Pictures as text for a page, and films without anything but their pixels."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from cxr_edge import Prediction
from cxr_edge.film.preprocess import open_film
from cxr_edge_demo.scoring import LIMITS

THUMBNAIL = 72
"""Longer side of a film in the worklist, pixels."""
_WHOLE = (1 << 15, 1 << 15)  # larger than any film: nothing is reduced while it is decoded


def img(image: Image.Image, alt: str, css: str = "") -> str:
    """An ``<img>`` element that holds the picture itself, so that no file of it is written."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img class="{escape(css)}" alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'


def film_img(prediction: Prediction, alt: str = "the film") -> str:
    """The film as it is shown."""
    return "" if prediction.film is None else img(Image.fromarray(prediction.film), alt)


def overlay_img(prediction: Prediction, opacity: float, alt: str = "the film, and where the network looked") -> str:
    """The film under the heatmap; empty where the model has none.

    Args:
        prediction: with heatmap or without.
        opacity: 0…1.
        alt: for those who do not see it.
    """
    return "" if prediction.heatmap is None else img(prediction.heatmap_overlay(opacity), alt)


def thumbnail(prediction: Prediction) -> str:
    """A small copy of the film."""
    if prediction.film is None:
        return ""
    small = Image.fromarray(prediction.film)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return img(small, "", "cxr-thumb")


def pixels_only(film: bytes) -> bytes:
    """A film's pixels as a grey PNG of 8 or 16 bits, without any tag, text, profile or name.

    What is burned into the picture stays. Films of more than 8 bits are stretched to 16, which changes no answer: they
    are windowed by percentiles before they are scored.

    Raises:
        UnreadableFilm: as `cxr_edge.Classifier.predict`.
    """
    image, _ = open_film(film, _WHOLE, LIMITS)
    if image.mode == "F":
        values = np.asarray(image, np.float64)
        low, high = float(values.min()), float(values.max())
        stretched = np.rint((values - low) * (65535 / max(high - low, 1e-9))).astype(np.uint16)
        bare = Image.fromarray(stretched)
    else:
        bare = Image.fromarray(np.asarray(image, np.uint8))
    buffer = io.BytesIO()
    bare.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()
