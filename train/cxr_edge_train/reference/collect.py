"""What is known of every finished run of the reference models, as one record."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cxr_edge_train.learning.run_folder import read_history, read_record, read_scores
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.published_figures import changes, full_metrics, reproduces
from cxr_edge_train.reference.registry import REFERENCE


def collect(runs: Path) -> dict[str, Any]:
    """Everything that is known of each finished run below `runs`, by protocol and model in their usual order."""
    finished = [
        (protocol, key)
        for protocol in PROTOCOLS
        for key in REFERENCE
        if (runs / protocol / key / "metrics.json").is_file()
    ]
    records = [
        _record(runs / protocol / key, key, protocol)
        for protocol, key in tqdm(finished, "runs", unit="run", disable=None)
    ]
    faults = runs / "faults.json"
    return {
        "schema": 1,
        "models": records,
        "faults": json.loads(faults.read_text()) if faults.is_file() else {},
    }


def _record(run: Path, key: str, protocol: str) -> dict[str, Any]:
    model, record = REFERENCE[key], read_record(run)
    metrics = {part: full_metrics(labels, logits) for part, (_, labels, logits) in read_scores(run).items()}
    history = read_history(run)
    return {
        "model": key,
        "protocol": protocol,
        "source": model.source,
        "parameters": model.parameters,
        **record["run"]["recipe"],
        "math": record["math"],
        "training_seconds": record.get("training_seconds"),
        "versions": record["versions"],
        "manifest_sha256": record["run"]["manifest_sha256"],
        "published": model.published,
        "published_figures_are_right": model.printed_correctly,
        "against_published": reproduces(model.published, metrics["test"]),
        "metrics": metrics,
        "history": {name: [row[name] for row in history] for name in ("accuracy", "val_accuracy", "loss", "val_loss")},
        "files": _files(run / "export"),
    }


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
