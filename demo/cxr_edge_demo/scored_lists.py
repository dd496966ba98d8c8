"""Worklists: films of a drop, one after the other, and a row opened as a film of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from cxr_edge import Classifier, CxrEdgeError, Prediction, UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge_demo.html.pictures import thumbnail
from cxr_edge_demo.html.wording import why_unreadable
from cxr_edge_demo.store.film_list import FilmList, ListedFilm
from cxr_edge_demo.store.film_lists import FilmLists
from cxr_edge_demo.store.held_films import HeldFilm, HeldFilms
from cxr_edge_demo.timed_scoring import score
from cxr_edge_demo.web.uploads import Uploads
from cxr_edge_demo.web.zip_files import count_films, films_in_zip, is_zip
from cxr_edge_demo.words import _

_OPENING = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))  # rows that are scored once more, at once


def extend(
    films: FilmList, uploads: list[Any], folder: Uploads, lists: FilmLists | None = None, *, pictures: bool = True
) -> Iterator[int]:
    """Score many films, or those of zip files, one after the other, and append them to a list.

    Args:
        films: the list; its model scores them.
        uploads: as `Uploads.take` takes them. None of them is left afterwards.
        folder: where they are.
        lists: hold the films, so that their rows can be opened; None if nobody will.
        pictures: whether thumbnails are made.

    Yields:
        After each film, how many of these are done.

    Raises:
        CxrEdgeError: nothing was sent, or more films than the list has room for. Films that are scored by then stay
            in it.
    """
    if not uploads:
        raise CxrEdgeError(_("Choose at least one film."))
    done = 0
    try:
        films.check_room(len(uploads))
        with films.scoring(len(uploads)):
            for upload in uploads:
                with closing(_films(films, upload, folder)) as found:
                    for name, film in found:
                        number = films.add(_listed(films.classifier, name, film, pictures))
                        if lists is not None and isinstance(film, bytes) and not films.film(number).problem:
                            lists.hold(films, number, film)
                        done += 1
                        yield done
    finally:
        folder.discard(uploads)


def open_row(lists: FilmLists, held: HeldFilms, token: str, number: int) -> str:
    """Score the film of a row once more, with pictures; returns the token that it is then held under.

    Args:
        lists: of which one has this `token`.
        held: holds the film with its answer.
        token, number: the list, and the row's number in it.

    Raises:
        CxrEdgeError: the list or the film is no longer in memory, or there is no such row.
    """
    films = lists.get(token)
    listed = films.film(number)
    before = lists.opened(films, number)
    if before and held.holds(before):
        return before
    film = lists.film(films, number)
    with _OPENING:
        scored = score(films.classifier, film, listed.prediction.path)
    opened = held.put(HeldFilm(film, listed.prediction.path, (scored,)))
    lists.note_opened(films, number, opened)
    return opened


def _films(films: FilmList, upload: Any, folder: Uploads) -> Generator[tuple[str, bytes | UnreadableFilm], None, None]:
    name = ""
    try:
        name, film = folder.take(upload)
        if not is_zip(film):
            yield name, film
            return
        films.expect(count_films(film) - 1)
        for member, found in films_in_zip(film, Limits()):
            yield f"{name}/{member}", found
    except UnreadableFilm as error:
        yield name or error.film, error


def _listed(classifier: Classifier, name: str, film: bytes | UnreadableFilm, pictures: bool) -> ListedFilm:
    try:
        if isinstance(film, UnreadableFilm):
            raise UnreadableFilm(film.found, film.expected, name)
        prediction = score(classifier, film, name, picture=pictures).prediction
    except UnreadableFilm as error:
        return ListedFilm(Prediction(name, error=str(error)), problem=why_unreadable(error))
    return ListedFilm(replace(prediction, film=None, heatmap=None, lungs=None), thumbnail(prediction))
