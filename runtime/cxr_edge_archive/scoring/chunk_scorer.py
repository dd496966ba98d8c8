"""What each process of a cluster does: load the model once, then score chunk after chunk and write each as one file."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.quiet import decoders_silenced
from cxr_edge.prediction import Prediction
from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.alone import Alone
from cxr_edge_archive.scoring.archive_films import NamedFilm, score, scored
from cxr_edge_archive.scoring.result_table import results_file
from cxr_edge_archive.scoring.run import Run
from cxr_edge_archive.stored import write_whole


@dataclass(frozen=True)
class Work:
    """All that a scoring process has to know; it travels to every node.

    Attributes:
        run: what is scored.
        manifest: URI of the manifest, which every node reaches.
        results: URI of the folder for results, likewise.
        choice: of the model; a file of it lies on every node.
        stores: how object stores are reached.
        alone: score each film in a process of its own, since the chunks have lost one already.
    """

    run: Run
    manifest: str
    results: str
    choice: ModelChoice
    stores: Stores
    alone: bool = False


@dataclass(frozen=True)
class ChunkDone:
    """What became of a chunk.

    Attributes:
        chunk: its number.
        films: rows written; 0 if the chunk failed.
        unreadable: of them, rows with an error.
        bytes: of films that were read.
        seconds: it took.
        decisions: films by decision.
        failure: why nothing was written, or empty.
    """

    chunk: int
    films: int = 0
    unreadable: int = 0
    bytes: int = 0
    seconds: float = 0.0
    decisions: dict[str, int] = field(default_factory=dict)
    failure: str = ""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ChunkDone:
        """The inverse of what `ChunkScorer` returns a row of."""
        return cls(**{**row, "decisions": json.loads(row["decisions"])})


class ChunkScorer:
    """A class for Ray Data's ``map_batches``: one instance a process, one chunk a call.

    Args:
        work: what to do.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._fault = ""
        self._alone: Alone | None = None
        try:
            self._classifier = work.choice.load()
            self._manifest = Manifest(work.manifest, work.stores)
            found = self._classifier.sha256, self._classifier.operating_point_sha256, self._manifest.rows
            if found != (work.run.model_sha256, work.run.operating_point_sha256, work.run.rows):
                self._fault = f"{work.choice.model}: found another model or manifest on a node; expected the same one"
        except CxrEdgeError as error:  # said where somebody waits for an answer
            self._fault = str(error)

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[Any]]]:
        """Score the chunks of a batch; a row of `ChunkDone` for each, as soon as its file is written."""
        for chunk in batch["chunk"]:
            row = asdict(self._done(int(chunk)))
            yield {name: [json.dumps(value) if name == "decisions" else value] for name, value in row.items()}

    def _done(self, chunk: int) -> ChunkDone:
        if self._fault:
            return ChunkDone(chunk, failure=self._fault)
        try:
            return self._scored(chunk)
        except CxrEdgeError as error:
            return ChunkDone(chunk, failure=str(error))
        except OSError as error:  # a full disk, for instance
            return ChunkDone(
                chunk, failure=f"found {error.strerror or type(error).__name__}; expected to write results"
            )

    def _scored(self, chunk: int) -> ChunkDone:
        work, run, begin = self._work, self._work.run, time.monotonic()
        films = self._manifest.rows_from(chunk * run.batch, run.films_of(chunk))
        with decoders_silenced():
            pairs = list(scored(films["uri"].to_pylist(), work.stores, self._answer))
        answers: list[Prediction] = [prediction for prediction, _ in pairs]
        sizes = [size for _, size in pairs]
        data = results_file(run, films, answers, sizes)
        write_whole(Place.of(work.results) / run.file_of(chunk), data, work.stores)
        return ChunkDone(
            chunk,
            films=len(answers),
            unreadable=sum(answer.error is not None for answer in answers),
            bytes=sum(size or 0 for size in sizes),
            seconds=time.monotonic() - begin,
            decisions=dict(Counter(answer.decision for answer in answers if answer.decision)),
        )

    def _answer(self, films: Sequence[NamedFilm]) -> list[Prediction]:
        if not self._work.alone:
            return score(self._classifier, films, self._work.run.heatmap)
        self._alone = self._alone or Alone(self._work.choice, self._work.run.heatmap)
        return self._alone(films)
