"""Films of a manifest to predictions: by the same two stages as ``cxr-edge predict``, so to the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cxr_edge.classifier import Classifier
from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge.ordered import in_order
from cxr_edge.prediction import Prediction
from cxr_edge_archive.places import FILE, Place, Stores
from cxr_edge_archive.stored import read_film_bytes

READERS = 8
"""Films that are asked of an object store at once, for each process that scores: while one is scored, others come."""
Answer = Callable[[str, bytes], Prediction]


def score(classifier: Classifier, name: str, data: bytes, heatmap: bool) -> Prediction:
    """The answer for a film's bytes, called `name`; with ``error`` if they are no film."""
    try:
        prepared = classifier.prepare(data, name=name)
    except UnreadableFilm as error:
        return Prediction(error.film, error=str(error))
    prediction = classifier.answer(prepared, heatmap=heatmap)
    return replace(prediction, sha256=prepared.sha256, lungs=None, film=None)


def scored(
    uris: list[str], stores: Stores, answer: Answer, limits: Limits | None = None
) -> Iterator[tuple[Prediction, int | None]]:
    """Each film's answer and how many bytes were read, in order; at most twice `READERS` films are held.

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

    for place, got in zip(places, in_order(read, places, readers), strict=True):
        if isinstance(got, UnreadableFilm):
            yield Prediction(place.name, error=str(got)), None
        else:
            yield answer(place.name, got), len(got)
