"""Every runtime on the same films, taking turns in one process.

``python -m cxr_edge_bench.suites.peer_timing [MODEL] [--run RUN] [--rounds N] [--out FILE.json]``. MODEL is a bundled
one, or a file. The Keras network that the peers run is that of `keras_original`: RUN's, or one with random weights,
which takes the same time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from cxr_edge import Classifier
from cxr_edge.film.preprocess import preprocess
from cxr_edge.store import read_verified
from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.suites.keras_original import keras_original
from cxr_edge_bench.suites.peer_runtimes import OURS, OURS_END_TO_END, RELOADS, Peer, Pixels, peer_runtimes
from cxr_edge_bench.suites.timed_films import timed_films
from cxr_edge_train.data.records import write_json

WARM_UPS = 10
CALIBRATION = 32
"""Films that the other tools quantize with."""


def take_turns(found: dict[str, Peer], pixels: Pixels, files: list[bytes], rounds: int) -> dict[str, Any]:
    """Time every peer on film after film, one after the other in each round; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for r in range(-WARM_UPS, rounds):
        for name, peer in found.items():
            if (peer.rounds and r >= peer.rounds) or (peer.rounds == RELOADS and r < 0):
                continue
            film: Any = files[r % len(files)] if peer.end_to_end else pixels[r % len(pixels)][None]
            start = time.perf_counter()
            peer.run(film)
            if r >= 0:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: {
            "median": float(np.median(values)),
            "p90": float(np.quantile(values, 0.9)),
            "p99": float(np.quantile(values, 0.99)),
            "films": len(values),
            "settings": found[name].settings,
            "milliseconds": [round(value, 4) for value in values],
        }
        for name, values in times.items()
    }


def measure(name: str, run: Path | None, rounds: int) -> dict[str, Any]:
    """Everything about one model beside its peers; milliseconds."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    classifier, films = Classifier.load(name), timed_films()
    pixels = np.stack([preprocess(data, classifier.card.input_size) for data in films.small])
    model, bundled = keras_original(classifier.card, run), read_verified(name)[1]
    with tempfile.TemporaryDirectory() as folder:
        found, left_out = peer_runtimes(classifier, bundled, model, pixels[:CALIBRATION], Path(folder))
        timed = take_turns(found, pixels, films.full, rounds)
    ours = timed[OURS]["median"], timed[OURS_END_TO_END]["median"]
    for peer, row in timed.items():
        row["ratio"] = row["median"] / ours[found[peer].end_to_end]
    return {
        "model": classifier.card.name,
        "sha256": classifier.sha256,
        "weights": "trained" if run else "random, which take the same time",
        "films": films.source,
        "machine": conditions(),
        "peers": timed,
        "left_out": left_out,
    }


def main() -> None:
    """Measure and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="default")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result = measure(args.model, args.run, args.rounds)
    for name, row in result["peers"].items():
        print(f"{name:<42} median {row['median']:8.2f} ms  p90 {row['p90']:8.2f} ms  {row['ratio']:7.2f} × cxr-edge")
    for package in result["left_out"]:
        print(f"left out: {package} is not installed")
    if args.out:
        write_json(args.out, result)


if __name__ == "__main__":
    main()
