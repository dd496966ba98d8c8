"""Films of a manifest to predictions: by the same stages as ``cxr-edge predict``, so to the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from cxr_edge.classifier import Classifier
from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge.ordered import in_order
from cxr_edge.prediction import Prediction
from cxr_edge.results.file_scoring import BATCH, answers_to, read_film
from cxr_edge_archive.places import FILE, Place, Stores
from cxr_edge_archive.stored import read_film_bytes

READERS = 8
"""Films that are asked of an object store at once, for each process that scores: while one is scored, others come."""
NamedFilm = tuple[str, bytes]
Answer = Callable[[Sequence[NamedFilm]], list[Prediction]]


def score(classifier: Classifier, films: Sequence[NamedFilm], heatmap: bool) -> list[Prediction]:
    """The answers for films' names and bytes, in one run of the network; with ``error`` for what is no film."""
    read = [read_film(classifier, data, name=name) for name, data in films]
    return [replace(one, lungs=None) for one in answers_to(classifier, read, heatmap=heatmap)]


def scored(
    uris: list[str], stores: Stores, answer: Answer, limits: Limits | None = None
) -> Iterator[tuple[Prediction, int | None]]:
    """Each film's answer and how many bytes were read, in order; at most twice `READERS` and `BATCH` films are held.

    Raises:
        StorageFailure: a film could not be read for a reason that is not the film's.
    """
    limit = (limits or Limits()).max_bytes
    places = [Place.of(uri) for uri in uris]
    readers = 1 if all(place.scheme == FILE for place in places) else READERS

    def read(place: Place) -> bytes | UnreadableFilm:
        try:
            return read_film_bytes(place, stores, limit)
        except UnreadableFilm as error:
            return error

    found = zip(places, in_order(read, places, readers), strict=True)
    while some := list(islice(found, BATCH)):
        films = [(place.name, got) for place, got in some if isinstance(got, bytes)]
        answers = iter(answer(films))
        for place, got in some:
            if isinstance(got, bytes):
                yield next(answers), len(got)
            else:
                yield Prediction(place.name, error=str(got)), None
