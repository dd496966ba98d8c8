"""What the demo does, without any page: the pages and the API call the same methods."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from cxr_edge import Classifier, CxrEdgeError, Prediction, UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge_demo.html.pictures import thumbnail
from cxr_edge_demo.html.wording import why_unreadable
from cxr_edge_demo.offered_models import OfferedModels
from cxr_edge_demo.store.bounded_memory import BoundedMemory
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
from cxr_edge_demo.store.film_list import FilmList, ListedFilm
from cxr_edge_demo.store.held_films import HeldFilm, HeldFilms
from cxr_edge_demo.store.kept_films import pixels_only
from cxr_edge_demo.timed_scoring import Scored, score
from cxr_edge_demo.web.uploads import Uploads
from cxr_edge_demo.web.zip_files import films_in_zip, is_zip

_DICE = random.SystemRandom()
_MAX_LISTS = 100  # worklists in memory; one of 500 films has about 2 MB


@dataclass(frozen=True)
class Service:
    """The demo's parts; its methods serve any number of threads.

    Attributes:
        models: that can be asked.
        feedback: the file of diagnoses and votes.
        uploads: the folder that the web server puts uploads in.
        held: films that were scored and may still be asked about.
        lists: the worklist of each open page, by the page's session.
    """

    models: OfferedModels
    feedback: Feedback
    uploads: Uploads
    held: HeldFilms = field(default_factory=HeldFilms)
    lists: BoundedMemory[FilmList] = field(default_factory=lambda: BoundedMemory(_MAX_LISTS))

    def answer(self, film: bytes, name: str, model: str | None = None, *, picture: bool = True) -> str:
        """Score a film; returns the token that it is held under. `picture`: with film and heatmap, for display.

        Raises:
            UnreadableFilm: it cannot be read.
            CxrEdgeError: there is no such model.
        """
        return self.held.put(HeldFilm(film, name, (score(self.models.get(model), film, name, picture=picture),)))

    def pair(self, film: bytes, name: str, models: tuple[str, ...] = ()) -> str:
        """Score a film with two models, in random order; returns the token.

        Args:
            film: the file's bytes.
            name: of the file.
            models: to draw two from; all if none is named.

        Raises:
            UnreadableFilm: it cannot be read.
            CxrEdgeError: there is no such model, or there is only one.
        """
        names = sorted(set(models or self.models.names))
        if len(names) < 2:
            raise CxrEdgeError("Choose at least two models to compare.")
        drawn = _DICE.sample(names, 2)
        return self.held.put(HeldFilm(film, name, tuple(score(self.models.get(m), film, name) for m in drawn)))

    def vote(self, token: str, preferred: str, shows: str) -> tuple[Scored, Scored]:
        """Count a vote; returns both answers, whose models may now be named.

        Raises:
            CxrEdgeError: the film is no longer held or was voted on, or a word is none of those expected.
        """
        held = self.held.get(token)
        if len(held.answers) != 2:
            raise CxrEdgeError("This film has one answer. Compare two models on it before voting.")
        a, b = held.answers
        self.feedback.vote(a, b, preferred, shows)
        self.held.discard(token)
        return a, b

    def diagnose(self, token: str, said: Diagnosis, keep: bool) -> None:
        """Write down what a film shows; the film's pixels too if it may be kept.

        Raises:
            CxrEdgeError: the film is no longer held, or nothing can be written.
        """
        held = self.held.get(token)
        png = pixels_only(held.film) if keep else None
        for scored in held.answers:
            self.feedback.add(scored, said, png)

    def film_list(self, session: str, model: str | None = None) -> FilmList:
        """The worklist of a page; a new one of `model` if it has none.

        Raises:
            CxrEdgeError: there is no such model.
        """
        classifier = self.models.get(model)
        return self.lists.renew(session, lambda: FilmList(classifier))

    def extend(self, films: FilmList, uploads: list[Any], *, pictures: bool = True) -> Iterator[int]:
        """Score many films, or those of zip files, one after the other, and append them to a list.

        Args:
            films: the list; its model scores them.
            uploads: as `Uploads.take` takes them. None of them is left afterwards.
            pictures: whether thumbnails are made.

        Yields:
            After each film, how many of these are done.

        Raises:
            CxrEdgeError: nothing was sent, or more films than the list has room for. Films that are scored by then
                stay in it.
        """
        if not uploads:
            raise CxrEdgeError("Choose at least one film.")
        done = 0
        try:
            films.check_room(len(uploads))
            for upload in uploads:
                with closing(self._films(upload)) as found:
                    for name, film in found:
                        films.add(_listed(films.classifier, name, film, pictures))
                        done += 1
                        yield done
        finally:
            self.uploads.discard(uploads)

    def drop_old(self) -> None:
        """Let go of films and worklists that are too old."""
        self.held.drop_old()
        self.lists.drop_old()

    def _films(self, upload: Any) -> Generator[tuple[str, bytes | UnreadableFilm], None, None]:
        name = ""
        try:
            name, film = self.uploads.take(upload)
            if not is_zip(film):
                yield name, film
                return
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
