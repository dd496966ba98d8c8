"""Letters and stamps drawn on films, and those that are there wiped off: neither says anything about the lungs.

In the Kermany films one machine's stamp stands on sick children alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "R", "L", "R", "L", "AP", "PA", "KV 59", "KV 63", "2 mAs", "SUPINE", "12:30", "P", "X", "41", "DR", "+", "^", "O",
)  # fmt: skip
EDGE = 0.24
"""Markers stand within this share of a side from the border."""


def draw_markers(image: Image.Image, rng: np.random.Generator) -> None:
    """Write one to three words near the border, some of them in a box, in place."""
    pen, (width, height) = ImageDraw.Draw(image), image.size
    for _ in range(rng.integers(1, 4)):
        word, font = WORDS[rng.integers(len(WORDS))], _font(int(rng.integers(6, 26)))
        x, y = _near_the_border(width, height, rng)
        grey = int(rng.integers(170, 256)) if rng.random() < 0.8 else int(rng.integers(0, 50))
        if rng.random() < 0.2:
            left, top, right, bottom = pen.textbbox((x, y), word, font=font)
            pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=255 - grey)
        pen.text((x, y), word, fill=grey, font=font)


def erase_near_border(image: Image.Image, rng: np.random.Generator) -> None:
    """Fill one to three boxes near the border with their own mean, in place."""
    width, height = image.size
    for _ in range(rng.integers(1, 4)):
        w, h = (rng.uniform(0.06, 0.22, 2) * [width, height]).astype(int)
        x, y = _near_the_border(width, height, rng)
        box = (max(0, x - w // 2), max(0, y - h // 2), min(width, x + w // 2 + 1), min(height, y + h // 2 + 1))
        image.paste(int(np.asarray(image.crop(box)).mean()), box)


def _near_the_border(width: int, height: int, rng: np.random.Generator) -> tuple[int, int]:
    along, across, side = rng.random(), EDGE * rng.random(), int(rng.integers(4))
    across = across if side % 2 else 1 - across
    x, y = (along, across) if side < 2 else (across, along)
    return int(0.92 * x * width), int(0.92 * y * height)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
