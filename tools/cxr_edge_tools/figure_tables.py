"""The figures that pages show: each a function from the records in ``results/`` to Markdown.

`FIGURES` maps the name between the markers of a page to its function. Some take a path into the records, such as
``default/audit/changes/lungs covered/auc``: model or alias, file, then keys. Intervals are of 95 %.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cxr_edge import Classifier, list_models
from cxr_edge.store import BundledModel
from cxr_edge_train.evaluation.markdown import table

RESULTS = Path(__file__).parents[2] / "results"
METRICS = {
    "AUC": "auc",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "expected calibration error": "expected_calibration_error",
}
SETS = {
    "test films": "test films",
    "the same turned left": "test films, turned left",
    "the same turned right": "test films, turned right",
    "the same upside down": "test films, upside down",
    "the same inverted": "test films, inverted",
    "knees": "knee films",
    "lateral chest films": "lateral films",
    "pictures that are no chest X-ray, made grey": "no chest X-ray, in grey",
    "frontal films, mostly of adults (RSNA)": "external_rsna (frontal films of another hospital, mostly adults)",
    "frontal films, mostly of adults (NIH)": "external_nih (frontal films of another hospital, mostly adults)",
}
HOSPITALS = {
    "RSNA challenge": "external_rsna",
    "NIH": "external_nih",
    "NIH, bedside (AP)": "external_nih, AP only",
    "NIH, standing (PA)": "external_nih, PA only",
}
Estimate = Mapping[str, float]


@cache
def record(name: str, file: str) -> dict[str, Any]:
    """``results/NAME/FILE.json``; an alias will do for a bundled model's name, and ``all`` is ``results`` itself."""
    names = {model.alias: model.name for model in list_models()} | {"all": "."}
    path = RESULTS / names.get(name, name) / f"{file}.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def spread(e: Estimate, digits: int = 3) -> str:
    """A value and its interval."""
    return f"{e['value']:.{digits}f} ({e['low']:.{digits}f}–{e['high']:.{digits}f})"


def share(e: Estimate) -> str:
    """A share and its interval in percent."""
    return f"{100 * e['value']:.1f} % ({100 * e['low']:.1f}–{100 * e['high']:.1f})"


def test_table() -> str:
    """Metrics on the test films at the frozen thresholds."""
    found = [record(model.name, "evidence")["test"]["metrics"] for model in bundled()]
    rows = [(title, *(spread(metrics[key]) for metrics in found)) for title, key in METRICS.items()]
    return table(("", *_aliases()), rows)


def folds() -> str:
    """What networks that each lack another part of the patients reach on the test films: mean ± standard deviation."""
    rows = []
    for model in bundled():
        test = record(model.name, "folds")["test"]
        cells = (f"{test[key]['mean']:.3f} ± {test[key]['sd']:.3f}" for key in ("auc", "sensitivity", "specificity"))
        rows.append((f"as {model.alias}", len(test["auc"]["runs"]), *cells))
    return table(("before quantization", "networks", "AUC", "sensitivity", "specificity"), rows)


def operating_points() -> str:
    """Thresholds of every model, and what they do on the test films."""
    rows = []
    for model in bundled():
        for name, point in record(model.name, "evidence")["test"]["operating points"].items():
            sides = (spread(point[side]) for side in ("sensitivity", "specificity"))
            rows.append((model.alias, name, f"{point['threshold']:.3f}", *sides))
    return table(("model", "chosen for", "threshold", "sensitivity", "specificity"), rows)


def subgroups() -> str:
    """How many films of each kind are right at the threshold."""
    found = [record(model.name, "evidence")["test"]["subgroups"] for model in bundled()]
    rows = []
    for kind, first in found[0].items():
        side = "sensitivity" if "sensitivity" in first else "specificity"
        rows.append((kind, first["films"], side, *(spread(groups[kind][side]) for groups in found)))
    return table(("test films", "films", "", *_aliases()), rows)


def quality_gate() -> str:
    """How many films of each set get a reason to distrust the answer."""
    found = [record(model.name, "quality_gate")["sets"] for model in bundled()]
    rows = [(title, found[0][name]["films"], *(share(sets[name]["flagged"]) for sets in found))
            for title, name in SETS.items()]  # fmt: skip
    return table(("films", "number", *(f"flagged by {alias}" for alias in _aliases())), rows)


