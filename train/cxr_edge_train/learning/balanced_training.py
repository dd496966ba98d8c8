"""Our own kind of training: balanced, augmented batches, averaged weights, thresholds from validation films."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from cxr_edge.calibration.thresholds import choose_thresholds, fit_temperature
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.data.pixels import labels_of, load_pixels
from cxr_edge_train.data.split import Split, split_by_patient
from cxr_edge_train.learning.batches import BalancedBatches
from cxr_edge_train.learning.networks import NETWORKS
from cxr_edge_train.learning.recipe import BalancedRecipe
from cxr_edge_train.learning.run_folder import ChosenThresholds, PartScores
from cxr_edge_train.learning.teacher import Teacher

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BalancedTraining:
    """A `cxr_edge_train.learning.trainer.Training`.

    Attributes:
        recipe: what to do.
        network: makes the network of an input size, in place of the registered one that the recipe names.
        teacher: the one that the recipe names, if it names one.
    """

    recipe: BalancedRecipe
    network: Callable[[tuple[int, int]], keras.Model] | None = None
    teacher: Teacher | None = None

    def divide(self, data: Path) -> Split:
        """The published test films, and a share of the published training patients for validation.

        Raises:
            CxrEdgeError: a teacher was trained on a film that is held out here.
        """
        recipe = self.recipe
        films = read_labelled(data / "train")
        training, validation = split_by_patient(films, recipe.validation, recipe.seed, recipe.fold)
        split = {"train": training, "validation": validation, "test": read_labelled(data / "test")}
        if self.teacher:
            self.teacher.refuse_leak([*split["validation"], *split["test"]])
        return split

    def build(self) -> keras.Model:
        """The network of the recipe."""
        return (self.network or NETWORKS[self.recipe.network])(self.recipe.size)

    def fit(self, model: keras.Model, split: Split, run: Path, keep: list[keras.callbacks.Callback]) -> None:
        """Train `model` in place and leave it with its averaged weights."""
        training, validation = split["train"], split["validation"]
        fit_balanced(
            model,
            self.recipe,
            (load_pixels(training, self.recipe.source_size, "train"), labels_of(training)),
            (load_pixels(validation, self.recipe.size, "validation"), labels_of(validation)),
            keep,
            self.teacher,
        )

    def choose(self, validation: PartScores) -> ChosenThresholds:
        """Temperature and thresholds from the validation films."""
        temperature = fit_temperature(validation.labels, validation.logits)
        thresholds = choose_thresholds(validation.labels, expit(validation.logits / temperature))
        return ChosenThresholds(temperature, thresholds, f"{len(validation.labels)} validation films")


def fit_balanced(
    model: keras.Model,
    recipe: BalancedRecipe,
    training: tuple[Pixels, Labels],
    validation: tuple[Pixels, Labels],
    keep: list[keras.callbacks.Callback],
    teacher: Teacher | None = None,
) -> None:
    """Train `model` in place and leave it with its averaged weights.

    Args:
        model: takes grey levels 0…255 [N, *recipe.size, 1], gives logits [N, 1].
        recipe: the schedule.
        training: pixels uint8 [N, *recipe.source_size, 1] and labels [N].
        validation: pixels uint8 [M, *recipe.size, 1] and labels [M], for the history only.
        keep: callbacks that write the history and the backup.
        teacher: whose answers are learned beside the labels, if any.
    """
    batches = BalancedBatches(*training, recipe, teacher)
    _compile(model, recipe, steps_per_epoch=len(batches))

    def start_epoch(epoch: int, logs: Any = None) -> None:
        batches.start_epoch(epoch)
        for variable in model.variables:  # of dropout, which a backup does not hold
            if variable.path.endswith("seed_generator_state"):
                variable.assign((recipe.seed, epoch * 2**20))

    model.fit(
        batches,
        validation_data=(validation[0], np.stack([validation[1]] * 2, axis=1)),
        epochs=recipe.epochs,
        verbose=1 if sys.stdout.isatty() else 2,
        shuffle=False,  # the batches are in random order already
        callbacks=[
            *keep,
            keras.callbacks.LambdaCallback(on_epoch_begin=start_epoch),
            keras.callbacks.SwapEMAWeights(),  # validate the averaged weights
        ],
    )


def _compile(model: keras.Model, recipe: BalancedRecipe, steps_per_epoch: int) -> None:
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
