"""The folder of a training run: what is in it, written and read without TensorFlow.

``recipe.json``  what was asked for        ``manifest.csv``  every film, its part, its sha256
``history.csv``  per epoch                 ``model.keras``   the Keras original
``operating_point.json``  temperature and thresholds, never chosen on test films
``predictions.csv``  logit and probability per scored film of each part
``metrics.json``, ``history.png``, ``confusion.png``
"""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.left_out import LeftOut
from cxr_edge.calibration.thresholds import choose_thresholds, fit_temperature
from cxr_edge_train.data.records import write_json
from cxr_edge_train.data.split import Split, write_manifest
from cxr_edge_train.evaluation.metrics import Metrics, measure
from cxr_edge_train.evaluation.plots import plot_confusion
from cxr_edge_train.evaluation.statistics import Floats
from cxr_edge_train.learning.recipe import BALANCED, REFERENCE_KIND

QUANTILES = 51
"""Of each class of the left-out films, kept for clinics with few films of their own."""
SCORED = ("validation", "test")
"""The parts of a split that every finished run has scored."""

STRESSED, SWAPPED = "stressed", "swapped"
"""Parts that lung-pooled runs have besides: validation films made harder, see `cxr_edge_train.learning.held_out`."""


class PartScores(NamedTuple):
    """The films of one part, each [N]: sha256, label 0 or 1, and logit."""

    films: list[str]
    labels: Floats
    logits: Floats


Scores = dict[str, PartScores]
"""By part, `SCORED` and what else there is."""


def chosen_part(scores: Scores) -> str:
    """The part that thresholds are chosen on: `STRESSED` where there is one, else ``validation``."""
    return STRESSED if STRESSED in scores else SCORED[0]


@dataclass(frozen=True)
class ChosenThresholds:
    """How a run turns logits into decisions.

    Attributes:
        temperature: probability = sigmoid(logit / temperature).
        thresholds: on that probability, by what each aims at; the first one decides.
        chosen_on: which films, in words.
        left_out: logits of those films, at quantiles of each class; None where thresholds are not chosen on films.
    """

    temperature: float
    thresholds: dict[str, float]
    chosen_on: str
    left_out: LeftOut | None = None

    @property
    def first(self) -> float:
        """The threshold that decides."""
        return next(iter(self.thresholds.values()))


def claim_folder(run: Path, recipe: Mapping[str, Any], split: Split, data: Path) -> None:
    """Write down recipe and split, or make sure that the folder holds a run of these.

    Args:
        run: made if it does not exist.
        recipe: plain values of the recipe, with its ``kind``.
        split: the films, all below `data`.
        data: what the paths of the manifest are relative to.

    Raises:
        CxrEdgeError: the folder holds a run of another recipe or other films.
    """
    run.mkdir(parents=True, exist_ok=True)
    fresh = run / "manifest.csv.new"
    asked = json.loads(json.dumps({"recipe": recipe, "manifest_sha256": write_manifest(fresh, split, data)}))
    file = run / "recipe.json"
    if file.is_file() and read_record(run)["run"] != asked:
        fresh.unlink()
        raise CxrEdgeError(
            f"{run}: found a run of another recipe or other films; expected the same ones to go on with, "
            "or a new folder"
        )
    fresh.replace(run / "manifest.csv")
    if not file.is_file():  # the versions are those that the run began with
        math = os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE", "fp32")
        write_json(file, {"run": asked, "versions": versions(), "math": math})


def read_record(run: Path) -> dict[str, Any]:
    """``recipe.json``: ``run`` with recipe and hash of the manifest, ``versions``, and how long it trained.

    A run from before recipes named their kind gets it here.

    Raises:
        CxrEdgeError: there is none.
    """
    try:
        record: dict[str, Any] = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    except OSError:
        raise CxrEdgeError(f"{run}: found no training run; expected one made by `cxr-edge train`") from None
    recipe = record["run"]["recipe"]
    recipe.setdefault("kind", REFERENCE_KIND if "protocol" in recipe else BALANCED)
    return record


