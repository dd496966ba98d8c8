"""The films of one worklist, which grows with every drop."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cxr_edge import Classifier, CxrEdgeError, Prediction
from cxr_edge_demo.words import _

MAX_FILMS = 500
"""Of one list, and of one zip file."""


@dataclass(frozen=True)
class ListedFilm:
    """A film of a worklist.

    Attributes:
        prediction: without pictures; with `error` if the film could not be read. Its path is the file's name, after
            that of the zip file it came in.
        thumbnail: a small picture as a JPEG, or nothing.
        problem: `prediction.error` in sentences to a clinician, without the film's name; or nothing.
        number: in the order of sending, from 1.
    """

    prediction: Prediction
    thumbnail: bytes = b""
    problem: str = ""
    number: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a list is.

    Attributes:
        done: films that were scored, or could not be read, since scoring began.
        expected: films that were sent since then.
        seconds_left: at the pace so far; None before the first film, and when nothing is being scored.
    """

    done: int
    expected: int
    seconds_left: float | None


class FilmList:
    """Films that one model has scored. Several drops may add to it at the same time.

    Attributes:
        token: by which a browser asks for it; it cannot be guessed.
        classifier: the model.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.token = secrets.token_urlsafe(16)
        self.classifier = classifier
        self._films: list[ListedFilm] = []
        self._lock = threading.Lock()
        self._drops = self._done = self._expected = 0
        self._begun = 0.0

    @property
    def films(self) -> tuple[ListedFilm, ...]:
        """The films so far, in the order of sending."""
        with self._lock:
            return tuple(self._films)

    def film(self, number: int) -> ListedFilm:
        """One of them.

        Raises:
            CxrEdgeError: there is none of this number.
        """
        films = self.films
        if not 1 <= number <= len(films):
            raise CxrEdgeError(_("This list has no such film."))
        return films[number - 1]

    @property
    def progress(self) -> Progress | None:
        """How far it is; None when nothing is being scored."""
        with self._lock:
            if not self._drops:
                return None
            left = None
            if self._done:
                left = (time.monotonic() - self._begun) / self._done * max(0, self._expected - self._done)
            return Progress(self._done, self._expected, left)

    @contextmanager
    def scoring(self, films: int) -> Iterator[None]:
        """While a drop of so many films is scored."""
        with self._lock:
            if not self._drops:
                self._begun, self._done, self._expected = time.monotonic(), 0, 0
            self._drops += 1
            self._expected += films
        try:
            yield
        finally:
            with self._lock:
                self._drops -= 1

    def expect(self, more: int) -> None:
        """Count films that only turned up while a drop was scored, out of a zip file."""
        with self._lock:
            self._expected += more

    def check_room(self, films: int) -> None:
        """Refuse to begin with more films than there is room for.

        Raises:
            CxrEdgeError: there is not room for so many.
        """
        room = MAX_FILMS - len(self.films)
        if films > room:
            raise CxrEdgeError(
                _(
                    "You sent {films} files, and this list has room for {room} more ({most} at most). None of them was "
                    "scored. Send fewer, or start a new list."
                ).format(films=films, room=room, most=MAX_FILMS)
            )

    def add(self, film: ListedFilm) -> int:
        """Append one film and number it; returns its number.

        Raises:
            CxrEdgeError: the list is full.
        """
        with self._lock:
            if len(self._films) >= MAX_FILMS:
                raise CxrEdgeError(
                    _(
                        "This list is full: it holds {most} films at most. The rest of what you sent was not scored. "
                        "Start a new list and send it again."
                    ).format(most=MAX_FILMS)
                )
            number = len(self._films) + 1
            self._films.append(replace(film, number=number))
            self._done += 1
            return number
