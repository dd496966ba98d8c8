"""The films of one worklist, which grows with every drop."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from cxr_edge import Classifier, CxrEdgeError, Prediction

MAX_FILMS = 500
"""Of one list, and of one zip file."""


@dataclass(frozen=True)
class ListedFilm:
    """A film of a worklist.

    Attributes:
        prediction: without pictures; with `error` if the film could not be read. Its path is the file's name, after
            that of the zip file it came in.
        thumbnail: address of a small picture, or nothing.
        problem: `prediction.error` in sentences to a clinician, without the film's name; or nothing.
        number: in the order of sending, from 1.
    """

    prediction: Prediction
    thumbnail: str = ""
    problem: str = ""
    number: int = 0


class FilmList:
    """Films that one model has scored. Several drops may add to it at the same time."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self._films: list[ListedFilm] = []
        self._lock = threading.Lock()

    @property
    def films(self) -> tuple[ListedFilm, ...]:
        """The films so far, in the order of sending."""
        with self._lock:
            return tuple(self._films)

    def check_room(self, films: int) -> None:
        """Refuse to begin with more films than there is room for.

        Raises:
            CxrEdgeError: there is not room for so many.
        """
        room = MAX_FILMS - len(self.films)
        if films > room:
            raise CxrEdgeError(
                f"You sent {films} files, and this list has room for {room} more ({MAX_FILMS} at most). None of them "
                "was scored. Send fewer, or start a new list."
            )

    def add(self, film: ListedFilm) -> None:
        """Append one film and number it.

        Raises:
            CxrEdgeError: the list is full.
        """
        with self._lock:
            if len(self._films) >= MAX_FILMS:
                raise CxrEdgeError(
                    f"This list is full: it holds {MAX_FILMS} films at most. The rest of what you sent was not scored. "
                    "Start a new list and send it again."
                )
            self._films.append(replace(film, number=len(self._films) + 1))
