"""Everything that is measured about this version, in one report.

``python -m cxr_edge_bench.report OUT [--quick] [--resume] [--baseline REPORT.json] [--run RUN] [--emulators FOLDER]``
writes ``OUT/report.json`` after every step, and ``OUT/report.md`` and ``OUT/report.html``, which needs nothing beside
itself, at the end. A step that fails is named with its reason; the others are still done. ``--resume`` goes on with the
report in OUT and repeats only what failed or is missing.

Exit status 1 if a step failed, if a parity gate fails, if a decision differs on another CPU, or, with ``--baseline``,
if end-to-end time lost more against TensorFlow than `regression.TOLERANCE`; 2 if there is no such report to go on with.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cxr_edge
from cxr_edge import list_models
from cxr_edge_bench.checkout import shipped_models
from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.report.about_model import about, recorded_instructions
from cxr_edge_bench.report.circumstances import circumstances
from cxr_edge_bench.report.measurements import Settings, errors, is_done, metrics, run_steps, steps
from cxr_edge_bench.report.regression import regressions
from cxr_edge_bench.report.write_report import write_report
from cxr_edge_bench.suites.timed_films import timed_films
from cxr_edge_train.data.records import write_json


def subject(settings: Settings) -> dict[str, Any]:
    """What a report is about: two with the same can be one."""
    return {
        "version": cxr_edge.__version__,
        "quick": settings.quick,
        "films": timed_films().source,
        "models": {model.name: model.sha256 for model in shipped_models()},
        "weights": str(settings.run) if settings.run else "random",
    }


def started(settings: Settings, earlier: Path | None) -> dict[str, Any]:
    """A report without results, or the one in `earlier`.

    Raises:
        ValueError: `earlier` is about something else.
    """
    about = subject(settings)
    if earlier is None or not earlier.is_file():
        return {"schema": 1, **about, "machine": conditions()}
    report: dict[str, Any] = json.loads(earlier.read_text(encoding="utf-8"))
    differ = [key for key, value in about.items() if report.get(key) != value]
    if differ:
        raise ValueError(f"{earlier}: found a report of other {', '.join(differ)}; expected the same, or no --resume")
    return report


def main(arguments: list[str] | None = None) -> int:
    """Measure, compare, write; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no large numbers of films")
    parser.add_argument("--resume", action="store_true", help="go on with the report in OUT")
    parser.add_argument("--baseline", type=Path, help="an earlier report.json")
    parser.add_argument("--run", type=Path, help="training run of the default model, for its weights")
    parser.add_argument("--emulators", type=Path, help="folder of suites/emulators.sh")
    args = parser.parse_args(arguments)
    settings, file = Settings(args.quick, args.run, args.emulators), args.out / "report.json"
    before = json.loads(args.baseline.read_text(encoding="utf-8")) if args.baseline else None
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        report = started(settings, file if args.resume else None)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    todo = list(steps(settings))
    if not all(is_done(step, report) for step in todo):
        report.setdefault("runs", []).append(circumstances())
    run_steps(todo, report, lambda: write_json(file, report))
    report["default"] = about(list_models()[0])
    report["instructions"] = report.get("instructions") or recorded_instructions()
    report["metrics"] = metrics(report["parity"]) if "parity" in report else {}
    report["failures"] = regressions(report, before)
    write_report(report, args.out)
    print(f"{args.out / 'report.html'}: {'; '.join(report['failures']) or 'all gates pass'}")
    for name, reason in errors(report).items():
        print(f"not measured: {name}: {reason}", file=sys.stderr)
    return int(bool(report["failures"] or errors(report)))


if __name__ == "__main__":
    sys.exit(main())
