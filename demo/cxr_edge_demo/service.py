"""What the demo does, without any page: the pages and the API call the same methods."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge_demo.offered_models import OfferedModels
from cxr_edge_demo.scored_lists import extend, open_row
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
from cxr_edge_demo.store.film_list import FilmList
from cxr_edge_demo.store.film_lists import FilmLists
from cxr_edge_demo.store.held_films import HeldFilm, HeldFilms
from cxr_edge_demo.store.statements import Statements
from cxr_edge_demo.timed_scoring import Scored, score
from cxr_edge_demo.web.uploads import Uploads
from cxr_edge_demo.words import _

_DICE = random.SystemRandom()


@dataclass(frozen=True)
class Service:
    """The demo's parts; its methods serve any number of threads.

    Attributes:
        models: that can be asked.
        feedback: the file of diagnoses and votes.
        uploads: the folder that the web server puts uploads in.
        held: films that were scored and may still be asked about.
        lists: the worklist of each open page.
        statements: what readers said of films that are held.
    """

    models: OfferedModels
    feedback: Feedback
    uploads: Uploads
    held: HeldFilms = field(default_factory=HeldFilms)
    lists: FilmLists = field(default_factory=FilmLists)
    statements: Statements = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statements", Statements(self.feedback, self.held))  # frozen

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
            raise CxrEdgeError(_("Choose at least two models to compare."))
        drawn = _DICE.sample(names, 2)
        return self.held.put(HeldFilm(film, name, tuple(score(self.models.get(m), film, name) for m in drawn)))

    def vote(self, token: str, preferred: str, shows: str | None = None) -> tuple[Scored, Scored]:
        """Count a vote, as `Statements.vote`."""
        return self.statements.vote(token, preferred, shows)

    def diagnose(self, token: str, said: Diagnosis, keep: bool) -> None:
        """Write down what a film shows, as `Statements.say`."""
        self.statements.say(token, said, keep)

    def film_list(self, session: str, model: str | None = None) -> FilmList:
        """The worklist of a page; a new one of `model` if it has none.

        Raises:
            CxrEdgeError: there is no such model.
        """
        classifier = self.models.get(model)
        return self.lists.of_session(session, lambda: FilmList(classifier))

    def extend(self, films: FilmList, uploads: list[Any], *, pictures: bool = True) -> Iterator[int]:
        """Score many films and append them to a list, as `scored_lists.extend`; without pictures no row is opened."""
        return extend(films, uploads, self.uploads, self.lists if pictures else None, pictures=pictures)

    def open_row(self, token: str, number: int) -> str:
        """Open a row of a list, as `scored_lists.open_row`."""
        return open_row(self.lists, self.held, token, number)

    def drop_old(self) -> None:
        """Let go of films and worklists that are too old."""
        self.held.drop_old()
        self.lists.drop_old()
        self.statements.drop_old()
