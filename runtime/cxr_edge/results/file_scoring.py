"""From files to predictions that say which file it was, and where its heatmap is."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError, UnreadableFilm, one_line
from cxr_edge.film.folder import SUFFIXES, films_in
from cxr_edge.film.preprocess import Film, Prepared
from cxr_edge.prediction import Prediction
from cxr_edge.results.ledger import Ledger, Signature, signature_of

if TYPE_CHECKING:
    from cxr_edge.results.scoring_processes import ScoringProcesses

Source: TypeAlias = str | IO[bytes] | Prediction
"""A path, an open file, or what is known already: that there is no film."""

ReadFilm: TypeAlias = tuple[Prepared, str | None] | Prediction
"""A film ready for the network, without the file's bytes, and their sha256; or why it cannot be read."""

BATCH = 4
"""Films in one run of the network: with more, the model bundled as default is no faster, and a larger one slower."""


def films_named(path: str) -> Sequence[Source]:
    """The films that a path of the command line stands for, or a failed prediction that says why there are none.

    Args:
        path: of a film, of a folder to search for films, or ``-`` for standard input.
    """
    if path == "-":
        return [sys.stdin.buffer]
    if not os.path.isdir(path):
        return [path]
    closed: list[OSError] = []
    films: list[Source] = [os.fspath(film) for film in films_in(path, closed.append)]
    for error in closed:
        folder = os.fspath(error.filename)
        reason = one_line(f"{folder}: found {error.strerror}; expected a readable folder")
        films.append(Prediction(folder, error=reason))
    suffixes = " ".join(sorted(SUFFIXES))
    missing = one_line(f"{path}: found no films; expected files ending in {suffixes}")
    return films or [Prediction(path, error=missing)]


def score_file(classifier: Classifier, film: str | Path | IO[bytes], heatmaps: Path | None = None) -> Prediction:
    """Score one file.

    Args:
        classifier: any model.
        film: a path, or a file opened in binary mode.
        heatmaps: folder to write a picture of the heatmap to.

    Returns:
        With the file's `sha256` and `heatmap_file`, without pictures; with `error` if it could not be read.

    Raises:
        CxrEdgeError: the heatmap cannot be written, or the model has none.
    """
    return score_batch(classifier, [film], heatmaps)[0]


def score_batch(
    classifier: Classifier, films: Iterable[str | Path | IO[bytes]], heatmaps: Path | None = None
) -> list[Prediction]:
    """Score a few files, at most about `BATCH`, in one run of the network; arguments and results as of `score_file`."""
    read = [read_film(classifier, film, display=heatmaps is not None) for film in films]
    return [_without_pictures(one, heatmaps) for one in answers_to(classifier, read, heatmap=heatmaps is not None)]


def read_film(classifier: Classifier, film: Film, *, name: str = "", display: bool = False) -> ReadFilm:
    """As `Classifier.prepare`, but small enough to wait for others; a film that cannot be read gives why."""
    try:
        prepared = classifier.prepare(film, name=name, display=display)
    except UnreadableFilm as error:
        return Prediction(error.film, error=str(error))
    return replace(prepared, data=None), prepared.sha256


def answers_to(classifier: Classifier, films: Sequence[ReadFilm], *, heatmap: bool = False) -> list[Prediction]:
    """What one run of the network says of films, with their `sha256`, in order.

    Args:
        classifier: any model.
        films: of `read_film`.
        heatmap: as for `Classifier.answer_many`.
    """
    prepared = [film[0] for film in films if not isinstance(film, Prediction)]
    answers = iter(classifier.answer_many(prepared, heatmap=heatmap))
    return [film if isinstance(film, Prediction) else replace(next(answers), sha256=film[1]) for film in films]


def _without_pictures(prediction: Prediction, heatmaps: Path | None) -> Prediction:
    picture = None if heatmaps is None or prediction.error else _save_heatmap(prediction, heatmaps)
    return replace(prediction, heatmap_file=picture, heatmap=None, lungs=None, film=None)


@dataclass(frozen=True)
class Task:
    """A film to score.

    Attributes:
        film: its path; or an open file or a failed prediction, of which `known` says all.
        signature: of the file, where a ledger will hold its result.
        known: what is said of it already, from a ledger for instance; None if it is to be scored.
    """

    film: Source
    signature: Signature | None = None
    known: Prediction | None = None


def score_files(
    classifier: Classifier,
    films: Iterable[Source],
    heatmaps: Path | None = None,
    ledger: Ledger | None = None,
    processes: ScoringProcesses | None = None,
) -> Iterator[Prediction]:
    """Score any number of files, in order.

    Args:
        classifier: any model.
        films: what to score.
        heatmaps: as for `score_file`.
        ledger: where results are kept as they come. A film whose row is of this model and operating point, readable,
            and has the heatmap that is asked for, is not scored again.
        processes: score in these, of the same model, rather than here.
    """
    tasks = (_task(classifier, film, heatmaps, ledger) for film in films)
    if processes:
        answers = processes.answers(tasks, heatmaps)
    else:
        batches = in_batches(tasks)
        answers = (answer for batch in batches for answer in _answers(classifier, batch, heatmaps))
    for task, prediction in answers:
        if ledger is not None and task.signature is not None:
            ledger.add(str(task.film), task.signature, prediction, classifier)
        yield prediction


def in_batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """`BATCH` tasks at a time, and the rest."""
    tasks = iter(tasks)
    while batch := list(islice(tasks, BATCH)):
        yield batch


def _answers(classifier: Classifier, batch: list[Task], heatmaps: Path | None) -> list[tuple[Task, Prediction]]:
    scored = iter(score_batch(classifier, [str(task.film) for task in batch if task.known is None], heatmaps))
    return [(task, task.known or next(scored)) for task in batch]


def _task(classifier: Classifier, film: Source, heatmaps: Path | None, ledger: Ledger | None) -> Task:
    if isinstance(film, Prediction):
        return Task(film, known=film)
    if not isinstance(film, str):
        return Task(film, known=score_file(classifier, film, heatmaps))
    if ledger is None:
        return Task(film)
    try:
        signature = signature_of(film)
    except OSError:
        return Task(film)
    entry = ledger.find(film, signature)
    if entry is None or entry.model_sha256 != classifier.fingerprint or not _is_enough(entry.prediction, heatmaps):
        return Task(film, signature)
    return Task(film, known=replace(entry.prediction, path=film))


def _is_enough(known: Prediction, heatmaps: Path | None) -> bool:
    has_picture = known.heatmap_file is not None and os.path.isfile(known.heatmap_file)
    return known.error is None and (heatmaps is None or has_picture)


def _save_heatmap(prediction: Prediction, folder: Path) -> str:
    """Under the film's name and a hash of its path, since films of several folders may share a name."""
    digest = hashlib.sha256(os.fsencode(os.path.abspath(prediction.path))).hexdigest()[:8]
    file = folder / f"{Path(prediction.path).stem}-{digest}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        prediction.heatmap_overlay().save(file)
    except OSError as error:
        raise CxrEdgeError(f"{folder}: found {error.strerror}; expected a folder to write to") from None
    return os.fspath(file)
