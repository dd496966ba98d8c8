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
from cxr_edge.operating import AIMS, fit_temperature, threshold_for
from cxr_edge_train.batches import labels_of, load_pixels
from cxr_edge_train.films import LabelledFilm, read_labelled
from cxr_edge_train.fit import fit, logits, read_history
from cxr_edge_train.metrics import Metrics, measure
from cxr_edge_train.networks import NETWORKS
from cxr_edge_train.plots import plot_confusion, plot_history
from cxr_edge_train.recipe import Recipe
from cxr_edge_train.split import split_by_patient, write_manifest
from cxr_edge_train.statistics import Floats
from cxr_edge_train.teacher import Teacher

Builder = Callable[[tuple[int, int]], keras.Model]


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
    probabilities = {part: expit(z / temperature) for part, z in scores.items()}
    thresholds = {
        f"{aim} {value:.2f}": threshold_for(labels["validation"], probabilities["validation"], aim, value)
        for aim, value in AIMS
    }
    threshold = next(iter(thresholds.values()))
    metrics = {part: measure(labels[part], p, threshold) for part, p in probabilities.items()}
    chosen_on = f"{len(labels['validation'])} validation films"
    point = {"temperature": temperature, "thresholds": thresholds, "chosen_on": chosen_on}
    write_json(run / "operating_point.json", point)
    write_json(run / "metrics.json", {part: m.to_dict() for part, m in metrics.items()})
    with (run / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("part", "sha256", "label", "logit", "probability"))
        for part, films in ((part, parts[part]) for part in scores):
            for film, z, p in zip(films, scores[part], probabilities[part], strict=True):
                writer.writerow((part, film.sha256, film.label, f"{z:.7g}", f"{p:.7g}"))
    plot_history(read_history(run), run / "history.png")
    plot_confusion(metrics, run / "confusion.png")
    for part, m in metrics.items():
        print(f"{part}: {m}")
    return metrics


def versions() -> dict[str, str]:
    """Of what a result depends on."""
    import PIL
    import sklearn
    import tensorflow

    packages = {"keras": keras, "numpy": np, "pillow": PIL, "scikit-learn": sklearn, "tensorflow": tensorflow}
    return {"python": platform.python_version(), **{name: m.__version__ for name, m in packages.items()}}


def write_json(path: Path, value: Any) -> None:
    """Write `value` indented, with a final line break; a kill leaves the old file or the new one, whole."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
