"""Train a reference model by a protocol; a killed run goes on from its last whole epoch.

Writes what `cxr_edge_train.learning.run` writes, so that `cxr-edge export RUN` takes it. The threshold is the published one,
a probability of 0.5; the temperature is 1.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.records import write_json
from cxr_edge_train.data.split import write_manifest
from cxr_edge_train.evaluation.metrics import Metrics
from cxr_edge_train.evaluation.plots import plot_history
from cxr_edge_train.learning.batches import labels_of, load_pixels
from cxr_edge_train.learning.fit import logits, mend_backup, read_history
from cxr_edge_train.learning.run import Scores, versions, write_evaluation
from cxr_edge_train.reference.frozen import cached_maps, split_at_base
from cxr_edge_train.reference.protocols import PROTOCOLS, Parts
from cxr_edge_train.reference.registry import REFERENCE, ReferenceModel

COPIES = 1
"""Augmented copies of each training film where features of a frozen network are kept, beside the film as it is."""


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        key: of `REFERENCE`.
        protocol: of `PROTOCOLS`.
        epochs: to run; at most the published number unless asked for more.
        cached: train the head on kept features of the frozen network, with `COPIES` augmented copies a film; the
            convolution before it then keeps its first weights, which repeat the grey film in three channels.
    """

    key: str
    protocol: str
    epochs: int
    cached: bool

    @property
    def model(self) -> ReferenceModel:
        """What was published."""
        return REFERENCE[self.key]


def plan(key: str, protocol: str, epochs: int | None = None) -> Plan:
    """The published training, or a shortened one.

    Raises:
        CxrEdgeError: no such model or protocol.
    """
    for name, known in ((key, REFERENCE), (protocol, PROTOCOLS)):
        if name not in known:
            raise CxrEdgeError(f"found no {name}; expected one of {', '.join(known)}")
    return Plan(key, protocol, epochs or REFERENCE[key].epochs, cached=key == "a5_vgg19")


def train(todo: Plan, data: Path, run: Path) -> dict[str, Metrics]:
    """Train, or go on with, one run in the folder `run`; metrics of ``validation`` and ``test``.

    Raises:
        CxrEdgeError: no films, or `run` belongs to another plan or other films.
    """
    run.mkdir(parents=True, exist_ok=True)
    parts = PROTOCOLS[todo.protocol](data, todo.model.seed)
    _record(todo, parts, data, run)
    trained = run / "model.keras"
    if trained.is_file():
        print(f"{trained} is trained already; evaluating it again")
        model = keras.models.load_model(trained)
    else:
        keras.utils.set_random_seed(todo.model.seed)
        model = todo.model.build()
        started = time.monotonic()
        (_fit_head if todo.cached else _fit)(model, todo, parts, run)
        _add_seconds(run, time.monotonic() - started)
        model = keras.Model(model.inputs, model.outputs, name=model.name)  # without optimizer and loss
        model.save(run / "partial.keras")
        (run / "partial.keras").replace(trained)
    return _evaluate(model, todo, parts, run)