def read_recipe(run: Path) -> dict[str, Any]:
    """The recipe alone, of `read_record`."""
    recipe: dict[str, Any] = read_record(run)["run"]["recipe"]
    return recipe


def note_training_seconds(run: Path, seconds: float) -> None:
    """Note how long the last stretch of training took; an interrupted run counts from there."""
    record = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    write_json(run / "recipe.json", {**record, "training_seconds": round(seconds)})


def read_history(run: Path) -> list[dict[str, float]]:
    """One row per epoch of ``history.csv``; an epoch that a kill made run twice counts once."""
    with (run / "history.csv").open(newline="") as file:
        rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
    return [{name: float(value) for name, value in rows[epoch].items()} for epoch in sorted(rows)]


def write_evaluation(run: Path, chosen: ChosenThresholds, scores: Scores) -> dict[str, Metrics]:
    """Write what follows from the thresholds: themselves, predictions, metrics and the confusion matrix.

    Returns:
        Metrics by part, at the first threshold.
    """
    probabilities = {part: expit(s.logits / chosen.temperature) for part, s in scores.items()}
    metrics = {part: measure(s.labels, probabilities[part], chosen.first, s.logits) for part, s in scores.items()}
    write_json(run / "operating_point.json", asdict(chosen))
    write_json(run / "metrics.json", {part: m.to_dict() for part, m in metrics.items()})
    with (run / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("part", "sha256", "label", "logit", "probability"))
        for part, columns in scores.items():
            for film, y, z, p in zip(*columns, probabilities[part], strict=True):
                writer.writerow((part, film, int(y), f"{z:.7g}", f"{p:.7g}"))
    plot_confusion(metrics, run / "confusion.png")
    return metrics


def read_chosen_thresholds(run: Path) -> ChosenThresholds:
    """``operating_point.json`` of a finished run.

    Raises:
        CxrEdgeError: there is none, or an older version wrote it.
    """
    try:
        values = json.loads((run / "operating_point.json").read_text(encoding="utf-8"))
    except OSError:
        raise CxrEdgeError(f"{run}: found no finished training run; expected one made by `cxr-edge train`") from None
    if "chosen_on" not in values:
        raise CxrEdgeError(f"{run}: found a run of an older version; expected one that `cxr-edge train` finished")
    left_out = values.get("left_out")
    return ChosenThresholds(
        values["temperature"],
        values["thresholds"],
        values["chosen_on"],
        left_out and LeftOut.from_dict(left_out),
    )


def choose_on(labels: Floats, logits: Floats, chosen_on: str) -> ChosenThresholds:
    """Temperature and thresholds from left-out films: labels 0 or 1 [N], logits [N], and which films, in words."""
    temperature = fit_temperature(labels, logits)
    thresholds = choose_thresholds(labels, expit(logits / temperature))
    at = np.linspace(0, 1, QUANTILES)
    normal, pneumonia = (tuple(np.quantile(logits[labels == label], at).tolist()) for label in (0, 1))
    return ChosenThresholds(temperature, thresholds, chosen_on, LeftOut(normal, pneumonia))


def read_scores(run: Path) -> Scores:
    """``predictions.csv`` of a finished run.

    Raises:
        CxrEdgeError: there is none.
    """
    try:
        with (run / "predictions.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise CxrEdgeError(f"{run}: found no finished training run; expected one made by `cxr-edge train`") from None
    parts = dict.fromkeys([*SCORED, *(row["part"] for row in rows)])
    members = {part: [row for row in rows if row["part"] == part] for part in parts}
    return {
        part: PartScores(
            [row["sha256"] for row in rows],
            np.array([float(row["label"]) for row in rows]),
            np.array([float(row["logit"]) for row in rows]),
        )
        for part, rows in members.items()
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that a result depends on, without importing them; one not installed is left out."""
    found = {"python": platform.python_version()}
    for name in ("keras", "numpy", "pillow", "scikit-learn", "tensorflow"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # tensorflow-cpu and the like go by another name
            continue
    return found
