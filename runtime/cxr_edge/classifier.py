"""Film in, `Prediction` out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import onnxruntime

from cxr_edge.card import METADATA_KEY, ModelCard
from cxr_edge.errors import ModelIntegrityError, UnreadableFilm
from cxr_edge.prediction import Decision, Prediction
from cxr_edge.preprocess import PREPROCESSING, Film, read_film
from cxr_edge.session import INPUT, OUTPUTS, open_session
from cxr_edge.source import Limits, film_name
from cxr_edge.store import read_verified


class Classifier:
    """A verified model, ready to score films. Make one with `Classifier.load`.

    Attributes:
        card: the model's own description.
        sha256: of the model file.
    """

    def __init__(self, session: onnxruntime.InferenceSession, card: ModelCard, sha256: str, limits: Limits) -> None:
        self._session, self.card, self.sha256, self._limits = session, card, sha256, limits

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "default",
        *,
        sha256: str | None = None,
        threads: int = 1,
        limits: Limits | None = None,
    ) -> Classifier:
        """Load a model after checking that it is the file that was listed.

        Args:
            model: a bundled model's name (see `cxr_edge.list_models`), or the path of an ONNX file.
            sha256: the file's expected hash; for a path it may stand in ``PATH.sha256`` instead.
            threads: CPU threads for one film.
            limits: bounds on the films; see `cxr_edge.source.Limits`.

        Raises:
            ModelIntegrityError: unknown, damaged, unlisted, of another hash, without a card, or in need of a
                preprocessing that this version does not have.
        """
        name, data, found = read_verified(model, sha256)
        session = open_session(data, name, threads)
        return cls(session, _card(session, name), found, limits or Limits())

    def predict(self, film: Film) -> Prediction:
        """Score one film.

        Args:
            film: a path, bytes or a binary file object (a picture or DICOM), a Pillow image, or an array.

        Raises:
            UnreadableFilm: it is not one complete picture within the limits; nothing was scored.
        """
        pixels, doubts = read_film(film, self.card.input_size, self._limits)  # (H, W, 1)
        probability, logit = self._session.run(OUTPUTS, {INPUT: pixels[None]})  # (1,), (1,)
        p = float(probability[0])
        decision: Decision = "review" if doubts else "refer" if p >= self.card.threshold else "no finding"
        return Prediction(film_name(film), p, float(logit[0]), decision, doubts)

    def predict_many(self, films: Iterable[Film]) -> Iterator[Prediction]:
        """Score films one after the other, as they are asked for, in their order.

        A film that cannot be read gives a `Prediction` with `error` set and no probability.
        """
        for film in films:
            try:
                yield self.predict(film)
            except UnreadableFilm as error:
                yield Prediction(film_name(film), error=str(error))


def _card(session: onnxruntime.InferenceSession, name: str) -> ModelCard:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelIntegrityError(f"{name}: found an ONNX model without a card; expected one made by cxr-edge")
    try:
        card = ModelCard.from_json(text)
    except ValueError as error:
        raise ModelIntegrityError(f"{name}: found an unusable card ({error}); expected a complete one") from None
    if card.preprocessing != PREPROCESSING:
        raise ModelIntegrityError(
            f"{name}: found preprocessing version {card.preprocessing}; expected {PREPROCESSING}: "
            "use the cxr-edge version that the model was made for"
        )
    return card
