"""Count instructions a film, and hold them against the baseline: a gate on speed for busy computers.

``python -m cxr_edge_bench.instructions [--out FILE] [--baseline FILE] [--accept]`` counts decode, resize, window,
network and the rest under valgrind's callgrind, for every bundled model and two drawn films, in a minute of an idle
core. A stage that takes 3 % more than in the baseline (``results/instructions.json``) fails. ``--accept`` makes this
count the baseline.

Exit status: 0 if nothing became dearer, or if nothing can be counted here, which is said; 1 if a stage became dearer;
2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.instructions.callgrind import CannotCount
from cxr_edge_bench.instructions.count import count
from cxr_edge_bench.instructions.gate import ACCEPT, compare
from cxr_edge_train.data.records import write_json

BASELINE = RESULTS / "instructions.json"


def main(arguments: list[str] | None = None) -> int:
    """Count, print, compare, write; the exit status."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if not args.accept and not args.baseline.is_file():
        parser.error(f"{args.baseline}: found no baseline; expected one. Make it: {ACCEPT}")
    try:
        found = count()
    except CannotCount as reason:
        print(f"instructions gate: nothing was counted: {reason}")
        return 0
    print(table(found))
    if args.out:
        write_json(args.out, found)
    if args.accept:
        write_json(args.baseline, found)
        print(f"instructions gate: this count is the baseline now, in {args.baseline}")
        return 0
    verdict = compare(found, json.loads(args.baseline.read_text(encoding="utf-8")))
    for remark in verdict.remarks:
        print(f"instructions gate: {remark}")
    for failure in verdict.failures:
        print(f"instructions gate: FAIL: {failure}")
    if not verdict.failures:
        print(f"instructions gate: {'pass' if verdict.compared else 'no verdict'}: {verdict.compared} counts compared")
    return int(bool(verdict.failures))


def table(found: dict[str, Any]) -> str:
    """A count of `count.count` for a terminal: millions of instructions a film."""
    models = found["models"]
    keys = list(next(iter(models.values())))
    lines = [f"{'millions of instructions a film':36}" + "".join(f"{name:>12}" for name in models)]
    lines += [f"{key:36}" + "".join(f"{models[name][key] / 1e6:12.3f}" for name in models) for key in keys]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cxr_edge_bench.instructions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the count here")
    parser.add_argument("--baseline", type=Path, default=BASELINE, metavar="FILE", help=f"default: {BASELINE.name}")
    parser.add_argument("--accept", action="store_true", help="make this count the baseline")
    return parser


if __name__ == "__main__":
    sys.exit(main())
