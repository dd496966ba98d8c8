"""One film through one model, with the time that each stage took."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

from cxr_edge import Classifier, Prediction, UnreadableFilm
from cxr_edge.film.preprocess import open_film, resize
from cxr_edge.film.source import Limits
from cxr_edge.heatmap import display_copy

LIMITS = Limits()


@dataclass(frozen=True)
class Scored:
    """A film's answer.

    Attributes:
        prediction: with `film` and, where the model has one, `heatmap`; its path is the file's name.
        classifier: that answered.
        sha256: of the film's file.
        decode_ms: from the bytes to the pixels that the network sees.
        inference_ms: from those to the answer.
    """

    prediction: Prediction
    classifier: Classifier
    sha256: str
    decode_ms: float
    inference_ms: float

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
    """What `Classifier.predict` says of `film`, in two stages that are timed.

    Args:
        classifier: any model; one without heatmap gives none.
        film: the whole file.
        name: for the answer and for errors.
        picture: also make the copy for display and the heatmap.

    Raises:
        UnreadableFilm: as `Classifier.predict`.
    """
    size = classifier.card.input_size
    try:
        start = time.perf_counter()
        image, doubts = open_film(film, size, LIMITS)
        pixels = resize(image, size)[..., 0]
        decoded = time.perf_counter()
        answer = classifier.predict(pixels, heatmap=picture and classifier.has_heatmap)  # pixels of the right size stay
        done = time.perf_counter()
        shown = display_copy(film, LIMITS) if picture else None
    except UnreadableFilm as error:
        raise UnreadableFilm(name, error.found, error.expected) from None
    quality = (*doubts, *answer.quality)
    p = answer.probability if answer.probability is not None else float("nan")
    decision = classifier.card.decide(p, quality)
    prediction = replace(answer, path=name, quality=quality, decision=decision, film=shown)
    return Scored(
        prediction,
        classifier,
        hashlib.sha256(film).hexdigest(),
        1e3 * (decoded - start),
        1e3 * (done - decoded),
    )
