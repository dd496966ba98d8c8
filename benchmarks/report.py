"""Everything that is measured about this version, in one report.

``python benchmarks/report.py OUT [--quick] [--baseline REPORT.json] [--run RUN] [--emulators FOLDER]`` writes
``OUT/report.json``, ``OUT/report.md`` and ``OUT/report.html``, which needs nothing beside itself. ``--quick`` takes
fewer rounds and leaves out the large numbers of films. ``--emulators`` is the folder of ``benchmarks/emulators.sh``;
without it the last record in ``results/`` is shown if it is of these files.

Exit status 1 if a parity gate fails, if a decision differs on another CPU, or, with ``--baseline``, if end-to-end time
lost more against TensorFlow than `baseline.TOLERANCE`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

import baseline
import cxr_edge
import other_cpus
import parity
from cxr_edge import Classifier, list_models
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.markdown import table
from cxr_edge_train.evaluation.metrics import measure
from facts import facts
from sample_films import sample_films
from sections import Section, sections

HERE = Path(__file__).parent
QUICK, FULL = 30, 200


def measure_all(args: argparse.Namespace) -> dict[str, Any]:
    """The content of ``report.json``. Every suite runs by itself, so that none slows another."""
    rounds = QUICK if args.quick else FULL
    found: dict[str, Any] = {
        "schema": 1,
        "version": cxr_edge.__version__,
        "quick": args.quick,
        "machine": facts(),
        "films": sample_films().source,
        "parity": parity.measure(),
        "metrics": {},
        "latency": latency(rounds),
        "peers": {},
    }
    for name, model in found["parity"]["models"].items():
        model["threshold"] = Classifier.load(name).card.threshold
        if "test" in model["scatter"]:
            labels, p = np.array(model["labels"]["test"], float), np.array(model["scatter"]["test"][0])
            found["metrics"][name] = measure(labels, p, model["threshold"]).to_dict()
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder, "model.keras")
        for model in list_models():
            if model.alias:
                run = args.run if args.run and model.default else None
                found["peers"][model.name] = peers(model.name, run, rounds, original)
        found["processes"] = processes(original, 1000 if args.quick else 10_000)
    found["limit"] = json.loads(_output([sys.executable, str(HERE / "limit.py")]))
    found["other_cpus"] = dict(on_other_cpus(args.emulators))
    return found


def latency(rounds: int) -> list[dict[str, Any]]:
    """``extra_info`` of every test of ``test_latency.py``."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "latency.json")
        command = [sys.executable, "-m", "pytest", "-q", str(HERE / "test_latency.py"), f"--benchmark-json={out}"]
        _output([*command, "-p", "no:cacheprovider"], CXR_EDGE_ROUNDS=str(rounds))
        tests = json.loads(out.read_text())["benchmarks"]
    return [{key: value for key, value in test["extra_info"].items() if key != "machine"} for test in tests]


def peers(name: str, run: Path | None, rounds: int, original: Path) -> dict[str, Any]:
    """``peers.py`` in a process of its own, and the Keras file that it timed kept as `original`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "peers.json")
        command = [sys.executable, str(HERE / "peers.py"), name, "--rounds", str(rounds), "--out", str(out)]
        command += ["--keep", str(original)] + (["--run", str(run)] if run else [])
        _output(command)
        return dict(json.loads(out.read_text()))


def processes(original: Path, largest: int) -> dict[str, Any]:
    """``processes.py`` in a process of its own."""
    return dict(
        json.loads(_output([sys.executable, str(HERE / "processes.py"), str(original), "--films", str(largest)]))
    )


def on_other_cpus(emulators: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Per released model: measured now, or the last record if it is of the same file."""
    for model in list_models():
        if not model.alias:
            continue
        if emulators:
            _, films = other_cpus.films(64)
            yield model.name, other_cpus.compare(model.name, films, emulators)
            continue
        last = parity.RESULTS / model.name / "other_cpus.json"
        if last.is_file() and (record := json.loads(last.read_text()))["sha256"] == model.sha256:
            yield model.name, record


def _output(command: list[str], **environment: str) -> str:
    """What `command` prints; its errors go to ours."""
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def markdown(report: dict[str, Any], found: list[Section]) -> str:
    """The report without its plots, for a job summary."""
    parts = [
        f"# cxr-edge {report['version']}: benchmark report",
        f"{report['machine']['cpu']}. Films: {report['films']}.",
    ]
    parts.append("**FAILED**: " + "; ".join(report["failures"]) if report["failures"] else "All gates pass.")
    for section in found:
        parts.append(f"## {section.title}\n\n{section.text}")
        if section.rows:
            parts.append(table(section.head, section.rows))
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--run", type=Path, help="training run of the default model, for its weights")
    parser.add_argument("--emulators", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    report = measure_all(args)
    before = json.loads(args.baseline.read_text()) if args.baseline else None
    report["failures"] = baseline.regressions(report, before)
    write(report, args.out)
    print(f"{args.out / 'report.html'}: {'; '.join(report['failures']) or 'all gates pass'}")
    return int(bool(report["failures"]))


def write(report: dict[str, Any], out: Path) -> None:
    """All three files."""
    write_json(out / "report.json", report)
    found = list(sections(report))
    (out / "report.md").write_text(markdown(report, found), encoding="utf-8")
    page = jinja2.Environment(autoescape=True).from_string((HERE / "template.html").read_text(encoding="utf-8"))
    text = page.render(r=report, sections=[asdict(section) for section in found])
    (out / "report.html").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
