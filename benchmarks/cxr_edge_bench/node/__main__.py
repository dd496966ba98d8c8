"""Evidence for the DICOM node, against real programs: run some or all of it, and write one record.

  everything-arrives  dcmtk sends films through the node to Orthanc: one report and one picture each, in the right
                      study, with the probability that `cxr-edge predict` gives
  killed-and-cut-off  the same from four senders at once, while the node is killed and Orthanc is cut off
  what-senders-hear   odd, damaged, huge and forbidden objects, crowds, noise, a full disk: what the sender is told
  delay               time from a film's last byte to both answers in Orthanc; memory after many films

Debian's dcmtk, orthanc and orthanc-dicomweb are needed (apt install dcmtk orthanc orthanc-dicomweb); what is missing is
left out and said. Films are those of $CXR_EDGE_DATA/chest_xray/test, else the drawn samples.

A first look takes a minute:
  python -m cxr_edge_bench.node --objects 20 --kills 3 --outages 1 --films 10 --resent 0 --gigabytes 0.5 out.json
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.node import delay, everything_arrives, killed_and_cut_off, what_senders_hear
from cxr_edge_bench.node.counterparts.programs import MissingProgram, version_of

NAMES = ("everything-arrives", "killed-and-cut-off", "what-senders-hear", "delay")
COUNTERPARTS = ("storescu", "Orthanc")


def main() -> int:
    """Run what is asked for; 1 if any of it failed."""
    args = _parser().parse_args()
    parts: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
        "everything-arrives": (
            lambda: everything_arrives.run(args.objects, args.seed, args.web, args.by), everything_arrives.table,
        ),
        "killed-and-cut-off": (
            lambda: killed_and_cut_off.run(args.objects, args.kills, args.outages, args.seed), killed_and_cut_off.table,
        ),
        "what-senders-hear": (
            lambda: what_senders_hear.run(args.seed, args.gigabytes, args.damaged, args.crowd), what_senders_hear.table,
        ),
        "delay": (lambda: delay.run(args.films, args.resent, args.seed), delay.table),
    }  # fmt: skip
    record: dict[str, Any] = {
        "conditions": conditions(),
        "counterparts": {name: version_of(name) for name in COUNTERPARTS},
        "results": {},
    }
    for name in args.only or NAMES:
        measure, table = parts[name]
        print(f"{name}", flush=True)
        begin = time.perf_counter()
        try:
            result = measure()
            print(table(result), flush=True)
        except MissingProgram as missing:
            result = {"left_out": str(missing), "passed": None}
            print(f"left out: {missing}", flush=True)
        record["results"][name] = {**result, "seconds": time.perf_counter() - begin}
        args.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(flush=True)
    print(f"wrote {args.out}")
    return int(any(result["passed"] is False for result in record["results"].values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cxr_edge_bench.node", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT.json", help="record to write")
    parser.add_argument("--only", action="append", choices=NAMES, help="default: all; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of films, kills and noise (default: 0)")
    add = parser.add_argument_group("everything-arrives and killed-and-cut-off").add_argument
    add("--objects", type=int, default=500, help="films (default: 500)")
    add("--web", action="store_true", help="answers go by STOW-RS (everything-arrives alone)")
    add("--by", choices=("storescu", "dcmsend"), default="storescu", help="sender (default: storescu)")
    add("--kills", type=int, default=100, help="of the node (default: 100)")
    add("--outages", type=int, default=20, help="of the archive (default: 20)")
    add = parser.add_argument_group("what-senders-hear").add_argument
    add("--gigabytes", type=float, default=3.0, help="of the huge object (default: 3)")
    add("--damaged", type=int, default=50, help="objects with changed bytes (default: 50)")
    add("--crowd", type=int, default=200, help="associations at once (default: 200)")
    add = parser.add_argument_group("delay").add_argument
    add("--films", type=int, default=200, help="one at a time (default: 200)")
    add("--resent", type=int, default=10_000, help="films for the memory, 0 for none (default: 10000)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
