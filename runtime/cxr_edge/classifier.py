"""Film in, `Prediction` out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cxr_edge.calibration.operating_point_file import read_operating_points
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.card import ModelCard
from cxr_edge.errors import CxrEdgeError, UnreadableFilm
from cxr_edge.film.preprocess import Film, Prepared, display_copy, open_film, resize
from cxr_edge.film.source import Limits
from cxr_edge.ordered import in_order
from cxr_edge.prediction import Prediction
from cxr_edge.quality import ADULT, AGE, decide, of_pixels
from cxr_edge.session import HEATMAP, INPUT, LUNGS, OUTPUTS, VIEW, check_contract, open_session
from cxr_edge.session_card import card_of
from cxr_edge.store import read_verified

if TYPE_CHECKING:
    import onnxruntime


class Classifier:
    """A verified model, ready to score films. Make one with `Classifier.load`.

    Attributes:
        card: the model's own description, with the operating points in use.
        sha256: of the model file; empty if it was given as a session.
        operating_point_sha256: of the file that replaced the model's operating points; empty if none did.
    """

    def __init__(self, session: onnxruntime.InferenceSession, card: ModelCard, sha256: str, limits: Limits) -> None:
        self._session, self.card, self.sha256, self._limits = session, card, sha256, limits
        self.operating_point_sha256 = ""

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
            limits: bounds on the films; see `cxr_edge.film.source.Limits`.

        Raises:
            ModelIntegrityError: unknown, damaged, unlisted, of another hash, without a card, or in need of a
                preprocessing that this version does not have.
        """
        name, data, found = read_verified(model, sha256)
        session = open_session(data, name, threads)
        return cls(session, card_of(session, name), found, limits or Limits())

    @classmethod
    def from_session(cls, session: onnxruntime.InferenceSession, *, limits: Limits | None = None) -> Classifier:
        """Use a session that the caller built, with options of its own; no hash is checked.

        Raises:
            ModelIntegrityError: the model has no usable card or not the graph contract.
        """
        check_contract(session, "session")
        return cls(session, card_of(session, "session"), "", limits or Limits())

    def with_operating_point(self, file: str | os.PathLike[str]) -> Classifier:
        """The same model with temperature and operating points of a file that `cxr-edge calibrate` wrote for it.

        Raises:
            CxrEdgeError: the file is missing, something else, or for another model file; or this model was given as a
                session, so that its sha256 is not known.
        """
        points, sha256 = read_operating_points(file)
        if not self.sha256 or points.model.get("sha256") != self.sha256:
            theirs = f"{points.model.get('name')} {points.model.get('version')}"
            ours = self.sha256 or "not known, since it was given as a session"
            raise CxrEdgeError(
                f"{file}: found operating points of {theirs}, sha256 {points.model.get('sha256')}; "
                f"expected those of {self.card.name} {self.card.version}, sha256 {ours}"
            )
        card = replace(self.card, temperature=points.temperature.value, operating_points=points.operating_points)
        changed = Classifier(self._session, card, self.sha256, self._limits)
        changed.operating_point_sha256 = sha256
        return changed

    def predict(self, film: Film, *, heatmap: bool = False) -> Prediction:
        """Score one film: `prepare`, then `answer`.

        Args:
            film: a path, bytes or a binary file object (a picture or DICOM), a Pillow image, or an array.
            heatmap: also say where the network looked, for `Prediction.heatmap_overlay`.

        Raises:
            UnreadableFilm: it is not one complete picture within the limits; nothing was scored.
            CxrEdgeError: `heatmap` was asked of a model that has none.
        """
        if heatmap and not self.has_heatmap:
            raise self._no_heatmap()
        return self.answer(self.prepare(film, display=heatmap), heatmap=heatmap)

    def prepare(self, film: Film, *, name: str = "", display: bool = False) -> Prepared:
        """The first stage: read and decode a film, once.

        Args:
            film: as `predict` takes it.
            name: what results and errors call it; by default its path or kind.
            display: also make the copy of it that people are shown, `Prepared.display`.

        Returns:
            What `answer` of any model of the same input size takes.

        Raises:
            UnreadableFilm: it is not one complete picture within the limits.
        """
        opened = open_film(film, self.card.input_size, self._limits, name)
        return Prepared(
            name=opened.name,
            pixels=resize(opened.grey, self.card.input_size, self.card.preprocessing),
            doubts=opened.doubts,
            age_known=opened.age_known,
            display=display_copy(opened, self._limits) if display else None,
            data=opened.data,
        )

    def answer(self, prepared: Prepared, *, heatmap: bool = False) -> Prediction:
        """The second stage: score a film that `prepare` has read.

        Args:
            prepared: of this model, or one of the same input size.
            heatmap: also say where the network looked.

        Raises:
            CxrEdgeError: `heatmap` was asked of a model that has none.
        """
        return self.answer_many([prepared], heatmap=heatmap)[0]

    def answer_many(self, prepared: Sequence[Prepared], *, heatmap: bool = False) -> list[Prediction]:
        """Score several films in one run of the network: the same answers as one by one, and up to a tenth faster.

        Args:
            prepared: as for `answer`. Four at a time gain most of it; more only need more memory.
            heatmap: also say where the network looked.

        Raises:
            CxrEdgeError: `heatmap` was asked of a model that has none.
        """
        if heatmap and not self.has_heatmap:
            raise self._no_heatmap()
        if not prepared:
            return []
        quality = self.card.quality
        lungs = self.has_lungs and (heatmap or bool(quality and quality.needs_lungs))
        wanted = {VIEW: bool(quality), HEATMAP: heatmap, LUNGS: lungs}
        names = [*OUTPUTS, *(name for name, asked in wanted.items() if asked)]
        pixels = prepared[0].pixels[None] if len(prepared) == 1 else np.stack([one.pixels for one in prepared])
        values = self._session.run(names, {INPUT: pixels})
        outputs = (dict(zip(names, of_one, strict=True)) for of_one in zip(*values, strict=True))
        return [self._prediction(one, output, heatmap) for one, output in zip(prepared, outputs, strict=True)]

    def _prediction(self, prepared: Prepared, output: dict[str, Any], heatmap: bool) -> Prediction:
        doubts = prepared.doubts
        if self.card.quality:
            seen = of_pixels(prepared.pixels, output[VIEW], self.card.quality, output.get(LUNGS))
            stated_child = prepared.age_known and AGE not in doubts  # outranks how old the film looks
            doubts = (*doubts, *(code for code in seen if code != ADULT or not stated_child))
        p, logit = float(output["probability"]), float(output["logit"])
        if self.operating_point_sha256:  # the graph's probability is at the model's own temperature
            p = float(sigmoid(np.float64(logit / self.card.temperature)))
        return Prediction(
            path=prepared.name,
            probability=p,
            logit=logit,
            decision=decide(p, doubts, self.card.review_band),
            quality=doubts,
            age_known=prepared.age_known,
            heatmap=output.get(HEATMAP),
            lungs=output.get(LUNGS) if heatmap else None,
            film=prepared.display,
        )

    def try_predict(self, film: Film, *, heatmap: bool = False) -> Prediction:
        """As `predict`, but a film that cannot be read gives a `Prediction` that says why in `error`."""
        try:
            return self.predict(film, heatmap=heatmap)
        except UnreadableFilm as error:
            return Prediction(error.film, error=str(error))

    @property
    def fingerprint(self) -> str:
        """What an answer depends on besides the film: the sha256 of the model, and of an operating point file."""
        return f"{self.sha256}+{self.operating_point_sha256}" if self.operating_point_sha256 else self.sha256

    @cached_property
    def _outputs(self) -> frozenset[str]:
        return frozenset(output.name for output in self._session.get_outputs())

    @property
    def has_heatmap(self) -> bool:
        """Whether the model says where it looked."""
        return HEATMAP in self._outputs

    @property
    def has_lungs(self) -> bool:
        """Whether the model says where it sees lungs."""
        return LUNGS in self._outputs

    def predict_many(self, films: Iterable[Film], *, heatmap: bool = False, workers: int = 1) -> Iterator[Prediction]:
        """Score any number of films in constant memory, results in the order of the films.

        Args:
            films: as `predict` takes them; asked for as results are, at most twice `workers` ahead.
            heatmap: as in `predict`.
            workers: films that are decoded and scored at the same time.

        Yields:
            One `Prediction` per film. A film that cannot be read has `error` set and no probability.
        """
        return in_order(lambda film: self.try_predict(film, heatmap=heatmap), films, workers)

    def _no_heatmap(self) -> CxrEdgeError:
        return CxrEdgeError(f"{self.card.name}: found a model without heatmap; expected one that has it")
