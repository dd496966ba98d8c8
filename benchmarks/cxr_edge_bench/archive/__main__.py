"""Evidence for ``cxr-edge archive``: run some or all of it, and write one record; parts that it holds are kept.

  one-command   the films of $CXR_EDGE_DATA on this computer: time, completeness, the same rows as `cxr-edge predict`
  two-nodes     two Ray nodes and an S3 stand-in on the loopback; drivers and nodes are killed, 2 % of requests fail
  ten-million   listing, and going on, with ten million names of one film

A first look takes some minutes:
  python -m cxr_edge_bench.archive out.json --films 100 --objects 200 --driver-kills 1 --node-kills 1 --names 20000
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cxr_edge_bench.archive import one_command, ten_million, two_nodes
from cxr_edge_bench.conditions import conditions

NAMES = ("one-command", "two-nodes", "ten-million")


def main() -> int:
    """Run what is asked for; 1 if any of it failed."""
    args = _parser().parse_args()
    parts: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
        "one-command": (lambda: one_command.run(args.films), one_command.table),
        "two-nodes": (
            lambda: two_nodes.run(args.objects, args.driver_kills, args.node_kills, args.seed), two_nodes.table,
        ),
        "ten-million": (lambda: ten_million.run(args.names), ten_million.table),
    }  # fmt: skip
    record: dict[str, Any] = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {"results": {}}
    packages = {name: version(name) for name in ("ray", "pyarrow")}
    for name in args.only or [name for name in NAMES if name not in record["results"]]:
        measure, table = parts[name]
        print(name, flush=True)
        begin = time.perf_counter()
        result = measure()
        print(result.get("left_out") or table(result), flush=True)
        print({True: "passed", False: "FAILED", None: "left out"}[result["passed"]], flush=True)
        conditions_now = {**conditions(), **packages}
        record["results"][name] = {**result, "took_seconds": time.perf_counter() - begin, "conditions": conditions_now}
        args.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {args.out}")
    return int(any(result["passed"] is False for result in record["results"].values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cxr_edge_bench.archive",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("out", type=Path, metavar="OUT.json", help="record to write; parts that it holds are not measured again")
    add("--only", action="append", choices=NAMES, help="measure this, even if it is there; may be repeated")
    add("--films", type=int, help="of one-command (default: all)")
    add("--objects", type=int, default=20_000, help="of two-nodes (default: 20000)")
    add("--driver-kills", type=int, default=5, help="of two-nodes (default: 5)")
    add("--node-kills", type=int, default=2, help="of two-nodes (default: 2)")
    add("--seed", type=int, default=0, help="of what is broken, and of when something dies (default: 0)")
    add("--names", type=int, default=10_000_000, help="of ten-million (default: 10000000)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
