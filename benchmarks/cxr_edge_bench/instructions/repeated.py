"""Does the gate pass what is unchanged, and fail what is not?

``python -m cxr_edge_bench.instructions.repeated [--runs 10] [--out FILE]`` counts unchanged code again and again, and
then once with a needless resize, and holds every count against the baseline. The record says what each run found, how
busy the computer was, and by how much the counts of one stage differ. Exit status 1 if an unchanged run failed, or the
changed one did not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.instructions.__main__ import BASELINE
from cxr_edge_bench.instructions.count import PROGRAM, count
from cxr_edge_bench.instructions.gate import compare
from cxr_edge_train.data.records import write_json

NEEDLESS_RESIZE = ("-m", "cxr_edge_bench.instructions.needless_resize")
RECORD = RESULTS / "instructions_repeated.json"


def run(program: Sequence[str], baseline: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The count of one run, and what a record keeps of it."""
    begin = time.perf_counter()
    found = count(program=program)
    verdict = compare(found, baseline)
    noted = {
        "passed": not verdict.failures,
        "compared": verdict.compared,
        "failures": verdict.failures,
        "load_average": round(os.getloadavg()[0], 2),
        "seconds": round(time.perf_counter() - begin, 1),
    }
    return found, noted


def spread(counts: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By model and stage, largest over smallest of several counts, less 1, in percent."""
    tables = [found["models"] for found in counts]
    return {
        model: {key: _spread([table[model][key] for table in tables]) for key in tables[0][model]}
        for model in tables[0]
    }


def _spread(numbers: Sequence[int]) -> float:
    return round(100 * (max(numbers) / min(numbers) - 1), 3)


def main() -> int:
    """Run everything, write the record after each run; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m cxr_edge_bench.instructions.repeated", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="of unchanged code (default: 10)")
    parser.add_argument("--out", type=Path, default=RECORD, metavar="FILE", help=f"default: {RECORD.name}")
    args = parser.parse_args()
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    record: dict[str, Any] = {"cores": os.cpu_count(), "unchanged": []}
    counts = []
    for number in range(1, args.runs + 1):
        found, noted = run(PROGRAM, baseline)
        counts.append(found)
        record["unchanged"].append(noted)
        record["spread_percent"] = spread(counts)
        write_json(args.out, record)
        print(f"unchanged run {number}: {noted}", flush=True)
    _, record["needless_resize"] = run(NEEDLESS_RESIZE, baseline)
    write_json(args.out, record)
    print(f"needless resize: {record['needless_resize']}")
    return int(record["needless_resize"]["passed"] or not all(noted["passed"] for noted in record["unchanged"]))


if __name__ == "__main__":
    sys.exit(main())
