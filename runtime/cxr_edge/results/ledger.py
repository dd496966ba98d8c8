"""Results on disk as they come, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from cxr_edge.errors import CxrEdgeError
from cxr_edge.prediction import Prediction


class ResultFile:
    """A file of JSON lines: the film objects of ``predict --format jsonl`` with ``model_sha256`` added.

    A line that a power cut left unfinished is cut off, and its film scored again. Films scored by another model do not
    count as done. Films that could not be read are tried again.
    """

    def __init__(self, path: Path, model_sha256: str) -> None:
        self.path, self.model_sha256 = path, model_sha256
        self.done: dict[str, Prediction] = {}
        try:
            data = path.read_bytes() if path.exists() else b""
            whole = data[: data.rfind(b"\n") + 1]
            for number, line in enumerate(whole.splitlines(), start=1):
                self._remember(line, number)
            self._file = path.open("r+b" if path.exists() else "w+b")
            self._file.truncate(len(whole))
            self._file.seek(len(whole))
        except OSError as error:
            raise CxrEdgeError(f"{path}: found {error.strerror}; expected a file to write results to") from None

    def _remember(self, line: bytes, number: int) -> None:
        try:
            values = json.loads(line)
            current = values.pop("model_sha256") == self.model_sha256
            prediction = Prediction.from_dict(values)
        except (ValueError, KeyError, TypeError):
            raise CxrEdgeError(
                f"{self.path}: found something else in line {number}; expected results of an earlier --resume"
            ) from None
        if current and not prediction.error:
            self.done[prediction.path] = prediction

    def record(self, predictions: Iterable[Prediction]) -> Iterator[Prediction]:
        """Pass `predictions` on, each after it was handed to the operating system.

        What a power cut takes of the last moments is scored again by the next run.
        """
        with self._file:
            for prediction in predictions:
                if prediction.path not in self.done:
                    values = {**prediction.to_dict(), "model_sha256": self.model_sha256}
                    self._file.write(json.dumps(values).encode() + b"\n")
                    self._file.flush()
                yield prediction
