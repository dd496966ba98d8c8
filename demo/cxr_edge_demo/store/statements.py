"""What readers say of films that are held: one statement and one vote a film, which can be changed and taken back."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from cxr_edge import CxrEdgeError
from cxr_edge_demo.store.bounded_memory import BoundedMemory
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
from cxr_edge_demo.store.held_films import HeldFilms
from cxr_edge_demo.store.kept_films import pixels_only
from cxr_edge_demo.timed_scoring import Scored
from cxr_edge_demo.words import _

_MAX = 10_000  # statements that can still be taken back


@dataclass(frozen=True)
class Statement:
    """What was said of a held film.

    Attributes:
        said: the diagnosis, comment and places.
        keep: whether the film may be kept.
        rows: ids in the file of feedback, one for each answer.
    """

    said: Diagnosis
    keep: bool
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Vote:
    """A vote on a held film.

    Attributes:
        preferred: one of `PREFERENCES`.
        row: its id in the file of feedback.
    """

    preferred: str
    row: int


class Statements:
    """Statements and votes by the token of the film; whoever holds no token can take nothing back.

    Args:
        feedback: the file that they are written to.
        held: the films.
    """

    def __init__(self, feedback: Feedback, held: HeldFilms) -> None:
        self._feedback, self._held = feedback, held
        self._said: BoundedMemory[Statement] = BoundedMemory(_MAX)
        self._votes: BoundedMemory[Vote] = BoundedMemory(_MAX)
        self._lock = threading.Lock()  # two taps at once are one after the other

    def said(self, token: str) -> Statement | None:
        """What was said of a film so far."""
        return self._said.get(token)

    def say(self, token: str, said: Diagnosis, keep: bool) -> Statement:
        """Write down what a film shows, in the place of what was said of it before; its pixels too if it may be kept.

        Raises:
            CxrEdgeError: the film is no longer held, or nothing can be written.
        """
        held = self._held.get(token)
        png = pixels_only(held.film) if keep else None
        with self._lock:
            before = self._said.get(token)
            rows = self._feedback.add_all(held.answers, said, png, before.rows if before else ())
            statement = Statement(said, keep, rows)
            self._said.put(token, statement)
        return statement

    def unsay(self, token: str) -> None:
        """Take back what was said of a film.

        Raises:
            CxrEdgeError: nothing was, or it is too long ago, or the file cannot be written.
        """
        with self._lock:
            statement = self._said.get(token)
            if statement is None:
                raise CxrEdgeError(_("There is nothing to undo here."))
            self._feedback.undo(*statement.rows)
            self._said.discard(token)

    def voted(self, token: str) -> Vote | None:
        """The vote on a film."""
        return self._votes.get(token)

    def vote(self, token: str, preferred: str, shows: str | None = None) -> tuple[Scored, Scored]:
        """Count a vote; returns both answers, whose models may now be named.

        Args:
            token: of a film with two answers.
            preferred: one of `PREFERENCES`.
            shows: one of `DIAGNOSES`; None if nobody was asked.

        Raises:
            CxrEdgeError: the film is no longer held or was voted on, or a word is none of those expected.
        """
        held = self._held.get(token)
        if len(held.answers) != 2:
            raise CxrEdgeError(_("This film has one answer. Compare two models on it before voting."))
        a, b = held.answers
        with self._lock:
            if self._votes.get(token):
                raise CxrEdgeError(_("Your vote on this film is counted. Undo it to vote again."))
            self._votes.put(token, Vote(preferred, self._feedback.vote(a, b, preferred, shows)))
        return a, b

    def unvote(self, token: str) -> None:
        """Take a vote back.

        Raises:
            CxrEdgeError: there is none, or it is too long ago, or the file cannot be written.
        """
        with self._lock:
            vote = self._votes.get(token)
            if vote is None:
                raise CxrEdgeError(_("There is nothing to undo here."))
            self._feedback.undo_vote(vote.row)
            self._votes.discard(token)

    def drop_old(self) -> None:
        """Let go of what is too old to be taken back."""
        self._said.drop_old()
        self._votes.drop_old()
