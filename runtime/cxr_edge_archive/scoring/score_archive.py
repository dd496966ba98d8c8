"""A run on Ray Data: chunks in, one file of results each, in as many passes as deaths of processes make needed."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cxr_edge_archive.places import Place
from cxr_edge_archive.scoring.chunk_scorer import ChunkDone, ChunkScorer, Work
from cxr_edge_archive.scoring.run import begin

AHEAD = 2
"""Blocks of chunks that each process has been given: one in work, and the next."""
BLOCKS, SPREAD = 1000, 16
"""A block is one chunk, unless there would be more than so many blocks, in all and for each process. Ray takes some
milliseconds and 60 KB of memory to make one."""
SHARED_PASSES = 2
"""After so many passes, what is still missing may hold a film that stops its process: each gets one of its own."""
NO_USE = 20
"""So many chunks may fail before the first succeeds; then storage is not reached at all, and more of it is no use."""


@dataclass
class Outcome:
    """What became of a run.

    Attributes:
        films: of the manifest.
        before: of them, those whose results were there already.
        scored: of them, those scored now.
        unreadable: of those scored now, rows with an error.
        bytes: that were read.
        seconds: from the first chunk handed out to the last result.
        decisions: films scored now, by decision.
        failures: why chunks failed, and how many films each reason cost.
        lost: films of chunks that stopped every process that took them.
        interrupted: whether it was ended early.
    """

    films: int
    before: int = 0
    scored: int = 0
    unreadable: int = 0
    bytes: int = 0
    seconds: float = 0.0
    decisions: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    interrupted: bool = False

    @property
    def left(self) -> int:
        """Films without results."""
        return self.films - self.before - self.scored


def score_archive(work: Work, processes: int, tell: Callable[[ChunkDone], None]) -> Outcome:
    """Score what is not scored yet, on the Ray that runs. Ctrl-C ends it: chunks in work are given up.

    Args:
        work: what to do.
        processes: that score at the same time.
        tell: is called with each chunk as it comes back.

    Raises:
        CxrEdgeError: the folder of results is not this run's; storage did not answer at the start.
    """
    run = work.run
    outcome = Outcome(run.rows)
    left = begin(run, Place.of(work.results), work.stores)
    outcome.before = run.rows - sum(run.films_of(chunk) for chunk in left)
    started = time.monotonic()
    passes = 0
    try:
        while left:
            came = set()
            alone = passes >= SHARED_PASSES
            for done in _one_pass(replace(work, alone=alone), left, processes):
                came.add(done.chunk)
                _count(outcome, done, run.films_of(done.chunk))
                tell(done)
                if outcome.failures and not outcome.scored and len(came) >= NO_USE:
                    return outcome
            lost = [chunk for chunk in left if chunk not in came]
            if alone and not came:  # each film had a process of its own, and still nothing came back
                outcome.lost = sum(run.films_of(chunk) for chunk in lost)
                break
            left, passes = lost, passes + 1
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:
        outcome.seconds = time.monotonic() - started
    return outcome


def _count(outcome: Outcome, done: ChunkDone, films: int) -> None:
    if done.failure:
        outcome.failures[done.failure] += films
    outcome.scored += done.films
    outcome.unreadable += done.unreadable
    outcome.bytes += done.bytes
    outcome.decisions.update(done.decisions)


def _one_pass(work: Work, chunks: list[int], processes: int) -> Iterator[ChunkDone]:
    """Chunks as they come back; those whose process or node died do not.

    Ray starts such a process again, and could give it the same chunk again; where a film stops the process it would do
    so for ever. So it is told to forget the chunk, and the next pass takes what is missing.
    """
    import pyarrow as pa
    import ray.data
    from ray.exceptions import RayError

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    logging.getLogger("ray.data").setLevel(logging.CRITICAL + 1)
    context.target_max_block_size = 1  # bytes: each chunk is told of when it is done, not with its neighbours
    together = -(-len(chunks) // max(BLOCKS, SPREAD * processes))
    blocks = [
        pa.table({"chunk": pa.array(chunks[at : at + together], pa.int64())}) for at in range(0, len(chunks), together)
    ]
    most = min(processes, len(blocks))
    pool = ray.data.ActorPoolStrategy(  # all at once, and one is enough to begin and to go on
        min_size=1, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=AHEAD
    )
    done = ray.data.from_arrow(blocks).map_batches(
        ChunkScorer, fn_constructor_args=(work,), batch_size=None, compute=pool, num_cpus=1, max_restarts=-1,
        max_task_retries=0,
    )  # fmt: skip
    try:
        for row in done.iter_rows():
            yield ChunkDone.from_row(row)
    except RayError:  # what has not come back is taken by the next pass
        return
