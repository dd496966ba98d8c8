"""How far a command is, and which films could not be read, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from cxr_edge.prediction import Prediction


class Progress:
    """Passes predictions on, names the unreadable ones on standard error, and shows how far it is.

    Attributes:
        unreadable: how many of those passed on could not be read.
    """

    def __init__(self, predictions: Iterator[Prediction], total: int, bar: bool) -> None:
        self.predictions, self.total, self.bar, self.unreadable = predictions, total, bar, 0

    def __iter__(self) -> Iterator[Prediction]:
        clear = "\r\x1b[K" if self.bar else ""
        for done, prediction in enumerate(self.predictions, start=1):
            if prediction.error:
                self.unreadable += 1
                print(f"{clear}cxr-edge: {prediction.error}", file=sys.stderr)
            if self.bar:
                print(f"{clear}{done} of {self.total} films", end="", file=sys.stderr, flush=True)
            yield prediction
        print(clear, end="", file=sys.stderr)
