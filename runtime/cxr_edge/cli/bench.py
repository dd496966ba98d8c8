"""``cxr-edge bench``: how fast the bundled models are on this computer."""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from cxr_edge.cli.options import positive
from cxr_edge.errors import CxrEdgeError

HELP = "measure speed and memory on this computer"
EPILOG = """\
Each model is measured in a process of its own: loading, the first film, then films of 1400 × 1000 pixels, JPEG bytes to
decision, after a warm-up. Quote the median, and nothing while other programs are busy."""
WARM_UPS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--films", type=positive, default=200, help="films to time (default: %(default)s)")
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads for one film (default: 1)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--one", metavar="MODEL", help=argparse.SUPPRESS)  # the process of one model


def run(args: argparse.Namespace) -> int:
    """Print the measurements and which model is the fastest."""
    if args.one:
        print(json.dumps(measure(args.one, args.films, args.threads)))
        return 0
    from cxr_edge.computer.machine import machine
    from cxr_edge.store import list_models

    rows = [_in_own_process(model.name, args) for model in list_models()]
    fastest = min(rows, key=lambda row: row["median_ms"])["name"]
    if args.format == "json":
        result = {"schema": 1, "machine": machine(), "threads": args.threads, "models": rows, "fastest": fastest}
        print(json.dumps(result, indent=1))
        return 0
    print(f"{machine()['cpu']}, {args.threads} thread(s), film of 1400 × 1000 pixels to decision")
    for row in rows:
        memory = "" if row["peak_bytes"] is None else f", peak memory {row['peak_bytes'] / 2**20:.0f} MiB"
        print(
            f"{row['name']}: load {row['load_ms']:.0f} ms, first film {row['first_ms']:.1f} ms, median "
            f"{row['median_ms']:.2f} ms, p90 {row['p90_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms{memory}"
        )
    print(f"fastest here: {fastest}")
    return 0


def _in_own_process(name: str, args: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-m", "cxr_edge", "bench", "--one", name]
    command += ["--films", str(args.films), "--threads", str(args.threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CxrEdgeError(f"{name}: found a failed measurement ({done.stderr.strip()}); expected figures")
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measure(name: str, films: int, threads: int) -> dict[str, Any]:
    """Load, first and steady latency in ms, and peak memory in bytes, of the bundled model `name`."""
    from PIL import Image

    from cxr_edge.classifier import Classifier
    from cxr_edge.computer.machine import peak_memory
    from cxr_edge.store import SAMPLES

    data = []
    for path in sorted(SAMPLES.glob("*.png")):
        buffer = io.BytesIO()
        Image.open(path).resize((1400, 1000)).save(buffer, "JPEG", quality=90)
        data.append(buffer.getvalue())
    start = time.perf_counter()
    classifier = Classifier.load(name, threads=threads)
    loaded = time.perf_counter()
    classifier.predict(data[0])
    first = time.perf_counter()
    times = []
    for i in range(WARM_UPS + films):
        begin = time.perf_counter()
        classifier.predict(data[i % len(data)])
        times.append(1e3 * (time.perf_counter() - begin))
    steady = sorted(times[WARM_UPS:])
    return {
        "name": name,
        "sha256": classifier.sha256,
        "load_ms": 1e3 * (loaded - start),
        "first_ms": 1e3 * (first - loaded),
        "median_ms": statistics.median(steady),
        "p90_ms": steady[int(0.9 * (len(steady) - 1))],
        "p99_ms": steady[int(0.99 * (len(steady) - 1))],
        "films": films,
        "peak_bytes": peak_memory(),
    }
