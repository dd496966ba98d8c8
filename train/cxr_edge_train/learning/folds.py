"""Operating points from runs that together leave every patient out once.

One validation part of this data holds too few difficult films: the threshold for sensitivity 0.95 moves between 0.15
and 0.75 from one to the next. Over all folds every training film is scored once, by a network that has not seen its
patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.evaluation.statistics import Floats, auc
from cxr_edge_train.learning.recipe import BALANCED, BalancedRecipe
from cxr_edge_train.learning.run_folder import (
    STRESSED,
    ChosenThresholds,
    Scores,
    choose_on,
    chosen_part,
    read_recipe,
    read_scores,
    write_evaluation,
)


def pool(runs: Sequence[Path], also: Sequence[Path] = ()) -> dict[str, Any]:
    """Choose temperature and thresholds on the left-out films of all `runs`, and evaluate each run with them again.

    The films are stressed where the runs have them so.

    Args:
        runs: the folds.
        also: finished runs of the same recipe with another split, which get the same temperature and thresholds.

    Returns:
        ``films`` pooled, ``left_out``: AUC of their left-out scores by part, ``temperature``, ``thresholds``, and per
        run and as mean and standard deviation over runs what the first threshold gives on the test films.

    Raises:
        CxrEdgeError: the runs are not the folds of one recipe, all of them and each once.
    """
    _check_folds(runs, also)
    scores = [read_scores(run) for run in runs]
    kind = chosen_part(scores[0])
    labels, logits = _pooled(scores, kind)
    what = f"{len(labels)} {STRESSED} films" if kind == STRESSED else f"{len(labels)} films"
    words = f"{what}, each scored by the network of {len(runs)} that had not seen its patient"
    chosen = choose_on(labels, logits, words)
    for run in (*runs, *also):
        write_evaluation(run, chosen, read_scores(run))
    return {
        "films": len(labels),
        "left_out": {part: asdict(auc(*_pooled(scores, part))) for part in scores[0] if part != "test"},
        "temperature": chosen.temperature,
        "thresholds": chosen.thresholds,
        "test": _spread_on_test(scores, chosen),
    }


def _pooled(scores: Sequence[Scores], part: str) -> tuple[Floats, Floats]:
    """Labels and logits of a part of all runs."""
    return np.concatenate([s[part].labels for s in scores]), np.concatenate([s[part].logits for s in scores])


def _spread_on_test(scores: Sequence[Scores], chosen: ChosenThresholds) -> dict[str, Any]:
    """By figure: its value of each run's test films, their mean and standard deviation."""
    tests = [s["test"] for s in scores]
    metrics = [measure(t.labels, sigmoid(t.logits / chosen.temperature), chosen.first, t.logits) for t in tests]
    spread = {}
    for name in ("auc", "accuracy", "sensitivity", "specificity", "expected_calibration_error"):
        values = [getattr(m, name).value for m in metrics]
        spread[name] = {"runs": values, "mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}
    return spread


def _check_folds(runs: Sequence[Path], also: Sequence[Path]) -> None:
    recipes = [read_recipe(run) for run in runs]
    others = [read_recipe(run) for run in also]
    for run, recipe in zip((*runs, *also), (*recipes, *others), strict=True):
        if recipe["kind"] != BALANCED:
            raise CxrEdgeError(f"{run}: found a run of the kind {recipe['kind']}; expected {BALANCED}, which has folds")
    first = recipes[0]
    if any(_learning(recipe) != _learning(first) for recipe in (*recipes, *others)):
        raise CxrEdgeError("found runs of different recipes; expected the same but for the split")
    if any((r["seed"], r["validation"]) != (first["seed"], first["validation"]) for r in recipes):
        raise CxrEdgeError("found folds of different splits; expected those of one")
    folds, expected = sorted(recipe.get("fold", 0) for recipe in recipes), list(range(round(1 / first["validation"])))
    if folds != expected:
        raise CxrEdgeError(f"found the folds {folds}; expected {expected}, each once")


def _learning(recipe: dict[str, Any]) -> dict[str, Any]:
    """What decides how a network learns, without what decides on which films; every fold has its own teachers."""
    defaults = {"teaching": BalancedRecipe().teaching}  # of runs older than that field
    of_the_split = ("fold", "validation", "seed", "teachers", "start")
    return {name: value for name, value in {**defaults, **recipe}.items() if name not in of_the_split}