def _record(todo: Plan, parts: Parts, data: Path, run: Path) -> None:
    """Write recipe and split, or make sure that they are those of this run."""
    model = todo.model
    recipe = {
        "network": todo.key,
        "protocol": todo.protocol,
        "size": model.size,
        "source_size": model.size,
        "epochs_published": model.epochs,
        "epochs_run": todo.epochs,
        "batch": model.batch,
        "optimizer": model.optimizer,
        "learning_rate": model.learning_rate,
        "class_weights": model.class_weights,
        "augmentation": _how_augmented(todo),
        "kept_epoch": "lowest validation loss" if model.keep_best else "last",
        "seed": model.seed,
        "films_are": "224 × 224 copies where CXR_EDGE_DATA holds such: an input of 240 is then an upscale",
    }
    if todo.cached:
        recipe["not_trained"] = (
            "the frozen network, and the convolution before it: it repeats the film in three channels"
        )
    fresh = run / "manifest.csv.new"
    facts = json.loads(json.dumps({"recipe": recipe, "manifest_sha256": write_manifest(fresh, parts, data)}))
    record = run / "recipe.json"
    if record.is_file() and json.loads(record.read_text())["run"] != facts:
        fresh.unlink()
        raise CxrEdgeError(
            f"{run}: found a run of another plan or other films; expected the same ones, or a new folder"
        )
    fresh.replace(run / "manifest.csv")
    if not record.is_file():
        write_json(
            record, {"run": facts, "versions": versions(), "math": os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE", "fp32")}
        )
    for part, films in parts.items():
        print(f"{part}: {len(films)} films of {len({film.patient for film in films})} patients")


def _how_augmented(todo: Plan) -> str:
    if not todo.model.augmented:
        return "none"
    return f"{COPIES} random copy of each film, kept, beside the film itself" if todo.cached else "random, every epoch"


def _fit(model: keras.Model, todo: Plan, parts: Parts, run: Path) -> None:
    pixels = {part: load_pixels(parts[part], todo.model.size, part) for part in ("train", "validation")}
    _run_epochs(model, model, todo, {part: (x, labels_of(parts[part])) for part, x in pixels.items()}, run)


def _fit_head(model: keras.Model, todo: Plan, parts: Parts, run: Path) -> None:
    """On what the frozen network makes of the films and of their augmented copies."""
    colour = model.get_layer("to_colour")
    kernel, bias = (np.zeros_like(w) for w in colour.get_weights())
    kernel[1, 1] = 1.0
    colour.set_weights([kernel, bias])
    body, head = split_at_base(model)
    folder = run.parent / f"maps-{todo.key}"
    sets = {}
    for part in ("train", "validation"):
        copies = range(1 + COPIES) if part == "train" else (0,)
        maps = [cached_maps(body, parts[part], todo.model.size, copy, todo.model.seed, folder) for copy in copies]
        sets[part] = (np.concatenate(maps), np.tile(labels_of(parts[part]), len(maps)))
    _run_epochs(model, head, todo, sets, run)


def _run_epochs(model: keras.Model, trained: keras.Model, todo: Plan, sets: dict[str, Any], run: Path) -> None:
    """Fit `trained`, which is `model` or a part of it, and leave `model` with the weights that are kept."""
    trained.compile(
        todo.model.make_optimizer(),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
            keras.metrics.AUC(from_logits=True, name="auc"),
        ],
    )
    x, y = sets["train"]
    weights = {label: len(y) / (2 * float((y == label).sum())) for label in (0, 1)}
    best = run / "best.weights.h5"
    keep = keras.callbacks.ModelCheckpoint(
        best,
        monitor="val_loss",
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=_lowest_so_far(run) if best.is_file() else None,
    )
    mend_backup(run / "backup")
    trained.fit(
        x,
        y,
        validation_data=sets["validation"],
        batch_size=todo.model.batch,
        epochs=todo.epochs,
        class_weight=weights if todo.model.class_weights else None,
        verbose=1 if sys.stdout.isatty() else 2,
        callbacks=[
            *([keep] if todo.model.keep_best else []),
            keras.callbacks.CSVLogger(run / "history.csv", append=True),
            keras.callbacks.BackupAndRestore(run / "backup", double_checkpoint=True),
        ],
    )
    if todo.model.keep_best:
        trained.load_weights(best)
        best.unlink()


def _lowest_so_far(run: Path) -> float | None:
    history = read_history(run)
    return min((row["val_loss"] for row in history), default=None)


def _add_seconds(run: Path, seconds: float) -> None:
    """Note how long the last stretch took; an interrupted run counts from there."""
    record = json.loads((run / "recipe.json").read_text())
    write_json(run / "recipe.json", {**record, "training_seconds": round(seconds)})


def _evaluate(model: keras.Model, todo: Plan, parts: Parts, run: Path) -> dict[str, Metrics]:
    def scores(films: list[LabelledFilm], part: str) -> Any:
        return logits(model, load_pixels(films, todo.model.size, part)).astype(np.float64)

    rows: Scores = {
        part: (
            [film.sha256 for film in parts[part]],
            labels_of(parts[part]).astype(np.float64),
            scores(parts[part], part),
        )
        for part in ("validation", "test")
    }
    point = {"temperature": 1.0, "thresholds": {"probability 0.5": 0.5}, "chosen_on": "nothing: the published 0.5"}
    metrics = write_evaluation(run, point, rows)
    plot_history(read_history(run), run / "history.png")
    for part, m in metrics.items():
        print(f"{part}: {m}")
    return metrics
