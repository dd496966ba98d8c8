"""The steps of a report: what each measures, and how they are run so that none takes the others with it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import list_models
from cxr_edge.store import BundledModel
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.child_process import output_of
from cxr_edge_bench.evidence import paired_parity
from cxr_edge_bench.report.circumstances import cores_used_by_others, processor_time
from cxr_edge_bench.suites import emulated_cpus, whole_processes
from cxr_edge_bench.suites.installed_size import sizes
from cxr_edge_bench.suites.timed_films import timed_films
from cxr_edge_train.evaluation.metrics import measure

QUICK, FULL = 20, 200
"""Rounds of every timing."""


@dataclass(frozen=True)
class Settings:
    """How a report is made.

    Attributes:
        quick: fewer rounds, and at most 1,000 films in a row instead of 10,000.
        run: training run of the default model, for its weights; without it the peers' are random.
        emulators: folder that ``suites/emulators.sh`` has set up; without it the last record is shown.
    """

    quick: bool = False
    run: Path | None = None
    emulators: Path | None = None

    @property
    def rounds(self) -> int:
        """How often each thing is timed."""
        return QUICK if self.quick else FULL

    @property
    def starts(self) -> int:
        """How many processes of a kind are started."""
        return 3 if self.quick else whole_processes.STARTS

    @property
    def largest(self) -> int:
        """The most films that are scored in one go."""
        return 1000 if self.quick else 10_000


@dataclass(frozen=True)
class Step:
    """One measurement.

    Attributes:
        section: of the report that its result is, or belongs to.
        measure: gives the result, which must fit into JSON.
        part: of the section; "" if the result is the section.
    """

    section: str
    measure: Callable[[], Any]
    part: str = ""

    @property
    def name(self) -> str:
        """What the terminal and the report call it."""
        return f"{self.section}: {self.part}" if self.part else self.section


def steps(settings: Settings) -> Iterator[Step]:
    """Everything that is measured. What is timed runs in a process of its own, so that none slows another."""
    released = [model for model in list_models() if model.alias]
    yield Step("parity", paired_parity.measure)
    yield Step("latency", lambda: latency(settings.rounds))
    for model in released:
        yield Step("peers", partial(peers, model, settings), model.name)
    yield Step("processes", lambda: cold_start(settings), "cold start")
    yield Step("processes", sizes, "bytes")
    yield Step("processes", lambda: whole_processes.scale(timed_films().full, settings.largest), "scale")
    yield Step("limit", lambda: json.loads(output_of(_module("suites.distance_from_limit"))))
    for model in released:
        yield Step("other_cpus", partial(on_other_cpus, model, settings.emulators), model.name)


def run_steps(todo: Sequence[Step], report: dict[str, Any], save: Callable[[], None]) -> None:
    """Run the steps of which `report` has no result yet, and save it after each.

    A step that fails leaves its reason in ``report["steps"][NAME]["error"]``; the others are still done.

    Args:
        todo: in the order in which they are run.
        report: changed in place.
        save: writes it.
    """
    states = report.setdefault("steps", {})
    for number, step in enumerate(todo, 1):
        if is_done(step, report):
            continue
        print(f"[{number}/{len(todo)}] {step.name} …", end="", flush=True)
        start, error = processor_time(), None
        try:
            _put(report, step, step.measure())
        except Exception as failure:  # whatever it is, it belongs into the report
            error = f"{type(failure).__name__}: {failure}"
        end = processor_time()
        states[step.name] = {
            "seconds": round(end.clock - start.clock, 1),
            "error": error,
            "cores_used_by_others": cores_used_by_others(start, end),
        }
        print(f" {states[step.name]['seconds']} s" + (f", FAILED: {error}" if error else ""), flush=True)
        save()


def is_done(step: Step, report: dict[str, Any]) -> bool:
    """Whether `report` has the step's result."""
    state = report.get("steps", {}).get(step.name)
    return state is not None and state["error"] is None


def _put(report: dict[str, Any], step: Step, result: Any) -> None:
    if step.part:
        report.setdefault(step.section, {})[step.part] = result
    else:
        report[step.section] = result


def errors(report: dict[str, Any]) -> dict[str, str]:
    """By step, why it failed."""
    return {name: state["error"] for name, state in report.get("steps", {}).items() if state["error"]}


def metrics(parity: dict[str, Any]) -> dict[str, Any]:
    """By model, the metrics on the test films, where the parity was measured on them."""
    found = {}
    for name, model in parity["models"].items():
        if "test" in model["scatter"]:
            labels, p = np.array(model["labels"]["test"], float), np.array(model["scatter"]["test"][0])
            found[name] = measure(labels, p, model["threshold"]).to_dict()
    return found


def latency(rounds: int) -> list[dict[str, Any]]:
    """``extra_info`` of every test of `cxr_edge_bench.suites.stage_latency`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "latency.json")
        command = [sys.executable, "-m", "pytest", "-q", "--pyargs", "cxr_edge_bench.suites.stage_latency"]
        output_of([*command, f"--benchmark-json={out}", "-p", "no:cacheprovider"], CXR_EDGE_ROUNDS=str(rounds))
        tests = json.loads(out.read_text())["benchmarks"]
    return [{key: value for key, value in test["extra_info"].items() if key != "machine"} for test in tests]


def peers(model: BundledModel, settings: Settings) -> dict[str, Any]:
    """`cxr_edge_bench.suites.peer_timing` of one model."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "peers.json")
        command = _module("suites.peer_timing", model.name, "--rounds", str(settings.rounds), "--out", str(out))
        output_of(command + _run_of(settings.run if model.default else None))
        return dict(json.loads(out.read_text()))


def cold_start(settings: Settings) -> dict[str, Any]:
    """`whole_processes.starts` with the Keras network of the default model."""
    with tempfile.TemporaryDirectory() as folder:
        film, original = Path(folder, "film.jpg"), Path(folder, "model.keras")
        film.write_bytes(timed_films().full[0])
        output_of(_module("suites.keras_original", str(original)) + _run_of(settings.run))
        return whole_processes.starts(film, original, settings.starts)


def on_other_cpus(model: BundledModel, emulators: Path | None) -> dict[str, Any]:
    """Measured now, or the last record if it is of the same file; else empty."""
    if emulators:
        _, films = emulated_cpus.films(64)
        return emulated_cpus.compare(model.name, films, emulators)
    last = RESULTS / model.name / "other_cpus.json"
    record = json.loads(last.read_text(encoding="utf-8")) if last.is_file() else {}
    return dict(record) if record.get("sha256") == model.sha256 else {"films": 0, "cpus": {}}


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"cxr_edge_bench.{name}", *arguments]


def _run_of(run: Path | None) -> list[str]:
    return ["--run", str(run)] if run else []
