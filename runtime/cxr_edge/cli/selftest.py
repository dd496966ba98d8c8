"""``cxr-edge selftest``: does this computer compute the same answers as the one that released the models?"""

from __future__ import annotations

import argparse
import json

HELP = "check that this computer computes the same answers"
EPILOG = """\
Reads the golden films (drawn phantoms as PNG, JPEG, 16-bit PNG and DICOM) and compares the pixels that they become, and
what every bundled model says of them, with what was recorded when it was released. Small differences are rounding. A
larger one, another decision or another reason is a fault of processor, build or file: exit status 1.

Films, pixels and answers are files in the package, for tests of ports to other languages: docs/embedding.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the comparison; 1 if something is beyond the tolerance."""
    from cxr_edge.computer.golden import compare
    from cxr_edge.computer.machine import machine
    from cxr_edge.store import list_models

    rows = [compare(model) for model in list_models()]
    failed = any(row["failures"] for row in rows)
    facts = machine()
    if args.format == "json":
        print(json.dumps({"schema": 1, "passed": not failed, "machine": facts, "models": rows}, indent=1))
        return int(failed)
    sets = facts["instruction_sets"]
    print(f"{facts['cpu']} ({facts['architecture']}), {' '.join(sets) if sets is not None else 'sets not known'}")
    print(f"{facts['system']}, Python {facts['python']}, onnxruntime {facts['onnxruntime']}")
    for row in rows:
        largest = row["largest_differences"]
        print(
            f"{row['name']}: max |Δpixel| {largest['pixels']:.0f}, max |Δlogit| {largest['logit']:.2g}, max |Δp| "
            f"{largest['probability']:.2g}, decisions changed {row['decisions_changed']} of {row['films']}"
        )
        for failure in row["failures"]:
            print(f"  {failure}")
    if rows[0]["skipped"]:
        print(f"{len(rows[0]['skipped'])} DICOM films skipped: they need pip install 'cxr-edge[dicom]'")
    print("FAILED: do not use it on this computer" if failed else "passed")
    return int(failed)
