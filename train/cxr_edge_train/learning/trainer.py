"""The one trainer: any kind of recipe, from a folder of films to a frozen operating point.

A killed run goes on from its last whole epoch. What a run writes: `cxr_edge_train.learning.run_folder`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import h5py
import keras
import numpy as np

from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.pixels import Pixels, labels_of
from cxr_edge_train.data.split import Split
from cxr_edge_train.evaluation.metrics import Metrics
from cxr_edge_train.evaluation.plots import plot_history
from cxr_edge_train.learning.networks import logits
from cxr_edge_train.learning.recipe import Recipe
from cxr_edge_train.learning.run_folder import (
    ChosenThresholds,
    PartScores,
    Scores,
    claim_folder,
    note_training_seconds,
    read_history,
    write_evaluation,
)


class Training(Protocol):
    """One kind of recipe at work: what the trainer leaves to it."""

    @property
    def recipe(self) -> Recipe:
        """What is recorded of it."""
        ...

    def divide(self, data: Path) -> Split:
        """The films of `data` that train, validate and test."""
        ...

    def build(self) -> keras.Model:
        """The network: grey levels 0…255 [N, *recipe.size, 1] to logits [N, 1]."""
        ...

    def fit(self, model: keras.Model, split: Split, run: Path, keep: list[keras.callbacks.Callback]) -> None:
        """Train `model` in place and leave it with the weights that are kept.

        Args:
            model: of `build`.
            split: of `divide`.
            run: folder for what has to outlive a kill.
            keep: callbacks that write the history and the backup, in this order.
        """
        ...

    def scored(self, split: Split) -> Iterator[tuple[str, list[LabelledFilm], Pixels]]:
        """What a finished network answers: part, films and pixels [N, *size, 1], ``validation`` and ``test`` first.

        Other parts are validation films, changed.
        """
        ...

    def choose(self, scores: Scores) -> ChosenThresholds:
        """Temperature and thresholds, never from the part ``test``."""
        ...


def train(training: Training, data: Path, run: Path) -> dict[str, Metrics]:
    """Train, go on with a run that was interrupted, or evaluate a finished one again.

    Args:
        training: what to do.
        data: folder with ``train`` and ``test`` in Kaggle's layout.
        run: folder for the results.

    Returns:
        Metrics of every scored part at the first threshold.

    Raises:
        CxrEdgeError: no films, or `run` belongs to another recipe or other films.
    """
    split = training.divide(data)
    claim_folder(run, training.recipe.to_dict(), split, data)
    for part, films in split.items():
        sick, patients = sum(film.label for film in films), len({film.patient for film in films})
        print(f"{part}: {len(films)} films of {patients} patients, {sick} with pneumonia")
    finished = run / "model.keras"
    if finished.is_file():
        print(f"{finished} is trained already; evaluating it again")
        model = keras.models.load_model(finished)
    else:
        model = _learn(training, split, run)
    return _evaluate(model, training, split, run)


def _learn(training: Training, split: Split, run: Path) -> keras.Model:
    keras.utils.set_random_seed(training.recipe.seed)
    model = training.build()
    mend_backup(run / "backup")
    history = keras.callbacks.CSVLogger(run / "history.csv", append=True)
    backup = keras.callbacks.BackupAndRestore(run / "backup", double_checkpoint=True)
    started = time.monotonic()
    training.fit(model, split, run, [history, backup])
    seconds = time.monotonic() - started
    note_training_seconds(run, seconds)
    print(f"trained in {seconds:.0f} s")
    bare = keras.Model(model.inputs, model.output, name=model.name)  # anybody can load it: no optimizer, no loss
    bare.save(run / "partial.keras")
    (run / "partial.keras").replace(run / "model.keras")  # a kill while saving leaves no half model
    return bare


def mend_backup(backup: Path) -> None:
    """After a kill in the middle of a backup, go back to the one before it, or to the start.

    `BackupAndRestore` keeps two, but notices only some of the ways in which the newer one can be torn.
    """
    for suffix in ("", ".bkp"):
        weights, metadata = backup / f"latest.weights.h5{suffix}", backup / f"training_metadata.json{suffix}"
        try:
            h5py.File(weights).close()
            json.loads(metadata.read_text())
        except (OSError, ValueError):
            continue
        if suffix:
            shutil.copyfile(weights, backup / "latest.weights.h5")
            shutil.copyfile(metadata, backup / "training_metadata.json")
        return
    shutil.rmtree(backup, ignore_errors=True)


def _evaluate(model: keras.Model, training: Training, split: Split, run: Path) -> dict[str, Metrics]:
    """Thresholds from validation; then, once, the test films."""
    scores: Scores = {}
    for part, films, pixels in training.scored(split):
        z = logits(model, pixels).astype(np.float64)
        scores[part] = PartScores([film.sha256 for film in films], labels_of(films).astype(np.float64), z)
    metrics = write_evaluation(run, training.choose(scores), scores)
    plot_history(read_history(run), run / "history.png")
    for part, m in metrics.items():
        print(f"{part}: {m}")
    return metrics
