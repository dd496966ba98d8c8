"""When not to believe an answer: what speaks against a film, as reason codes.

Some of it is seen in the picture (colour, size, exposure), some in a DICOM header (`cxr_edge.film.dicom`), and the
rest by the network: its output ``view`` says whether a film looks like an upright frontal chest film, or like what else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

Decision = Literal["refer", "no finding", "review", "retake"]
UPRIGHT = "upright"
RETAKE = frozenset(
    {
        "turned-left", "upside-down", "turned-right", "inverted", "cropped", "too-small", "over-exposed",
        "under-exposed", "low-contrast", "colour-photograph",
    }
)  # fmt: skip
"""Codes of films that nobody should read as they are; all others ask for a second look."""

COLOUR = 8.0  # mean distance from the usual colour of a brightness, |ΔCb| + |ΔCr| in grey levels
_SIDE = 64  # of the grid that colour is looked at on


@dataclass(frozen=True)
class QualityLimits:
    """What a model's training films were like, and how its output ``view`` is read.

    Attributes:
        kinds: of ``view``, in order: `UPRIGHT` first, then reason codes.
        upright: least probability of upright that is trusted.
        mean: lowest and highest mean grey level, 0…255.
        contrast: least difference of the 95th and 5th percentile of grey levels.
        flagged: share of films with any of these reasons, by kind of film, with 95 % intervals.
    """

    kinds: tuple[str, ...]
    upright: float
    mean: tuple[float, float]
    contrast: float
    flagged: dict[str, Any]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> QualityLimits:
        """The inverse of ``dataclasses.asdict``.

        Raises:
            KeyError, TypeError: fields are missing or of another kind.
        """
        known = {field.name: values[field.name] for field in fields(cls)}
        low, high = known["mean"]
        return cls(**{**known, "kinds": tuple(known["kinds"]), "mean": (float(low), float(high))})


def of_picture(image: Image.Image, size: tuple[int, int]) -> tuple[str, ...]:
    """What speaks against a picture before it becomes grey pixels.

    Args:
        image: of any mode.
        size: (height, width) that the network looks at, pixels.

    Returns:
        Of ``too-small`` (it would have to be enlarged) and ``colour-photograph`` those that apply.
    """
    small = image.width < size[1] or image.height < size[0]
    codes = {"too-small": small, "colour-photograph": _colourfulness(image) > COLOUR}
    return tuple(code for code, applies in codes.items() if applies)


def of_pixels(pixels: npt.NDArray[np.uint8], view: npt.NDArray[np.float32], limits: QualityLimits) -> tuple[str, ...]:
    """What speaks against the pixels that the network sees.

    Args:
        pixels: uint8 [H, W, 1], the network's input.
        view: float32 [K], probabilities of ``limits.kinds``.
        limits: of the model.

    Returns:
        Of ``over-exposed`` (too black), ``under-exposed`` (too white) and ``low-contrast`` those that apply, then the
        likeliest of ``limits.kinds`` if the film does not look upright.
    """
    dark, bright = np.percentile(pixels, (5, 95))
    mean = pixels.mean()
    codes = {
        "over-exposed": mean < limits.mean[0],
        "under-exposed": mean > limits.mean[1],
        "low-contrast": bright - dark < limits.contrast,
        limits.kinds[1 + int(view[1:].argmax())]: not view[0] >= limits.upright,  # NaN is not trusted
    }
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