def audit() -> str:
    """AUC on changed test films, and how many decisions change."""
    found = [record(model.name, "audit")["changes"] for model in bundled()]
    rows = [
        (change, *(cell for changes in found for cell in (spread(changes[change]["auc"]),
                                                          share(changes[change]["decisions_changed"]))))
        for change in found[0]
    ]  # fmt: skip
    head = (title for alias in _aliases() for title in (f"AUC, {alias}", f"decisions changed, {alias}"))
    return table(("test films", *head), rows)


def other_hospitals() -> str:
    """AUC, sensitivity and specificity at the model's own threshold, on films of hospitals that it never saw."""
    rows = []
    for title, name in HOSPITALS.items():
        for model in bundled():
            row = record(model.name, "evidence")["other hospitals"][name]
            cells = (spread(row[key]) for key in ("auc", "sensitivity", "specificity"))
            rows.append((title, row["films"], model.alias, *cells))
    return table(("films, mostly of adults", "number", "model", "AUC", "sensitivity", "specificity"), rows)


def sizes() -> str:
    """Name, input, file size and threshold of the bundled models."""
    rows = []
    for model in bundled():
        card = Classifier.load(model.name).card
        megabytes = f"{model.path.stat().st_size / 1e6:.2f} MB"
        side = " × ".join(map(str, card.input_size))
        rows.append((model.alias, f"`{model.name}`", side, megabytes, f"{card.threshold:.3f}"))
    return table(("", "name", "input, pixels", "file", "threshold"), rows)


def parity() -> str:
    """The int8 files against their Keras originals on the test films."""
    rows = []
    for model in bundled():
        p = record(model.name, "parity")["int8"]["parity"]["test"]
        differences = (f"{p[key]:.3f}" for key in ("max_difference", "mean_difference"))
        rows.append((model.alias, p["films"], *differences, p["decisions_changed"]))
    return table(("model", "test films", "largest Δp", "mean Δp", "decisions changed"), rows)


def other_cpus() -> str:
    """The same films on emulated CPUs, against the computer of the record."""
    rows = []
    for model in bundled():
        found = record(model.name, "other_cpus")
        for cpu, row in found["cpus"].items():
            if "skipped" not in row:
                rows.append(
                    (model.alias, cpu, found["films"], f"{row['max_difference']:.3f}", row["decisions_changed"])
                )
    return table(("model", "CPU", "test films", "largest Δp", "decisions changed"), rows)


def number(path: str, digits: str = "3") -> str:
    """The figure at `path`; of an estimate its value."""
    found = _at(path)
    value = found["value"] if isinstance(found, dict) else found
    return f"{value:,}" if isinstance(value, int) else f"{value:.{int(digits)}f}"


def interval(path: str, digits: str = "3") -> str:
    """The estimate at `path` with its interval."""
    return spread(_at(path), int(digits))


def percent(path: str) -> str:
    """The share at `path` with its interval."""
    return share(_at(path))


def complement(path: str) -> str:
    """What the share at `path` leaves, in whole percent: of a specificity, how many healthy films are referred."""
    return f"{100 * (1 - _at(path)['value']):.0f} %"


def lungs_covered() -> str:
    """AUC of the default model on test films whose lungs, as people drew them, are covered."""
    return number("default/audit/changes/lungs covered (drawn masks)/auc")


def borders_alone() -> str:
    """AUC of the default model on the outer 8 % of the test films."""
    return number("default/audit/changes/all but the borders covered/auc")


def file_facts() -> str:
    """AUC of a regression that sees facts of file and grey levels, and no picture."""
    return number("default/audit/file_facts")


def too_close() -> str:
    """Share of the test films that the default model calls too close to call."""
    return percent("default/evidence/test/decisions/too close to call")


FIGURES: Mapping[str, Callable[..., str]] = {
    "test-table": test_table,
    "folds": folds,
    "operating-points": operating_points,
    "subgroups": subgroups,
    "quality-gate": quality_gate,
    "audit": audit,
    "other-hospitals": other_hospitals,
    "sizes": sizes,
    "parity": parity,
    "other-cpus": other_cpus,
    "lungs-covered": lungs_covered,
    "borders-alone": borders_alone,
    "file-facts": file_facts,
    "too-close": too_close,
    "number": number,
    "interval": interval,
    "percent": percent,
    "complement": complement,
}


def bundled() -> list[BundledModel]:
    """The models with an alias."""
    return [model for model in list_models() if model.alias]


def _aliases() -> list[str]:
    return [model.alias for model in bundled()]


def _at(path: str) -> Any:
    name, file, *keys = path.split("/")
    found: Any = record(name, file)
    for key in keys:
        if key not in found:
            raise KeyError(f"{path}: found {', '.join(found)}; expected {key}")
        found = found[key]
    return found
