"""One received film: read its header, score it or say why not, and write the answer's objects to the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset

from cxr_edge import Classifier, Prediction, UnreadableFilm
from cxr_edge.film.preprocess import Prepared
from cxr_edge.results.ledger import Ledger, signature_of
from cxr_edge_node.answering.answer import Answer, Model, Outcome
from cxr_edge_node.answering.header import NoHeader, read_header
from cxr_edge_node.answering.picture import picture
from cxr_edge_node.answering.report import report
from cxr_edge_node.answering.which_films import is_own_answer, why_not
from cxr_edge_node.records.node_ledger import Film, MadeAnswer, State
from cxr_edge_node.records.spool_database import FILE
from cxr_edge_node.records.whole_objects import keep
from cxr_edge_node.settings import Settings

ALIKE = 2.0
"""Mean difference of grey levels (0…255) up to which two objects of one UID are one film: lossy copies give about 1."""


@dataclass(frozen=True)
class Job:
    """A film to answer.

    Attributes:
        film: received.
        before: other objects of its SOP Instance UID that were answered, with their outcomes.
        unread: the film stopped the scorer before; only its header is read.
    """

    film: Film
    before: list[tuple[Film, str]]
    unread: bool = False


@dataclass(frozen=True)
class Closed:
    """What became of a film: what `NodeLedger.close_film` takes."""

    state: State
    outcome: str | None = None
    reasons: tuple[str, ...] = ()
    answers: tuple[MadeAnswer, ...] = ()


class FilmAnswers:
    """Answers films of one spool with one model.

    Args:
        settings: of the node.

    Raises:
        CxrEdgeError: no usable model or operating point, or no ledger.
    """

    def __init__(self, settings: Settings) -> None:
        classifier = Classifier.load(settings.model)
        if settings.operating_point:
            classifier = classifier.with_operating_point(settings.operating_point)
        self._classifier, self._settings = classifier, settings
        self._model = Model(classifier.card, classifier.sha256, classifier.fingerprint)
        self._ledger = Ledger(settings.spool / FILE)

    def answer(self, job: Job) -> Closed:
        """Score a film and write its answers; the same again after a crash makes the same objects.

        Raises:
            CxrEdgeError: the ledger cannot be written.
            OSError: an answer cannot be written.
        """
        film = job.film
        path = self._settings.spool / film.file
        try:
            header = read_header(path)
        except NoHeader:
            return Closed("answered", "failed", ("no-header",))
        if is_own_answer(header):
            return Closed("own answer")
        if job.unread:
            return self._close(job, header, ("stops-the-scorer",), None)
        if header.SOPInstanceUID != film.sop_instance_uid:
            return self._close(job, header, ("uid-differs",), None)
        try:
            prepared = self._classifier.prepare(path, name=film.file, display=True)
        except UnreadableFilm:
            return self._close(job, header, ("unreadable",), None)
        for earlier, outcome in job.before:
            if outcome != "failed":
                return Closed("duplicate") if self._alike(earlier, prepared) else Closed(
                    "answered", "failed", ("uid-reused",)
                )  # fmt: skip
        return self._close(job, header, why_not(header), prepared)

    def _alike(self, earlier: Film, prepared: Prepared) -> bool:
        """Whether an earlier object is the same film; if it is deleted already, the UID alone says so."""
        try:
            pixels = self._classifier.prepare(self._settings.spool / earlier.file).pixels
        except UnreadableFilm:
            return True
        return float(np.abs(pixels.astype(float) - prepared.pixels).mean()) <= ALIKE

    def _close(self, job: Job, header: Dataset, why: tuple[str, ...], prepared: Prepared | None) -> Closed:
        film = job.film
        outcome: Outcome
        if prepared is None:
            prediction, outcome = Prediction(film.file, error=why[0]), "failed"
        elif why:
            prediction, outcome = Prediction(film.file, quality=why, film=prepared.display), "not scored"
        else:
            prediction = self._classifier.answer(prepared, heatmap=self._classifier.has_heatmap)
            outcome, why = "scored", prediction.quality
        model = self._model
        if job.before:  # an object of this UID has failed: its answers' UIDs are taken
            model = Model(model.card, model.sha256, f"{model.fingerprint}+{film.sha256}")
        answer = Answer(outcome, why, model, self._noted(film, prediction), prediction if prepared else None)
        return Closed("answered", outcome, why, tuple(self._objects(header, answer)))

    def _noted(self, film: Film, prediction: Prediction) -> datetime:
        """When the film was scored; it is noted now if it was not before."""
        path = self._settings.spool / film.file
        signature = signature_of(path)
        entry = self._ledger.find(path, signature)
        if entry is None or entry.model_sha256 != self._model.fingerprint:
            bare = Prediction(**{name: getattr(prediction, name) for name in _NOTED}, sha256=film.sha256)
            self._ledger.add(path, signature, bare, self._classifier)
        return self._ledger.scored_at(path).astimezone()  # as the times of the study are

    def _objects(self, header: Dataset, answer: Answer) -> Iterator[MadeAnswer]:
        kinds: list[tuple[str, Callable[[Dataset, Answer], Dataset]]] = []
        if self._settings.report:
            kinds.append(("report", report))
        if self._settings.image and answer.prediction is not None and answer.prediction.film is not None:
            kinds.append(("picture", picture))
        for kind, make in kinds:
            made = make(header, answer)
            name = hashlib.sha256(made.SOPInstanceUID.encode()).hexdigest()
            file = Path("answers", name[:2], f"{kind}-{name[:24]}.dcm")
            self._write(made, self._settings.spool / file)
            yield MadeAnswer(str(made.SOPInstanceUID), kind, str(made.SOPClassUID), file.as_posix())

    def _write(self, made: Dataset, file: Path) -> None:
        folder = self._settings.spool / "incoming"
        folder.mkdir(mode=0o700, exist_ok=True)
        partial = folder / f"{file.name}.{os.getpid()}"
        try:
            made.save_as(partial, enforce_file_format=True)
            keep(partial, file)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


_NOTED = ("path", "probability", "logit", "decision", "quality", "error", "age_known")
