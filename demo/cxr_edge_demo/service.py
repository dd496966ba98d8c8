"""What the demo does, without any page: the pages and the API call the same methods."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cxr_edge import Classifier, CxrEdgeError, Prediction, UnreadableFilm
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge_demo.archive import MAX_FILMS, films_in_zip, is_zip
from cxr_edge_demo.feedback import Diagnosis, Feedback
from cxr_edge_demo.models import Models
from cxr_edge_demo.pictures import pixels_only, thumbnail
from cxr_edge_demo.scoring import LIMITS, Scored, score
from cxr_edge_demo.shelf import Held, Shelf
from cxr_edge_demo.uploads import Uploads

_DICE = random.SystemRandom()


@dataclass(frozen=True)
class Listed:
    """A film of a worklist.

    Attributes:
        prediction: without pictures; with `error` if it could not be read.
        thumbnail: HTML, or nothing.
    """

    prediction: Prediction
    thumbnail: str


@dataclass(frozen=True)
class Service:
    """The demo's parts; its methods serve any number of threads."""

    models: Models
    feedback: Feedback
    uploads: Uploads
    shelf: Shelf

    def answer(self, film: bytes, name: str, model: str | None = None, *, picture: bool = True) -> str:
        """Score a film; returns the token that it is held under. `picture`: with film and heatmap, for display.

        Raises:
            UnreadableFilm: it cannot be read.
            CxrEdgeError: there is no such model.
        """
        return self.shelf.put(Held(film, name, (score(self.models.get(model), film, name, picture=picture),)))

    def pair(self, film: bytes, name: str, models: tuple[str, ...] = ()) -> str:
        """Score a film with two models, in random order; returns the token.

        Args:
            film: the file's bytes.
            name: of the file.
            models: to draw two from; all if there are fewer than two.

        Raises:
            UnreadableFilm: it cannot be read.
            CxrEdgeError: there is no such model, or there is only one.
        """
        names = models if len(set(models)) >= 2 else self.models.names
        if len(set(names)) < 2:
            raise CxrEdgeError("found one model; expected two to compare")
        drawn = _DICE.sample(sorted(set(names)), 2)
        return self.shelf.put(Held(film, name, tuple(score(self.models.get(m), film, name) for m in drawn)))

    def vote(self, token: str | None, preferred: str, shows: str) -> tuple[Scored, Scored]:
        """Count a vote; returns both answers, whose models may now be named.

        Raises:
            CxrEdgeError: the film is no longer held or was voted on, or a word is none of those expected.
        """
        held = self.shelf.get(token)
        if len(held.answers) != 2:
            raise CxrEdgeError("found a film with one answer; expected one with two to compare")
        a, b = held.answers
        self.feedback.vote(a, b, preferred, shows)
        self.shelf.discard(token)
        return a, b

    def diagnose(self, token: str | None, said: Diagnosis, keep: bool) -> None:
        """Write down what a film shows; the film's pixels too if it may be kept.

        Raises:
            CxrEdgeError: the film is no longer held, or nothing can be written.
        """
        held = self.shelf.get(token)
        png = pixels_only(held.film) if keep else None
        for scored in held.answers:
            self.feedback.add(scored, said, png)

    def worklist(
        self,
        uploads: list[Any],
        model: str | None = None,
        *,
        pictures: bool = True,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Listed]:
        """Score many films, or those of zip files, one after the other; most urgent first.

        Args:
            uploads: as `Uploads.take` takes them.
            model: by name; the first one by default.
            pictures: whether thumbnails are made.
            progress: told how many films are done.

        Raises:
            CxrEdgeError: there is no such model, nothing was sent, or more than `MAX_FILMS` films.
        """
        classifier = self.models.get(model)
        if not uploads:
            raise CxrEdgeError("found no films; expected some")
        listed: list[Listed] = []
        try:
            for name, film in (entry for upload in uploads for entry in self._films(upload)):
                if len(listed) >= MAX_FILMS:
                    raise CxrEdgeError(f"found more than {MAX_FILMS} films; expected at most that many at once")
                listed.append(_listed(classifier, name, film, pictures))
                progress(len(listed))
        finally:
            self.uploads.discard(uploads)
        entries = {id(entry.prediction): entry for entry in listed}
        return [entries[id(p)] for p in most_urgent_first([entry.prediction for entry in listed])]

    def _films(self, upload: Any) -> Iterator[tuple[str, bytes | UnreadableFilm]]:
        try:
            name, film = self.uploads.take(upload)
            if is_zip(film):
                yield from films_in_zip(film, name, LIMITS)
            else:
                yield name, film
        except UnreadableFilm as error:
            yield error.film, error


def _listed(classifier: Classifier, name: str, film: bytes | UnreadableFilm, pictures: bool) -> Listed:
    try:
        if isinstance(film, UnreadableFilm):
            raise film
        scored = score(classifier, film, name, picture=pictures)
    except UnreadableFilm as error:
        return Listed(Prediction(name, error=str(error)), "")
    p = scored.prediction
    small = thumbnail(p)
    return Listed(Prediction(p.path, p.probability, p.logit, p.decision, p.quality), small)
