"""One film through one model, with the time that each stage took."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from cxr_edge import Classifier, Prediction


@dataclass(frozen=True)
class Scored:
    """A film's answer.

    Attributes:
        prediction: its path is the file's name; with `film` and, where the model has one, `heatmap`, if a picture was
            asked for.
        classifier: the model that answered.
        decode_ms: from the file to the pixels that the network sees, and to the copy for people if one was asked for.
        inference_ms: from those pixels to the answer.
    """

    prediction: Prediction
    classifier: Classifier
    decode_ms: float
    inference_ms: float

    @property
    def sha256(self) -> str:
        """Of the film's file, hexadecimal."""
        return self.prediction.sha256 or ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values: those of `plain`, the model, and milliseconds."""
        card = self.classifier.card
        return {
            **plain(self.prediction),
            "model": {"name": card.name, "version": card.version, "sha256": self.classifier.sha256},
            "threshold": card.threshold,
            "review_band": list(card.review_band),
            "film_sha256": self.sha256,
            "milliseconds": {"decode": round(self.decode_ms, 2), "inference": round(self.inference_ms, 2)},
        }


def plain(prediction: Prediction) -> dict[str, Any]:
    """As `Prediction.to_dict`, but ``film`` for ``path``, which Gradio's client would take for a file to fetch."""
    values = prediction.to_dict()
    return {"film": values.pop("path"), **values}


def score(classifier: Classifier, film: bytes, name: str, *, picture: bool = True) -> Scored:
    """The two stages of `Classifier.predict`, each of them timed.

    Args:
        classifier: any model; one without heatmap gives none.
        film: the whole file.
        name: of the film, for the answer and for errors.
        picture: also make the copy for people and the heatmap.

    Raises:
        UnreadableFilm: as `Classifier.prepare`.
    """
    start = time.perf_counter()
    prepared = classifier.prepare(film, name=name, display=picture)
    decoded = time.perf_counter()
    prediction = classifier.answer(prepared, heatmap=picture and classifier.has_heatmap)
    done = time.perf_counter()
    prediction = replace(prediction, sha256=prepared.sha256)
    return Scored(prediction, classifier, 1e3 * (decoded - start), 1e3 * (done - decoded))
