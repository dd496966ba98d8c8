"""The worklists of all open pages, and the films of their rows for as long as there is room."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cxr_edge import CxrEdgeError
from cxr_edge_demo.store.bounded_memory import MAX_SECONDS, BoundedMemory
from cxr_edge_demo.store.film_list import FilmList
from cxr_edge_demo.words import _

MAX_LISTS = 100  # one of 500 films has about 2 MB
MAX_BYTES = 256 * 2**20  # of films, of all lists together: 500 films of an ordinary archive


class FilmLists:
    """Lists by the session of a page and by their own token; films by list and number.

    Args:
        max_lists: that are held; the one that nobody touched for longest goes first.
        max_bytes: of all films together; the oldest goes first, and its row stays.
        max_seconds: that a list is held after the last drop, and a film after it was scored.
    """

    def __init__(
        self, max_lists: int = MAX_LISTS, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS
    ) -> None:
        self._tokens: BoundedMemory[str] = BoundedMemory(max_lists, max_seconds=max_seconds)
        self._lists: BoundedMemory[FilmList] = BoundedMemory(max_lists, max_seconds=max_seconds)
        self._films: BoundedMemory[bytes] = BoundedMemory(max_bytes, len, max_seconds)
        self._opened: BoundedMemory[str] = BoundedMemory(max_lists * 500, max_seconds=max_seconds)
        self._lock = threading.Lock()

    def of_session(self, session: str, make: Callable[[], FilmList]) -> FilmList:
        """The list of a page, or the one that `make` makes, held as if it were new."""
        with self._lock:
            token = self._tokens.get(session)
            films = None if token is None else self._lists.get(token)
            if films is None:
                films = make()
            self._tokens.put(session, films.token)
            self._lists.put(films.token, films)
            return films

    def get(self, token: str) -> FilmList:
        """The list of a token.

        Raises:
            CxrEdgeError: there is none, or not any more.
        """
        films = self._lists.get(token)
        if films is None:
            raise CxrEdgeError(_("This list is no longer in memory. Send its films again."))
        return films

    def discard(self, session: str) -> None:
        """Let go of the list of a page, and of its films."""
        with self._lock:
            token = self._tokens.get(session)
            films = None if token is None else self._lists.get(token)
            self._tokens.discard(session)
        if films is not None:
            self._lists.discard(films.token)
            for listed in films.films:
                self._films.discard(_key(films, listed.number))

    def hold(self, films: FilmList, number: int, film: bytes) -> None:
        """Hold the file of a row, so that it can be opened; one that is larger than all the room is not held."""
        self._films.put(_key(films, number), film)

    def film(self, films: FilmList, number: int) -> bytes:
        """The file of a row.

        Raises:
            CxrEdgeError: it is not held, or not any more.
        """
        film = self._films.get(_key(films, number))
        if film is None:
            raise CxrEdgeError(
                _("This film is no longer in memory, though its answer stays in the list. Send it again to open it.")
            )
        return film

    def note_opened(self, films: FilmList, number: int, token: str) -> None:
        """Remember under which token of `HeldFilms` a row was opened."""
        self._opened.put(_key(films, number), token)

    def opened(self, films: FilmList, number: int) -> str:
        """That token, or nothing."""
        return self._opened.get(_key(films, number)) or ""

    def drop_old(self) -> None:
        """Let go of what is too old."""
        for memory in (self._tokens, self._lists, self._films, self._opened):
            memory.drop_old()


def _key(films: FilmList, number: int) -> str:
    return f"{films.token}/{number}"
