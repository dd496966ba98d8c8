"""Our own kind of training: balanced, augmented batches, averaged weights, thresholds from validation films."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge_train.data.films import LabelledFilm, read_labelled
from cxr_edge_train.data.lung_masks import load_lungs, masks_folder
from cxr_edge_train.data.pixels import labels_of, load_pixels
from cxr_edge_train.data.split import Split, split_by_patient
from cxr_edge_train.learning.batches import BalancedBatches, LungBatches
from cxr_edge_train.learning.earlier_run import Start, refuse_leak
from cxr_edge_train.learning.held_out import stressed, swapped
from cxr_edge_train.learning.lung_pooling import LOGIT, LUNGS, has_lungs
from cxr_edge_train.learning.networks import LUNG_POOLED, NETWORKS
from cxr_edge_train.learning.recipe import BalancedRecipe
from cxr_edge_train.learning.run_folder import (
    SCORED,
    STRESSED,
    SWAPPED,
    ChosenThresholds,
    Scores,
    choose_on,
    chosen_part,
)
from cxr_edge_train.learning.swapping import drawn_films
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
        start: likewise, whose weights it begins with instead of those of ImageNet.
    """

    recipe: BalancedRecipe
    network: Callable[[tuple[int, int]], keras.Model] | None = None
    teacher: Teacher | None = None
    start: Start | None = None

    def divide(self, data: Path) -> Split:
        """The published test films, and a share of the published training patients for validation.

        Raises:
            CxrEdgeError: a teacher or start was trained on a film that is held out here.
            NoMasks: the network needs lung masks and there are none.
        """
        recipe = self.recipe
        if recipe.network in LUNG_POOLED:
            masks_folder()  # before minutes are spent on films
        films = read_labelled(data / "train")
        training, validation = split_by_patient(films, recipe.validation, recipe.seed, recipe.fold)
        split = {"train": training, "validation": validation, "test": read_labelled(data / "test")}
        earlier = [*(self.teacher.runs if self.teacher else ()), *([self.start.run] if self.start else ())]
        refuse_leak(earlier, [*split["validation"], *split["test"]])
        return split

    def build(self) -> keras.Model:
        """The network of the recipe."""
        model = (self.network or NETWORKS[self.recipe.network])(self.recipe.size)
        if self.start:
            self.start.give(model)
        return model

    def fit(self, model: keras.Model, split: Split, run: Path, keep: list[keras.callbacks.Callback]) -> None:
        """Train `model` in place and leave it with its averaged weights."""
        training, validation = split["train"], split["validation"]
        pixels, labels = load_pixels(training, self.recipe.source_size, "train"), labels_of(training)
        batches: BalancedBatches
        if has_lungs(model):
            films = drawn_films(pixels, load_lungs(training, self.recipe.source_size))
            batches = LungBatches(films, labels, self.recipe, model.output[LUNGS].shape[1:3], self.teacher)
        else:
            batches = BalancedBatches(pixels, labels, self.recipe, self.teacher)
        held_out = (load_pixels(validation, self.recipe.size, "validation"), labels_of(validation))
        fit_balanced(model, self.recipe, batches, held_out, keep)

    def scored(self, split: Split) -> Iterator[tuple[str, list[LabelledFilm], Pixels]]:
        """Validation and test films; for networks with lung pooling also harder validation films."""
        size = self.recipe.size
        for part in SCORED:
            yield part, split[part], load_pixels(split[part], size, part)
        if self.recipe.network in LUNG_POOLED:
            yield STRESSED, split["validation"], stressed(split["validation"], size)
            yield SWAPPED, *swapped(split["validation"], size)

    def choose(self, scores: Scores) -> ChosenThresholds:
        """Temperature and thresholds from stressed validation films, or plain ones where there are no others."""
        kind = chosen_part(scores)
        _, labels, logits = scores[kind]
        words = f"{len(labels)} validation films"
        return choose_on(labels, logits, f"{words}, stressed" if kind == STRESSED else words)


def fit_balanced(
    model: keras.Model,
    recipe: BalancedRecipe,
    batches: BalancedBatches,
    validation: tuple[Pixels, Labels],
    keep: list[keras.callbacks.Callback],
) -> None:
    """Train `model` in place and leave it with its averaged weights.

    Args:
        model: takes grey levels 0…255 [N, *recipe.size, 1], gives logits [N, 1].
        recipe: the schedule.
        batches: changed copies of the training films.
        validation: pixels uint8 [M, *recipe.size, 1] and labels [M], for the history only.
        keep: callbacks that write the history and the backup.
    """
    _compile(model, recipe, steps_per_epoch=len(batches))

    def start_epoch(epoch: int, logs: Any = None) -> None:
        batches.start_epoch(epoch)
        for variable in model.variables:  # of dropout, which a backup does not hold
            if variable.path.endswith("seed_generator_state"):
                variable.assign((recipe.seed, epoch * 2**20))

    model.fit(
        batches,
        validation_data=_targets(model, *validation),
        epochs=recipe.epochs,
        verbose=1 if sys.stdout.isatty() else 2,
        shuffle=False,  # the batches are in random order already
        callbacks=[
            *keep,
            keras.callbacks.LambdaCallback(on_epoch_begin=start_epoch),
            keras.callbacks.SwapEMAWeights(),  # validate the averaged weights
        ],
    )


def _targets(model: keras.Model, pixels: Pixels, labels: Labels) -> tuple[Any, ...]:
    """Films as Keras validates on them; where their lungs are does not count."""
    answers = np.stack([labels] * 2, axis=1)
    if not has_lungs(model):
        return pixels, answers
    shape = (len(labels), *model.output[LUNGS].shape[1:])
    weights = {LOGIT: np.ones(len(labels), np.float32), LUNGS: np.zeros(shape[:3], np.float32)}
    return pixels, {LOGIT: answers, LUNGS: np.zeros(shape, np.float32)}, weights


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
    loss = Loss(from_logits=True, label_smoothing=recipe.label_smoothing)
    metrics = [Auc(from_logits=True, name="auc"), Accuracy(threshold=0.0, name="accuracy")]
    if has_lungs(model):
        losses, weights = (
            {LOGIT: loss, LUNGS: keras.losses.BinaryCrossentropy()},
            {LOGIT: 1.0, LUNGS: recipe.lung_weight},
        )
        model.compile(optimizer, losses, loss_weights=weights, metrics={LOGIT: metrics})
    else:
        model.compile(optimizer, loss, metrics=metrics)


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
