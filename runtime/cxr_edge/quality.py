"""When not to believe an answer: what speaks against a film, as reason codes.

Colour and size are seen in the picture (`cxr_edge.film.appearance`), some reasons in a DICOM header
(`cxr_edge.film.dicom`), exposure in the pixels, and the rest by the network: its output ``view`` says whether a film
looks like an upright frontal chest film, or like what else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Decision = Literal["refer", "no finding", "review", "retake"]
UPRIGHT = "upright"
RETAKE = frozenset(
    {
        "turned-left", "upside-down", "turned-right", "inverted", "cropped", "too-small", "over-exposed",
        "under-exposed", "low-contrast", "colour-photograph", "false-colour",
    }
)  # fmt: skip
"""Codes of films that nobody should read as they are; all others ask for a second look."""


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


def decide(probability: float, doubts: tuple[str, ...], review_band: tuple[float, float]) -> Decision:
    """What to do with a film.

    Args:
        probability: calibrated, 0…1.
        doubts: its reason codes.
        review_band: lowest and highest threshold; from the lowest to below the highest it is too close to call.
    """
    low, high = review_band
    if not RETAKE.isdisjoint(doubts):
        return "retake"
    if doubts:
        return "review"
    return "refer" if probability >= high else "no finding" if probability < low else "review"  # NaN: review
