"""A training run from a folder of films to a frozen operating point, each step written to the run's folder.

``recipe.json``  what was asked for        ``manifest.csv``  every film, its part, its sha256
``history.csv``  per epoch                 ``model.keras``   the averaged weights, the Keras original
``operating_point.json``  temperature and thresholds, from validation films only
``predictions.csv``  logit and probability per validation and test film
``metrics.json``, ``history.png``, ``confusion.png``
"""

from __future__ import annotations

import csv
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.special import expit

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import choose_thresholds, fit_temperature
from cxr_edge_train.data.films import LabelledFilm, read_labelled
from cxr_edge_train.data.records import write_json
from cxr_edge_train.data.split import split_by_patient, write_manifest
from cxr_edge_train.evaluation.metrics import Metrics, measure
from cxr_edge_train.evaluation.plots import plot_confusion, plot_history
from cxr_edge_train.evaluation.statistics import Floats
from cxr_edge_train.learning.batches import labels_of, load_pixels
from cxr_edge_train.learning.fit import fit, logits, read_history
from cxr_edge_train.learning.networks import NETWORKS
from cxr_edge_train.learning.recipe import Recipe
from cxr_edge_train.learning.teacher import Teacher

Builder = Callable[[tuple[int, int]], keras.Model]
Scores = dict[str, tuple[list[str], Floats, Floats]]
"""By part: sha256, label and logit of its films."""


def train(
    data: Path, run: Path, recipe: Recipe, build: Builder | None = None, teacher: Teacher | None = None
) -> dict[str, Metrics]:
    """Train, or go on with, one run.

    Args:
        data: folder with ``train`` and ``test`` in Kaggle's layout.
        run: folder for the results; one that holds an unfinished run of the same recipe is continued.
        recipe: what to do.
        build: network to use in place of the registered one that the recipe names.
        teacher: the one that the recipe names, if it names one.

    Returns:
        Metrics of ``validation`` and ``test`` at the frozen threshold.

    Raises:
        CxrEdgeError: no films, or `run` belongs to another recipe or other films.
    """
    run.mkdir(parents=True, exist_ok=True)
    parts = _split(data, run, recipe)
    if teacher:
        teacher.refuse_leak([*parts["validation"], *parts["test"]])
    if (run / "model.keras").is_file():
        print(f"{run / 'model.keras'} is trained already; evaluating it again")
        model = keras.models.load_model(run / "model.keras")
    else:
        model = _fit(parts, run, recipe, build or NETWORKS[recipe.network], teacher)
    return _evaluate(model, parts, run, recipe)


def _split(data: Path, run: Path, recipe: Recipe) -> dict[str, list[LabelledFilm]]:
    training, validation = split_by_patient(read_labelled(data / "train"), recipe.validation, recipe.seed, recipe.fold)
    parts = {"train": training, "validation": validation, "test": read_labelled(data / "test")}
    fresh = run / "manifest.csv.new"
    facts = {"recipe": recipe.to_dict(), "manifest_sha256": write_manifest(fresh, parts, data)}
    record = run / "recipe.json"
    if record.is_file() and json.loads(record.read_text())["run"] != json.loads(json.dumps(facts)):
        fresh.unlink()
        raise CxrEdgeError(
            f"{run}: found a run of another recipe or other films; expected the same ones to go on with, "
            "or a new folder"
        )
    fresh.replace(run / "manifest.csv")
    if not record.is_file():  # the versions are those that the run began with
        write_json(record, {"run": facts, "versions": versions()})
    for part, films in parts.items():
        sick = sum(film.label for film in films)
        patients = len({film.patient for film in films})
        print(f"{part}: {len(films)} films of {patients} patients, {sick} with pneumonia")
    return parts


def _fit(
    parts: dict[str, list[LabelledFilm]], run: Path, recipe: Recipe, build: Builder, teacher: Teacher | None
) -> keras.Model:
    keras.utils.set_random_seed(recipe.seed)
    model = build(recipe.size)
    training = (load_pixels(parts["train"], recipe.source_size, "train"), labels_of(parts["train"]))
    validation = (
        load_pixels(parts["validation"], recipe.size, "validation"),
        labels_of(parts["validation"]),
    )
    started = time.monotonic()
    fit(model, recipe, training, validation, run, teacher)
    print(f"trained in {time.monotonic() - started:.0f} s")
    partial = run / "partial.keras"
    bare = keras.Model(model.inputs, model.outputs, name=model.name)  # anybody can load it: no loss of ours in it
    bare.save(partial)
    partial.replace(run / "model.keras")  # a kill while saving leaves no half model
    return bare


def _evaluate(
    model: keras.Model, parts: dict[str, list[LabelledFilm]], run: Path, recipe: Recipe
) -> dict[str, Metrics]:
    """Temperature and thresholds from validation; then, once, the test films."""
    scores = {
        part: logits(model, load_pixels(parts[part], recipe.size, part)).astype(np.float64)
        for part in ("validation", "test")
    }
    labels: dict[str, Floats] = {part: labels_of(parts[part]).astype(np.float64) for part in scores}
    temperature = fit_temperature(labels["validation"], scores["validation"])
    p = expit(scores["validation"] / temperature)
    thresholds = choose_thresholds(labels["validation"], p)
    chosen_on = f"{len(labels['validation'])} validation films"
    point = {"temperature": temperature, "thresholds": thresholds, "chosen_on": chosen_on}
    rows: Scores = {part: ([film.sha256 for film in parts[part]], labels[part], z) for part, z in scores.items()}
    metrics = write_evaluation(run, point, rows)
    plot_history(read_history(run), run / "history.png")
    for part, m in metrics.items():
        print(f"{part}: {m}")
    return metrics


def write_evaluation(run: Path, point: dict[str, Any], scores: Scores) -> dict[str, Metrics]:
    """Write what follows from an operating point: itself, predictions, metrics and the confusion matrix.

    Args:
        run: folder of the run.
        point: ``temperature``, ``thresholds`` by name, the first of which decides, and ``chosen_on``.
        scores: by part.
    """
    threshold, temperature = next(iter(point["thresholds"].values())), point["temperature"]
    metrics = {part: measure(y, expit(z / temperature), threshold, z) for part, (_, y, z) in scores.items()}
    write_json(run / "operating_point.json", point)
    write_json(run / "metrics.json", {part: m.to_dict() for part, m in metrics.items()})
    with (run / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("part", "sha256", "label", "logit", "probability"))
        for part, (films, labels, logit) in scores.items():
            for film, y, z in zip(films, labels, logit, strict=True):
                writer.writerow((part, film, int(y), f"{z:.7g}", f"{expit(z / temperature):.7g}"))
    plot_confusion(metrics, run / "confusion.png")
    return metrics


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
    members = {part: [row for row in rows if row["part"] == part] for part in ("validation", "test")}
    return {
        part: (
            [row["sha256"] for row in rows],
            np.array([float(row["label"]) for row in rows]),
            np.array([float(row["logit"]) for row in rows]),
        )
        for part, rows in members.items()
    }


def versions() -> dict[str, str]:
    """Of what a result depends on."""
    import PIL
    import sklearn
    import tensorflow

    packages = {"keras": keras, "numpy": np, "pillow": PIL, "scikit-learn": sklearn, "tensorflow": tensorflow}
    return {"python": platform.python_version(), **{name: m.__version__ for name, m in packages.items()}}
