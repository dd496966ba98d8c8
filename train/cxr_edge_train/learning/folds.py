"""Operating points from runs that together leave every patient out once.

One validation part of this data holds too few difficult films: the threshold for sensitivity 0.95 moves between 0.15
and 0.75 from one to the next. Over all folds every training film is scored once, by a network that has not seen its
patient.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import choose_thresholds, fit_temperature, sigmoid
from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.evaluation.statistics import auc
from cxr_edge_train.learning.recipe import Recipe
from cxr_edge_train.learning.run import read_scores, write_evaluation


def pool(runs: Sequence[Path], also: Sequence[Path] = ()) -> dict[str, Any]:
    """Choose temperature and thresholds on the validation films of all `runs`, and evaluate each run with them again.

    Args:
        runs: the folds.
        also: finished runs of the same recipe with another split, which get the same temperature and thresholds.

    Returns:
        ``films`` pooled, ``auc`` of their left-out scores, ``temperature``, ``thresholds``, and per run and as mean and
        standard deviation over runs what the first threshold gives on the test films.

    Raises:
        CxrEdgeError: the runs are not the folds of one recipe, all of them and each once.
    """
    _check_folds(runs, also)
    scores = [read_scores(run) for run in runs]
    y = np.concatenate([s["validation"][1] for s in scores])
    z = np.concatenate([s["validation"][2] for s in scores])
    temperature = fit_temperature(y, z)
    p = sigmoid(z / temperature)
    thresholds = choose_thresholds(y, p)
    chosen_on = f"{len(y)} films, each scored by the network of {len(runs)} that had not seen its patient"
    for run in (*runs, *also):
        point = {"temperature": temperature, "thresholds": thresholds, "chosen_on": chosen_on}
        write_evaluation(run, point, read_scores(run))
    first = next(iter(thresholds.values()))
    tests = [measure(s["test"][1], sigmoid(s["test"][2] / temperature), first, s["test"][2]) for s in scores]
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


def _check_folds(runs: Sequence[Path], also: Sequence[Path]) -> None:
    recipes = [_recipe(run) for run in runs]
    folds = sorted(recipe["fold"] for recipe in recipes)
    if any(_learning(recipe) != _learning(recipes[0]) for recipe in [*recipes, *map(_recipe, also)]):
        raise CxrEdgeError("found runs of different recipes; expected the same but for the split")
    if any((r["seed"], r["validation"]) != (recipes[0]["seed"], recipes[0]["validation"]) for r in recipes):
        raise CxrEdgeError("found folds of different splits; expected those of one")
    expected = list(range(round(1 / recipes[0]["validation"])))
    if folds != expected:
        raise CxrEdgeError(f"found the folds {folds}; expected {expected}, each once")


def _recipe(run: Path) -> dict[str, Any]:
    try:
        recipe: dict[str, Any] = json.loads((run / "recipe.json").read_text())["run"]["recipe"]
    except OSError:
        raise CxrEdgeError(f"{run}: found no training run; expected one made by `cxr-edge train`") from None
    return recipe


def _learning(recipe: dict[str, Any]) -> dict[str, Any]:
    """What decides how a network learns, without what decides on which films; every fold has its own teachers."""
    defaults = {"teaching": Recipe().teaching}  # of runs older than that field
    split = ("fold", "validation", "seed", "teachers")
    return {name: value for name, value in {**defaults, **recipe}.items() if name not in split}
