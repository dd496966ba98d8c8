"""Fit a Keras model by a recipe; a killed run goes on from its last whole epoch."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import numpy.typing as npt

from cxr_edge_train.learning.batches import BalancedBatches
from cxr_edge_train.learning.recipe import Recipe
from cxr_edge_train.learning.teacher import Teacher

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.float32]


def fit(
    model: keras.Model,
    recipe: Recipe,
    training: tuple[Pixels, Labels],
    validation: tuple[Pixels, Labels],
    run: Path,
    teacher: Teacher | None = None,
) -> None:
    """Train `model` in place and leave it with its averaged weights.

    Args:
        model: takes grey levels 0…255 [N, *recipe.size, 1], gives logits [N, 1].
        recipe: the schedule.
        training: pixels uint8 [N, *recipe.source_size, 1] and labels.
        validation: pixels uint8 [M, *recipe.size, 1] and labels, for the history only.
        run: folder for ``backup/`` (gone when done) and ``history.csv``.
        teacher: whose answers are learned beside the labels, if any.
    """
    batches = BalancedBatches(
        *training, recipe.size, recipe.batch, recipe.seed, recipe.augmentation, teacher, recipe.teaching
    )
    _compile(model, recipe, steps_per_epoch=len(batches))

    def start_epoch(epoch: int, logs: Any = None) -> None:
        batches.start_epoch(epoch)
        for variable in model.variables:  # of dropout, which a backup does not hold
            if variable.path.endswith("seed_generator_state"):
                variable.assign((recipe.seed, epoch * 2**20))

    mend_backup(run / "backup")
    model.fit(
        batches,
        validation_data=(validation[0], np.stack([validation[1]] * 2, axis=1)),
        epochs=recipe.epochs,
        verbose=1 if sys.stdout.isatty() else 2,
        shuffle=False,  # the batches are in random order already
        callbacks=[
            keras.callbacks.BackupAndRestore(run / "backup", double_checkpoint=True),
            keras.callbacks.LambdaCallback(on_epoch_begin=start_epoch),
            keras.callbacks.SwapEMAWeights(),  # validate the averaged weights
            keras.callbacks.CSVLogger(run / "history.csv", append=True),
        ],
    )


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


def _compile(model: keras.Model, recipe: Recipe, steps_per_epoch: int) -> None:
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=recipe.learning_rate,
        warmup_steps=steps_per_epoch,
        decay_steps=max(1, steps_per_epoch * (recipe.epochs - 1)),
    )
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=recipe.weight_decay,
        global_clipnorm=recipe.clip_norm,
        use_ema=True,
        ema_momentum=recipe.ema,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)  # so that BackupAndRestore finds its state
    model.compile(
        optimizer,
        Loss(from_logits=True, label_smoothing=recipe.label_smoothing),
        metrics=[Auc(from_logits=True, name="auc"), Accuracy(threshold=0.0, name="accuracy")],
    )


class Loss(keras.losses.BinaryCrossentropy):  # type: ignore[misc]
    """Compares with the first column of the targets, which a teacher may have softened."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """As Keras calls it."""
        return super().call(y_true[:, :1], y_pred)


class Auc(keras.metrics.AUC):  # type: ignore[misc]
    """Of the second column of the targets: the labels."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """As Keras calls it."""
        super().update_state(y_true[:, 1:], y_pred, sample_weight)


class Accuracy(keras.metrics.BinaryAccuracy):  # type: ignore[misc]
    """Of the second column of the targets: the labels."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """As Keras calls it."""
        super().update_state(y_true[:, 1:], y_pred, sample_weight)


def read_history(run: Path) -> list[dict[str, float]]:
    """One row per epoch of ``history.csv``; an epoch that a kill made run twice counts once."""
    with (run / "history.csv").open(newline="") as file:
        rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
    return [{name: float(value) for name, value in rows[epoch].items()} for epoch in sorted(rows)]


def logits(model: keras.Model, pixels: Pixels) -> npt.NDArray[np.float32]:
    """float32 [N] for uint8 [N, H, W, 1]."""
    return np.asarray(model.predict(pixels, batch_size=64, verbose=0), np.float32)[:, 0]
