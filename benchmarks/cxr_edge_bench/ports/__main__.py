"""Every port against the package: films, largest difference of the probability, decisions changed, time.

``python -m cxr_edge_bench.ports [--only NAME]… [--films N] [OUT.json]`` scores the same films with each port and each
bundled model, beside `cxr_edge.Classifier`. A port whose program or libraries are missing is left out, and said; OUT
keeps what it had of the ports that were not asked for. `decoders` measures instead what a decoder without reduced
scale, or the browser's own, would change.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cxr_edge import list_models
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.ports.against_classifier import compared, films_to_compare, table
from cxr_edge_bench.ports.javascript_examples import browser, node
from cxr_edge_bench.ports.other_decoders import other_decoders
from cxr_edge_bench.ports.port import MissingPort, Port
from cxr_edge_bench.ports.python_and_cpp import cpp, python

SCHEMA = 1
PORTS: dict[str, Callable[[Path], Port]] = {"python": python, "cpp": cpp, "node": node, "browser": browser}
"""By language, what makes a port ready in an empty folder."""
DECODERS = "decoders"
"""Not a port: what other ways of decoding would change."""


def main() -> int:
    """Measure what is asked for."""
    args = _parser().parse_args()
    kind, films = films_to_compare(args.films)
    record: dict[str, Any] = {"schema": SCHEMA, "ports": {}}
    if args.out.is_file():
        record |= json.loads(args.out.read_text(encoding="utf-8"))
    for name in args.only or [*PORTS, DECODERS]:
        with tempfile.TemporaryDirectory(prefix="cxr-edge-port-") as folder:
            try:
                if name == DECODERS:
                    record[DECODERS] = other_decoders(films, Path(folder))
                else:
                    record["ports"][name] = {"films": kind, **_measured(PORTS[name](Path(folder)), films)}
            except MissingPort as missing:
                print(f"{name}: left out. {missing}", flush=True)
                continue
        args.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{name}: done", flush=True)
    print(table(record))
    return 0


def _measured(port: Port, films: list[Path]) -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "conditions": {**conditions(), "load": load},
        "versions": port.versions,
        "differs_by": list(port.differs_by),
        "models": {model.name: compared(port, model, films) for model in list_models()},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cxr_edge_bench.ports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, nargs="?", default=RESULTS / "ports.json", metavar="OUT.json",
                        help="record to write or go on with (default: results/ports.json)")  # fmt: skip
    parser.add_argument("--only", action="append", choices=[*PORTS, DECODERS], help="default: all; may be repeated")
    parser.add_argument("--films", type=int, default=120, help="at most (default: 120)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
