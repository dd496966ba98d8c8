"""What is known of every finished run of the reference models, as one record."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cxr_edge_train.evaluation.statistics import Floats, resampled
from cxr_edge_train.learning.run_folder import read_history, read_record, read_scores
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.published_figures import (
    changes,
    full_metrics,
    reproduces,
    specificity_at_sensitivity,
)
from cxr_edge_train.reference.registry import REFERENCE

SUMMARY = ("auc", "accuracy", "sensitivity", "specificity", "false_negative_rate")


def collect(runs: Path) -> dict[str, Any]:
    """Everything that is known of each finished run below `runs`, by protocol and model in their usual order.

    ``PROTOCOL/MODEL`` is a model's run; ``PROTOCOL/MODEL-seedN`` are the same with other seeds, and summed up. Those in
    ``first-epoch/`` show what products in bfloat16 change of the first epoch, beside what a seed changes.
    """
    finished = sorted(path.parent for path in runs.glob("*/*/metrics.json"))
    models: list[dict[str, Any]] = []
    other_seeds: list[dict[str, Any]] = []
    for run in tqdm(finished, "runs", unit="run", disable=None):
        protocol, (key, _, seed) = run.parent.name, run.name.partition("-seed")
        if protocol in PROTOCOLS and key in REFERENCE:
            record = _record(run, key, protocol)
            (other_seeds if seed else models).append(_summary(record) if seed else record)
    faults = runs / "faults.json"
    return {
        "schema": 1,
        "models": sorted(models, key=_usual_place),
        "other_seeds": sorted(other_seeds, key=_usual_place),
        "earlier_runs": [],
        "first_epochs": [_first_epoch(path.parent) for path in sorted(runs.glob("first-epoch/*/metrics.json"))],
        "faults": json.loads(faults.read_text()) if faults.is_file() else {},
    }


def merged(known: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """An earlier record with newer runs in their places; what a longer run replaces is kept in ``earlier_runs``."""
    newer = {_place(m): m for m in found["models"]}
    replaced = [m for m in known["models"] if _place(m) in newer and _course(m) != _course(newer[_place(m)])]
    seeds = {(_place(m), m["seed"]): m for m in (*known["other_seeds"], *found["other_seeds"])}
    return {
        "schema": 1,
        "models": sorted({**{_place(m): m for m in known["models"]}, **newer}.values(), key=_usual_place),
        "other_seeds": sorted(seeds.values(), key=_usual_place),
        "earlier_runs": sorted([*known["earlier_runs"], *map(_summary, replaced)], key=_usual_place),
        "first_epochs": found["first_epochs"] or known.get("first_epochs", []),
        "faults": found["faults"] or known["faults"],
    }


def _place(record: dict[str, Any]) -> tuple[str, str]:
    return record["protocol"], record["model"]


def _usual_place(record: dict[str, Any]) -> tuple[int, int]:
    return list(PROTOCOLS).index(record["protocol"]), list(REFERENCE).index(record["model"])


def _course(record: dict[str, Any]) -> tuple[int, str]:
    """What tells two runs of one model apart."""
    return record["epochs_run"], record["augmentation"]


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    names = ("model", "protocol", "seed", "epochs_run", "epochs_published", "augmentation", "math", "against_published")
    parts = {part: {name: m[name] for name in SUMMARY} for part, m in record["metrics"].items()}
    return {**{name: record[name] for name in names}, "metrics": parts}


def _first_epoch(run: Path) -> dict[str, Any]:
    recipe = read_record(run)["run"]["recipe"]
    return {
        "model": recipe["network"],
        "protocol": recipe["protocol"],
        "seed": recipe["seed"],
        "products": recipe.get("products", "float32"),
        "val_loss": float(read_history(run)[0]["val_loss"]),
    }


def _record(run: Path, key: str, protocol: str) -> dict[str, Any]:
    model, record = REFERENCE[key], read_record(run)
    scores = read_scores(run)
    metrics = {part: full_metrics(labels, logits) for part, (_, labels, logits) in scores.items()}
    history = read_history(run)
    return {
        "model": key,
        "protocol": protocol,
        "source": model.source,
        "parameters": model.parameters,
        **record["run"]["recipe"],
        "math": record["run"]["recipe"].get("products", record["math"]),
        "training_seconds": record.get("training_seconds"),
        "versions": record["versions"],
        "manifest_sha256": record["run"]["manifest_sha256"],
        "published": model.published,
        "published_figures_are_right": model.printed_correctly,
        "against_published": reproduces(model.published, metrics["test"]),
        "specificity_at_published_sensitivity": _at_published_sensitivity(model.published, *scores["test"][1:]),
        "metrics": metrics,
        "history": {name: [row[name] for row in history] for name in ("accuracy", "val_accuracy", "loss", "val_loss")},
        "files": _files(run / "export"),
    }


def _at_published_sensitivity(published: dict[str, float], labels: Floats, logits: Floats) -> dict[str, float]:
    """Specificity where as large a share of sick films is found as published, at whatever threshold; with interval."""
    statistic = partial(specificity_at_sensitivity, least=published["sensitivity"])
    return asdict(resampled(statistic, labels, logits))


def _files(folder: Path) -> dict[str, Any] | None:
    """What is known of either exported file, with what it changes of every metric of the test films."""
    if not (folder / "scores.csv").is_file():
        return None
    with (folder / "scores.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "test"]
    names = ("label", "keras_logit", "fp32_logit", "int8_logit")
    columns = {name: np.array([float(row[name]) for row in rows]) for name in names}
    files: dict[str, Any] = json.loads((folder / "parity.json").read_text())
    for precision, file_record in files.items():
        changed = changes(columns["label"], columns[f"{precision}_logit"], columns["keras_logit"])
        file_record["changes"] = {name: asdict(change) for name, change in changed.items()}
    return files
