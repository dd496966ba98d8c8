"""A folder that films arrive in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cxr_edge.classifier import Classifier
from cxr_edge.film.folder import films_in
from cxr_edge.prediction import Prediction
from cxr_edge.results.file_scoring import score_file
from cxr_edge.results.ledger import Ledger, Signature, Table, signature_of


class Inbox:
    """The films of a folder that have stopped changing.

    A film counts as complete once its size and time of change have stayed the same for `settle` seconds, by this
    process's own clock: those of scanners and file servers may be wrong.
    """

    def __init__(self, folder: Path, settle: float) -> None:
        self.folder, self.settle = folder, settle
        self._waiting: dict[Path, tuple[Signature, float]] = {}

    def complete(self, ledger: Ledger) -> Iterator[tuple[Path, Signature]]:
        """Complete films that are not in the `ledger` as they are, each with its signature."""
        before, self._waiting, now = self._waiting, {}, time.monotonic()
        for film in films_in(self.folder, lambda error: None):
            try:
                signature = signature_of(film)
            except OSError:  # taken away in this moment
                continue
            if ledger.find(film, signature):
                continue
            last = before.get(film)
            since = last[1] if last and last[0] == signature else now
            self._waiting[film] = (signature, since)
            if now - since >= self.settle:
                yield film, signature

    def settling(self, ledger: Ledger) -> bool:
        """Whether the last look saw films that are not in the `ledger` as they were."""
        return any(not ledger.find(film, signature) for film, (signature, _) in self._waiting.items())

    def name(self, film: Path) -> str:
        """The film's path below the inbox; what is no text in it is escaped."""
        return os.fsencode(film.relative_to(self.folder)).decode("utf-8", "backslashreplace")


def watch(
    classifier: Classifier, inbox: Inbox, ledger: Ledger, table: Table, interval: float, once: bool
) -> Iterator[Prediction]:
    """Score films as they arrive, and yield each after its result is on disk.

    Args:
        classifier: scores them.
        inbox: where they arrive.
        ledger: where results go.
        table: the same for people.
        interval: seconds between two looks.
        once: end when every film there is scored, rather than never.

    Yields:
        Predictions whose `path` is the film's path below the inbox.
    """
    while True:
        for film, signature in list(inbox.complete(ledger)):
            prediction = replace(score_file(classifier, film), path=inbox.name(film))
            if prediction.error and not film.exists():  # taken away meanwhile
                continue
            if ledger.add(film, signature, prediction, classifier):
                table.write()
            else:
                table.append(film)
            yield prediction
        if once and not inbox.settling(ledger):
            return
        time.sleep(interval)
