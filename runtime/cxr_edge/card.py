"""The card: what a model file says about itself, one JSON object in its ONNX metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

METADATA_KEY = "cxr_edge.card"
SCHEMA = 1


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and where it comes from.

    Attributes:
        name: such as ``sensitivity 0.95``.
        threshold: on the calibrated probability, 0 < threshold < 1; at or above it a film is referred.
        chosen_on: the films it was chosen on.
        sensitivity, specificity: on those films, as ``{"value", "low", "high"}`` with a 95 % interval.
    """

    name: str
    threshold: float
    chosen_on: str
    sensitivity: dict[str, float]
    specificity: dict[str, float]


@dataclass(frozen=True)
class ModelCard:
    """Facts about one model version.

    Attributes:
        name, version, summary: what it is called and what it is.
        classes: in order; the probability is that of the second.
        input_size: (height, width) of the input ``film``, pixels.
        preprocessing: version of `cxr_edge.preprocess` that it was trained with.
        temperature: probability = sigmoid(logit / temperature), done inside the graph.
        operating_points: the first one makes the decisions.
        views: how the output ``view`` is read: its kinds in order, upright first, and the least probability of upright
            that is trusted; empty without that output.
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
    views: dict[str, Any]
    metrics: dict[str, Any]
    training: dict[str, Any]
    quantization: dict[str, Any]
    parity: dict[str, Any]
    licences: dict[str, str]
    intended_use: str

    @property
    def threshold(self) -> float:
        """That of the first operating point."""
        return self.operating_points[0].threshold

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
            values = {field.name: values[field.name] for field in fields(cls)}
            values["classes"] = tuple(values["classes"])
            height, width = values["input_size"]
            values["input_size"] = (int(height), int(width))
            values["operating_points"] = tuple(OperatingPoint(**p) for p in values["operating_points"])
            card = cls(**values)
            if not card.operating_points or not all(0 < p.threshold < 1 for p in card.operating_points):
                raise ValueError("no operating point with a threshold between 0 and 1")
            if min(card.input_size) < 1:
                raise ValueError(f"input size {card.input_size}")
        except KeyError as error:
            raise ValueError(f"no field {error}") from None
        except TypeError as error:
            raise ValueError(f"a field of the wrong kind: {error}") from None
        return card
