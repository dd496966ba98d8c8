"""The answer for one film."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import CxrEdgeError
from cxr_edge.heatmap import overlay
from cxr_edge.quality import Decision

FIELDS = ("path", "probability", "logit", "decision", "quality", "error", "age_known", "sha256", "heatmap_file")
"""What results hold of a film, in this order."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of one film, or why it says nothing.

    Attributes:
        path: the film's path, or what it was given as (``<bytes>``, ``<array>``).
        probability: calibrated P(pneumonia), 0…1; None for a film that could not be read.
        logit: before calibration; None likewise.
        decision: ``"refer"``, ``"no finding"``, ``"review"`` (too close to call, or `quality` names a reason to
            distrust the answer) or ``"retake"`` (`quality` says that the film is unusable as it is); None likewise.
        quality: reason codes, such as ``lateral`` or ``inverted``; empty if there are none.
        error: why the film could not be read, or None.
        age_known: whether a DICOM header stated the patient's age, so that an age outside the model's is a reason code.
        sha256: of the film's file, where the command line noted it; else None.
        heatmap_file: where the command line wrote the picture of the heatmap; else None.
        heatmap: float32 [h, w], contribution of each place to the logit (their sum plus the network's bias is the
            logit); None unless asked for.
        lungs: float32 [h, w], where the network sees lungs, 0…1; None unless the heatmap was asked for and the model
            says so.
        film: uint8 [H, W], what `heatmap_overlay` draws on, aspect kept; None unless the heatmap was asked for.
    """

    path: str
    probability: float | None = None
    logit: float | None = None
    decision: Decision | None = None
    quality: tuple[str, ...] = ()
    error: str | None = None
    age_known: bool = False
    sha256: str | None = None
    heatmap_file: str | None = None
    heatmap: npt.NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    lungs: npt.NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    film: npt.NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as ``cxr-edge predict --format json`` prints them."""
        return {name: getattr(self, name) for name in FIELDS} | {"quality": list(self.quality)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Prediction:
        """The inverse of `to_dict`; fields that an older version did not write have their defaults.

        Raises:
            KeyError, TypeError: fields are missing or unknown.
        """
        return cls(**{**values, "quality": tuple(values["quality"])})

    def heatmap_overlay(self, opacity: float = 0.5) -> Image.Image:
        """The film with contours around what speaks for pneumonia, as an RGB picture.

        A thick contour lies where the evidence is strong. The scale is the same for every film, so a film without
        evidence stays grey. A model that knows where the lungs are has contours within them only.

        Args:
            opacity: of contours and of the wash within them, 0…1.

        Raises:
            CxrEdgeError: the prediction was made without ``heatmap=True``.
        """
        if self.heatmap is None or self.film is None:
            raise CxrEdgeError(f"{self.path}: found no heatmap; expected predict(film, heatmap=True)")
        return overlay(self.film, self.heatmap, opacity, self.lungs)
