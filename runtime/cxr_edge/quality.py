"""When not to believe an answer: what speaks against a film, as reason codes.

Colour and size are seen in the picture (`cxr_edge.film.appearance`), some reasons in a DICOM header
(`cxr_edge.film.dicom`), exposure in the pixels, and the rest by the network: its output ``view`` says whether a film
looks like an upright frontal chest film of a child, or like what else, and ``lungs`` where it sees lungs.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cxr_edge.film.grey import percentiles

Decision = Literal["refer", "no finding", "review", "retake"]
UPRIGHT, ADULT = "upright", "adult"
AGE = "age"  # outside the model's, as a DICOM header states it
CROPPED, NO_LUNGS = "cropped", "no-lungs"
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
        upright: least probability of upright, or of an upright film of an adult, that is trusted.
        mean: lowest and highest mean grey level, 0…255.
        contrast: least difference of the 95th and 5th percentile of grey levels.
        flagged: share of films with any of these reasons, by kind of film, with 95 % intervals.
        adult: share of an adult's in the probability of upright from which a film is called `ADULT`; None for a model
            that does not tell adults apart.
        least_lung: mean of ``lungs`` over the film below which there are `NO_LUNGS`; None without that output.
        lung_at_edge: mean of ``lungs`` along one edge above which lungs are `CROPPED`; None likewise.
    """

    kinds: tuple[str, ...]
    upright: float
    mean: tuple[float, float]
    contrast: float
    flagged: dict[str, Any]
    adult: float | None = None
    least_lung: float | None = None
    lung_at_edge: float | None = None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> QualityLimits:
        """The inverse of ``dataclasses.asdict``; models before version 3 know neither adults nor lungs.

        Raises:
            KeyError, TypeError: fields are missing or of another kind.
        """
        later = {field.name: field.default for field in fields(cls) if field.default is not MISSING}
        known = {field.name: {**later, **values}[field.name] for field in fields(cls)}
        low, high = known["mean"]
        return cls(**{**known, "kinds": tuple(known["kinds"]), "mean": (float(low), float(high))})

    @property
    def needs_lungs(self) -> bool:
        """Whether the output ``lungs`` has to be looked at."""
        return self.least_lung is not None


def of_pixels(
    pixels: npt.NDArray[np.uint8],
    view: npt.NDArray[np.float32],
    limits: QualityLimits,
    lungs: npt.NDArray[np.float32] | None = None,
) -> tuple[str, ...]:
    """What speaks against the pixels that the network sees.

    Args:
        pixels: uint8 [H, W, 1], the network's input.
        view: float32 [K], probabilities of ``limits.kinds``.
        limits: of the model.
        lungs: float32 [h, w], 0…1, of a model that has them.

    Returns:
        Of ``over-exposed`` (too black), ``under-exposed`` (too white) and ``low-contrast`` those that apply; the
        likeliest other kind if the film does not look upright; if it does, ``adult`` if it looks like one's, and of
        ``no-lungs`` and ``cropped`` (lungs cut by the border) the one that applies.
    """
    dark, bright = percentiles(pixels, 5, 95)
    mean = pixels.mean()
    codes = {
        "over-exposed": mean < limits.mean[0],
        "under-exposed": mean > limits.mean[1],
        "low-contrast": bright - dark < limits.contrast,
    }
    return (*(code for code, applies in codes.items() if applies), *_of_view(view, limits, lungs))


def _of_view(
    view: npt.NDArray[np.float32], limits: QualityLimits, lungs: npt.NDArray[np.float32] | None
) -> tuple[str, ...]:
    kinds = dict(zip(limits.kinds, view.tolist(), strict=True))
    child, adult = kinds.pop(UPRIGHT), kinds.pop(ADULT, 0.0)
    if not child + adult >= limits.upright:  # NaN is not trusted
        return (max(kinds, key=lambda kind: kinds[kind]),)
    is_adult = limits.adult is not None and adult >= limits.adult * (child + adult)
    return (*((ADULT,) if is_adult else ()), *_of_lungs(lungs, limits))


def _of_lungs(lungs: npt.NDArray[np.float32] | None, limits: QualityLimits) -> tuple[str, ...]:
    if lungs is None or limits.least_lung is None or limits.lung_at_edge is None:
        return ()
    if not lungs.mean() >= limits.least_lung:
        return (NO_LUNGS,)
    return (CROPPED,) if edge_of(lungs) > limits.lung_at_edge else ()


def edge_of(lungs: npt.NDArray[np.float32]) -> float:
    """Largest mean of a lung map [h, w] along one of the four edges: near 1 where the border cuts through lungs."""
    return float(max(lungs[0].mean(), lungs[-1].mean(), lungs[:, 0].mean(), lungs[:, -1].mean()))


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
