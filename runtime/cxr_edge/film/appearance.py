"""What a picture itself says against being a film, before it becomes grey pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image

COLOUR = 8.0  # mean distance from the usual colour of a brightness, |ΔCb| + |ΔCr| in grey levels
_SIDE = 64  # of the grid that colour is looked at on


def doubts_of(image: Image.Image, size: tuple[int, int]) -> tuple[str, ...]:
    """Reason codes of a picture.

    Args:
        image: of any mode.
        size: (height, width) that the network looks at, pixels.

    Returns:
        Of ``too-small`` (it would have to be enlarged) and ``colour-photograph`` those that apply.
    """
    small = image.width < size[1] or image.height < size[0]
    codes = {"too-small": small, "colour-photograph": _colourfulness(image) > COLOUR}
    return tuple(code for code, applies in codes.items() if applies)


def _colourfulness(image: Image.Image) -> float:
    """How little a pixel's colour follows from its brightness, as for `COLOUR`; 0 for grey modes.

    A film on a blue base, a photograph of a light box or a false-colour copy has one colour for each brightness, and is
    still a film; a photograph of the world has many.
    """
    if image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16"):
        return 0.0
    sampled = image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    if image.mode in ("P", "PA", "RGBA", "RGBa"):  # colours nobody sees, behind transparency, do not count
        sampled = Image.alpha_composite(Image.new("RGBA", sampled.size, "black"), sampled.convert("RGBA"))
    pixels = np.asarray(sampled.convert("RGB").convert("YCbCr"), np.int16).reshape(-1, 3)
    by_brightness = pixels[np.argsort(pixels[:, 0], kind="stable")].reshape(_SIDE, _SIDE, 3)
    colours = by_brightness[..., 1:]  # (group of like brightness, member, Cb or Cr)
    return float(np.abs(colours - np.median(colours, axis=1, keepdims=True)).sum(axis=2).mean())
