"""From files to predictions that say which file it was, and where its heatmap is."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TypeAlias

from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError, UnreadableFilm, one_line
from cxr_edge.film.folder import SUFFIXES, films_in
from cxr_edge.ordered import in_order
from cxr_edge.prediction import Prediction
from cxr_edge.results.ledger import Ledger, Signature, signature_of

Source: TypeAlias = str | IO[bytes] | Prediction
"""A path, an open file, or what is known already: that there is no film."""


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
    try:
        prepared = classifier.prepare(film, display=heatmaps is not None)
    except UnreadableFilm as error:
        return Prediction(error.film, error=str(error))
    prediction = classifier.answer(prepared, heatmap=heatmaps is not None)
    picture = None if heatmaps is None else _save_heatmap(prediction, heatmaps)
    return replace(prediction, sha256=prepared.sha256, heatmap_file=picture, heatmap=None, lungs=None, film=None)


def score_files(
    classifier: Classifier,
    films: Iterable[Source],
    workers: int = 1,
    heatmaps: Path | None = None,
    ledger: Ledger | None = None,
) -> Iterator[Prediction]:
    """Score any number of files, in order, `workers` at a time.

    Args:
        classifier: any model.
        films: what to score.
        workers: films that are decoded and scored at the same time.
        heatmaps: as for `score_file`.
        ledger: where results are kept as they come. A film whose row is of this model and operating point, readable,
            and has the heatmap that is asked for, is not scored again.
    """

    def attempt(film: Source) -> tuple[Source, Signature | None, Prediction]:
        if isinstance(film, Prediction):
            return film, None, film
        if ledger is None or not isinstance(film, str):
            return film, None, score_file(classifier, film, heatmaps)
        try:
            signature = signature_of(film)
        except OSError:
            return film, None, score_file(classifier, film, heatmaps)
        entry = ledger.find(film, signature)
        if entry is not None and entry.model_sha256 == classifier.fingerprint and _is_enough(entry.prediction):
            return film, None, replace(entry.prediction, path=film)
        return film, signature, score_file(classifier, film, heatmaps)

    def _is_enough(known: Prediction) -> bool:
        has_picture = known.heatmap_file is not None and os.path.isfile(known.heatmap_file)
        return known.error is None and (heatmaps is None or has_picture)

    for film, signature, prediction in in_order(attempt, films, workers):
        if ledger is not None and signature is not None and isinstance(film, str):
            ledger.add(film, signature, prediction, classifier)
        yield prediction


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
