"""Operating points from runs that together leave every patient out once.

One validation part of this data holds too few difficult films: the threshold for sensitivity 0.95 moves between 0.15
and 0.75 from one to the next. Over all folds every training film is scored once, by a network that has not seen its
patient.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge.operating import AIMS, Floats, fit_temperature, sigmoid, threshold_for
from cxr_edge_train.metrics import measure
from cxr_edge_train.run import write_json
from cxr_edge_train.statistics import auc

Scores = dict[str, tuple[list[str], Floats, Floats]]  # by part: sha256, labels, logits


def pool(runs: Sequence[Path]) -> dict[str, Any]:
    """Choose temperature and thresholds on the validation films of all `runs`, and write them into each run.

    Returns:
        ``films`` pooled, ``auc`` of their left-out scores, ``temperature``, ``thresholds``, and per run and as mean and
        standard deviation over runs what the first threshold gives on the test films.

    Raises:
        CxrEdgeError: the runs are not the folds of one recipe, all of them and each once.
    """
    _check_folds(runs)
    scores = [read_scores(run) for run in runs]
    y = np.concatenate([s["validation"][1] for s in scores])
    z = np.concatenate([s["validation"][2] for s in scores])
    temperature = fit_temperature(y, z)
    p = sigmoid(z / temperature)
    thresholds = {f"{aim} {value:.2f}": threshold_for(y, p, aim, value) for aim, value in AIMS}
    chosen_on = f"{len(y)} films, each scored by the network of {len(runs)} that had not seen its patient"
    for run in runs:
        point = {"temperature": temperature, "thresholds": thresholds, "chosen_on": chosen_on}
        write_json(run / "operating_point.json", point)
    first = next(iter(thresholds.values()))
    tests = [measure(s["test"][1], sigmoid(s["test"][2] / temperature), first) for s in scores]
    figures = ("auc", "accuracy", "sensitivity", "specificity", "expected_calibration_error")
    values = {name: [getattr(m, name).value for m in tests] for name in figures}
    return {
        "films": len(y),
        "auc": asdict(auc(y, z)),
        "temperature": temperature,
        "thresholds": thresholds,
        "test": {
            name: {"runs": per_run, "mean": float(np.mean(per_run)), "sd": float(np.std(per_run, ddof=1))}
            for name, per_run in values.items()
        },
    }


def read_scores(run: Path) -> Scores:
    """``predictions.csv`` of a finished run, by part.

    Raises:
        CxrEdgeError: there is none.
    """
    try:
        with (run / "predictions.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise CxrEdgeError(f"{run}: found no finished training run; expected one made by `cxr-edge train`") from None
    members = {part: [row for row in rows if row["part"] == part] for part in ("validation", "test")}
    return {
        part: (
            [row["sha256"] for row in rows],
            np.array([float(row["label"]) for row in rows]),
            np.array([float(row["logit"]) for row in rows]),
        )
        for part, rows in members.items()
    }


def _check_folds(runs: Sequence[Path]) -> None:
    recipes = []
    for run in runs:
        try:
            recipes.append(json.loads((run / "recipe.json").read_text())["run"]["recipe"])
        except OSError:
            raise CxrEdgeError(f"{run}: found no training run; expected one made by `cxr-edge train`") from None
    folds = sorted(recipe.pop("fold") for recipe in recipes)
    for recipe in recipes:
        recipe.pop("teachers", None)  # every fold has its own
    if any(recipe != recipes[0] for recipe in recipes):
        raise CxrEdgeError("found runs of different recipes; expected the folds of one")
    expected = list(range(round(1 / recipes[0]["validation"])))
    if folds != expected:
        raise CxrEdgeError(f"found the folds {folds}; expected {expected}, each once")
