"""The films that instructions are counted on: drawn, and the same on every computer."""

from __future__ import annotations

import io

from PIL import Image

from cxr_edge.computer.golden import FOLDER
from cxr_edge.store import SAMPLES

FULL_SIZE = (1366, 979)
"""(width, height) in pixels: the median of the films as the hospital published them."""
QUALITY = 90
"""Gives a file of 95 kB; the median of the hospital's films is 108 kB."""


def counted_films() -> dict[str, bytes]:
    """JPEG files by what they are called in a count. The same Pillow always writes the same bytes."""
    with Image.open(SAMPLES / "drawn_clear.png") as sample:
        enlarged = sample.convert("L").resize(FULL_SIZE, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    enlarged.save(file, "JPEG", quality=QUALITY)
    return {"full-size JPEG": file.getvalue(), "golden JPEG": (FOLDER / "drawn_clear.jpg").read_bytes()}
