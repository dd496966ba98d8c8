"""Cold start and memory of whole processes, and how they grow with films and workers.

``python -m cxr_edge_bench.suites.whole_processes FILE.keras [--films N] [--out FILE.json]``. FILE.keras is what
TensorFlow loads (see `keras_original`); N is the largest number of films, 10,000 by default.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge_bench.child_process import output_of
from cxr_edge_bench.suites.installed_size import sizes
from cxr_edge_bench.suites.timed_films import timed_films
from cxr_edge_train.data.records import write_json

STARTS = 5
OURS = "import sys; from cxr_edge import Classifier; print(Classifier.load().predict(sys.argv[1]).decision)"
TENSORFLOW = """
import sys
import tensorflow as tf
from cxr_edge_train.learning import lung_pooling  # its layer, by name
model = tf.keras.models.load_model(sys.argv[2])
film = tf.image.resize(tf.io.decode_jpeg(tf.io.read_file(sys.argv[1]), channels=1), model.input_shape[1:3])
print(float(model(film[None], training=False)[0, 0]))
"""
NUMPY = "import numpy"
MANY = """
import json, sys, time
from cxr_edge import Classifier
count, workers, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
import pathlib
films = [path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())]
classifier = Classifier.load()
classifier.predict(films[0])
start = time.perf_counter()
answered = sum(1 for p in classifier.predict_many((films[i % len(films)] for i in range(count)), workers=workers))
print(json.dumps({"films": answered, "seconds": time.perf_counter() - start}))
"""
LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
taken = time.perf_counter() - start
with open(sys.argv[1], "w") as file:
    json.dump([taken, usage.ru_maxrss], file)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Launched:
    """A process that ended well.

    Attributes:
        seconds: from its start to its end.
        peak_bytes: the most memory that it held.
        output: what it printed.
    """

    seconds: float
    peak_bytes: int
    output: str


def launched(command: Sequence[str]) -> Launched:
    """Run `command` to its end, started by a small process.

    Linux counts the memory of the process that starts another as the other's, until it has its own program.

    Raises:
        ChildFailed: it failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.json")
        output = output_of([sys.executable, "-I", "-S", "-c", LAUNCHER, str(told), *command])
        seconds, peak = json.loads(told.read_text())
    return Launched(seconds, peak * (1 if sys.platform == "darwin" else 1024), output)


def cold_start(command: Sequence[str], times: int) -> dict[str, float]:
    """Process start → its first answer and exit, and peak resident memory: medians over so many processes."""
    found = [launched(command) for _ in range(times)]
    return {
        "seconds": float(np.median([process.seconds for process in found])),
        "peak_bytes": float(np.median([process.peak_bytes for process in found])),
    }


def starts(film: Path, keras_file: Path, times: int = STARTS) -> dict[str, dict[str, float]]:
    """This package's first decision, beside TensorFlow's first answer and a bare numpy."""
    quiet = [sys.executable, "-c"]
    return {
        "cxr-edge": cold_start([*quiet, OURS, str(film)], times),
        "TensorFlow": cold_start([*quiet, TENSORFLOW, str(film), str(keras_file)], times),
        "python and numpy": cold_start([*quiet, NUMPY], times),
    }


def scale(files: list[bytes], largest: int) -> list[dict[str, Any]]:
    """Films a second and peak memory, from 100 films to `largest`, with 1 and 2 workers, each in its own process."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate(files):
            Path(folder, f"{i}.jpg").write_bytes(data)
        for workers in (1, 2):
            for count in (n for n in (100, 1000, 10_000) if n <= largest):
                command = [sys.executable, "-c", MANY, str(count), str(workers), folder]
                process = launched(command)
                row = {**json.loads(process.output), "peak_bytes": process.peak_bytes}
                rows.append({"workers": workers, **row, "films_per_second": row["films"] / row["seconds"]})
    return rows


def measure(keras_file: Path, largest: int) -> dict[str, Any]:
    """Everything here; `keras_file` is what TensorFlow loads."""
    films = timed_films()
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film.jpg")
        film.write_bytes(films.full[0])
        return {
            "films": films.source,
            "cold start": starts(film, keras_file),
            "bytes": sizes(),
            "scale": scale(films.full, largest),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keras_file", type=Path, help="a .keras file for TensorFlow to load")
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result = measure(args.keras_file, args.films)
    print(json.dumps(result, indent=1))
    if args.out:
        write_json(args.out, result)


if __name__ == "__main__":
    main()
