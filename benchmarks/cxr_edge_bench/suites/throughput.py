"""Films a second of whole files, in one process and in several, beside what the JPEG decoder alone allows.

``python -m cxr_edge_bench.suites.throughput [MODEL] [--workers N …] [--films N] [--rounds N] [--out FILE.json]``.
Decoder and predict take turns on the same files, from the page cache; starting the processes counts. The best round of
each is kept, since other programs only take time away. The films are the full-size ones of ``CXR_EDGE_DATA``, or drawn.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image

from cxr_edge.film.preprocess import SPARE
from cxr_edge.results.file_scoring import score_file, score_files
from cxr_edge.results.scoring_processes import ModelChoice, ScoringProcesses
from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.suites.timed_films import timed_films
from cxr_edge_train.data.records import write_json

FILES = 120
CHUNK = 4
"""Films that a process of the decoder alone is given at once; it hands back nothing."""


def decode(size: tuple[int, int], path: str) -> None:
    """Read a file and decode it, at the scale that the network needs, and no more."""
    image = Image.open(io.BytesIO(Path(path).read_bytes()), formats=["JPEG"])
    image.draft("L", (SPARE * size[1], SPARE * size[0]))
    image.load()


def decode_all(size: tuple[int, int], paths: Sequence[str], workers: int) -> None:
    """The decoder alone, in as many processes."""
    if workers == 1:
        for path in paths:
            decode(size, path)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for _ in pool.map(partial(decode, size), paths, chunksize=CHUNK):
            pass


def score_all(choice: ModelChoice, paths: Sequence[str], workers: int) -> None:
    """What ``cxr-edge predict --workers`` does, without printing."""
    classifier = choice.load()
    processes = ScoringProcesses(choice, classifier.fingerprint, workers) if workers > 1 else None
    for prediction in score_files(classifier, paths, processes=processes):
        assert prediction.error is None, prediction.error


def score_alone(choice: ModelChoice, paths: Sequence[str]) -> None:
    """The same in one process, a film in each run of the network."""
    classifier = choice.load()
    for path in paths:
        score_file(classifier, path)


def films_a_second(work: Callable[[], None], films: int) -> float:
    """Of `work` on so many `films`."""
    start = time.perf_counter()
    work()
    return films / (time.perf_counter() - start)


def measure(
    name: str = "default", workers: Sequence[int] = (1, 2), films: int = 1200, rounds: int = 3
) -> dict[str, Any]:
    """By number of processes: films a second of the decoder alone and of predict, and their ratio.

    ``one_film_a_run`` is predict in one process without batches.
    """
    choice, given = ModelChoice(name), timed_films(FILES)
    card = choice.load().card
    best: dict[tuple[int, str], float] = {}
    alone = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate(given.full):
            Path(folder, f"{i}.jpg").write_bytes(data)
        paths = [str(Path(folder, f"{i % len(given.full)}.jpg")) for i in range(films)]
        for _ in range(rounds):
            alone = max(alone, films_a_second(partial(score_alone, choice, paths), films))
            for count in workers:
                work = {
                    "decoder": partial(decode_all, card.input_size, paths, count),
                    "predict": partial(score_all, choice, paths, count),
                }
                for what, run in work.items():
                    best[count, what] = max(best.get((count, what), 0.0), films_a_second(run, films))
    return {
        "model": card.name,
        "films": given.source,
        "machine": conditions(),
        "rounds": rounds,
        "one_film_a_run": alone,
        "workers": {
            str(count): {
                "decoder": best[count, "decoder"],
                "predict": best[count, "predict"],
                "share_of_decoder": best[count, "predict"] / best[count, "decoder"],
                "times_one": best[count, "predict"] / best[workers[0], "predict"],
            }
            for count in workers
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="default")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--films", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found = measure(args.model, args.workers, args.films, args.rounds)
    print(f"one film in each run of the network: {found['one_film_a_run']:.0f} films/s")
    for count, row in found["workers"].items():
        print(
            f"{count} at a time: {row['predict']:.0f} films/s, {row['share_of_decoder']:.2f} of the decoder's "
            f"{row['decoder']:.0f}, {row['times_one']:.2f} times one"
        )
    if args.out:
        write_json(args.out, found)


if __name__ == "__main__":
    main()
