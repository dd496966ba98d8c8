"""``cxr-edge bench``: how fast the bundled models are on this computer."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from cxr_edge.cli.options import positive
from cxr_edge.errors import CxrEdgeError

HELP = "measure speed and memory on this computer"
EPILOG = """\
Each model is measured in a process of its own: loading, the first film, then films of 1400 × 1000 pixels, JPEG bytes to
decision, after a warm-up. Quote the median, and nothing while other programs are busy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--films", type=positive, default=200, help="films to time (default: %(default)s)")
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads for one film (default: 1)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--one", metavar="MODEL", help=argparse.SUPPRESS)  # the process of one model


def run(args: argparse.Namespace) -> int:
    """Print the measurements and which model is the fastest."""
    if args.one:
        from cxr_edge.computer.speed import measure

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
