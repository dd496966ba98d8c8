"""The card: what a model file says about itself, one JSON object in its ONNX metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from cxr_edge.calibration.intervals import Estimate
from cxr_edge.calibration.left_out import LeftOut
from cxr_edge.calibration.prevalence import PredictiveValues, predictive_values
from cxr_edge.quality import QualityLimits

METADATA_KEY = "cxr_edge.card"
SCHEMA = 1


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and where it comes from.

    Attributes:
        name: such as ``sensitivity 0.95``.
        threshold: on the calibrated probability, 0 < threshold < 1.
        chosen_on, measured_on: the films it was chosen on, and those that the figures are from.
        sensitivity, specificity: of probability ≥ threshold.
    """

    name: str
    threshold: float
    chosen_on: str
    measured_on: str
    sensitivity: Estimate
    specificity: Estimate

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> OperatingPoint:
        """The inverse of ``dataclasses.asdict``; fields that this version does not know are passed over.

        Raises:
            KeyError, TypeError, AttributeError: fields are missing or of another kind.
            ValueError: a threshold or figure that is not between 0 and 1.
        """
        known = {field.name: values[field.name] for field in fields(cls)}
        known |= {name: Estimate.from_dict(known[name], 1.0) for name in ("sensitivity", "specificity")}
        point = cls(**known)
        if not 0 < point.threshold < 1:
            raise ValueError(f"an operating point with the threshold {point.threshold}")
        if not all(text.isprintable() for text in (point.name, point.chosen_on, point.measured_on)):
            raise ValueError("an operating point whose name is not one line")
        return point

    def at_prevalence(self, prevalence: float) -> PredictiveValues:
        """Positive and negative predictive value where this share of films shows pneumonia, 0…1.

        Raises:
            ValueError: it is not between 0 and 1.
        """
        return predictive_values(self.sensitivity, self.specificity, prevalence)


@dataclass(frozen=True)
class ModelCard:
    """Facts about one model version.

    Attributes:
        name, version, summary: what it is called and what it is.
        classes: in order; the probability is that of the second.
        input_size: (height, width) of the input ``film``, pixels.
        preprocessing: version of `cxr_edge.film.preprocess` that it was trained with.
        temperature: probability = sigmoid(logit / temperature), done inside the graph unless the operating points in
            use are a clinic's own.
        operating_points: the first one is what sensitivity and specificity are told for; films between the lowest and
            the highest threshold are too close to call.
        quality: what its training films were like; None for a model without the output ``view``.
        left_out: how the training films that were left out score, for a clinic with few films; None if not recorded.
        metrics: by set of films; figures with intervals.
        training: data, split, hashes, recipe, seed, versions.
        quantization: method, float parts, calibration films by sha256.
        parity: against the Keras original, on the same films.
        licences: of code, data and weights.
        intended_use: and its limits.
    """

    name: str
    version: str
    summary: str
    classes: tuple[str, ...]
    input_size: tuple[int, int]
    preprocessing: int
    temperature: float
    operating_points: tuple[OperatingPoint, ...]
    quality: QualityLimits | None
    metrics: dict[str, Any]
    training: dict[str, Any]
    quantization: dict[str, Any]
    parity: dict[str, Any]
    licences: dict[str, str]
    intended_use: str
    left_out: LeftOut | None = None

    @property
    def threshold(self) -> float:
        """That of the first operating point."""
        return self.operating_points[0].threshold

    @cached_property
    def review_band(self) -> tuple[float, float]:
        """Lowest and highest threshold of the operating points: between them a film is too close to call."""
        thresholds = [point.threshold for point in self.operating_points]
        return min(thresholds), max(thresholds)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the schema's version."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_json(self) -> str:
        """What stands in the metadata under `METADATA_KEY`."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Read and check a card; fields that this version does not know are passed over.

        Raises:
            ValueError: it is no card, of another schema, or lacks something; the message says what.
        """
        try:
            values = json.loads(text)
            if values["schema"] != SCHEMA:
                raise ValueError(f"schema {values['schema']}, where this version reads {SCHEMA}")
            values = {"left_out": None, **values}  # cards before version 3 do not have it
            values = {field.name: values[field.name] for field in fields(cls)}
            values["classes"] = tuple(values["classes"])
            height, width = values["input_size"]
            values["input_size"] = (int(height), int(width))
            values["operating_points"] = tuple(map(OperatingPoint.from_dict, values["operating_points"]))
            values["quality"] = values["quality"] and QualityLimits.from_dict(values["quality"])
            values["left_out"] = values["left_out"] and LeftOut.from_dict(values["left_out"])
            card = cls(**values)
            if not card.operating_points:
                raise ValueError("no operating point")
            if min(card.input_size) < 1:
                raise ValueError(f"input size {card.input_size}")
        except KeyError as error:
            raise ValueError(f"no field {error}") from None
        except (TypeError, AttributeError) as error:
            raise ValueError(f"a field of the wrong kind: {error}") from None
        return card
