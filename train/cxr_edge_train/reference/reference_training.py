"""Training as published: a notebook's optimizer, batches and epochs, and its threshold, a probability of 0.5."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge.film.preprocess import UNWINDOWED
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.pixels import Pixels, labels_of, load_pixels
from cxr_edge_train.data.split import Split
from cxr_edge_train.learning.run_folder import SCORED, ChosenThresholds, Scores, read_history
from cxr_edge_train.reference.bfloat16 import bfloat16_products
from cxr_edge_train.reference.frozen_features import kept_features, split_at_base
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.reference_recipe import COPIES, ReferenceRecipe

Examples = tuple[npt.NDArray[np.generic], npt.NDArray[np.float32]]
"""What a network sees, [N, …], and labels [N]."""


@dataclass(frozen=True)
class ReferenceTraining:
    """A `cxr_edge_train.learning.trainer.Training`."""

    recipe: ReferenceRecipe

    def divide(self, data: Path) -> Split:
        """By the protocol of the recipe."""
        return PROTOCOLS[self.recipe.protocol](data, self.recipe.split_seed)

    def build(self) -> keras.Model:
        """The published network."""
        return self.recipe.model.build()

    def fit(self, model: keras.Model, split: Split, run: Path, keep: list[keras.callbacks.Callback]) -> None:
        """Train `model`, or what comes behind its frozen network, and leave it with the weights that are kept."""
        if self.recipe.keeps_features:
            with self._products():
                trained, examples = self._behind_frozen(model, split, run)
        else:
            trained = model
            examples = {
                part: (load_pixels(split[part], self.recipe.size, part, UNWINDOWED), labels_of(split[part]))
                for part in ("train", "validation")
            }
        self._fit_as_published(trained, examples, run, keep)

    def scored(self, split: Split) -> Iterator[tuple[str, list[LabelledFilm], Pixels]]:
        """Validation and test films."""
        for part in SCORED:
            yield part, split[part], load_pixels(split[part], self.recipe.size, part, UNWINDOWED)

    def choose(self, scores: Scores) -> ChosenThresholds:
        """The published threshold, whatever the validation films say."""
        return ChosenThresholds(1.0, {"probability 0.5": 0.5}, "nothing: the published 0.5")

    def _products(self) -> AbstractContextManager[None]:
        return bfloat16_products() if self.recipe.bfloat16 else nullcontext()

    def _behind_frozen(self, model: keras.Model, split: Split, run: Path) -> tuple[keras.Model, dict[str, Examples]]:
        """What is trained, and what the frozen network makes of the films and of their augmented copies."""
        colour = model.get_layer("to_colour")
        kernel, bias = (np.zeros_like(w) for w in colour.get_weights())
        kernel[1, 1] = 1.0
        colour.set_weights([kernel, bias])
        frozen, trained = split_at_base(model)
        folder = run.parent / "-".join(
            ["maps", self.recipe.key, str(self.recipe.seed), *["bfloat16"] * self.recipe.bfloat16]
        )
        examples: dict[str, Examples] = {}
        for part in ("train", "validation"):
            films, copies = split[part], range(1 + COPIES) if part == "train" else (0,)
            features = [
                kept_features(frozen, films, copy=copy, seed=self.recipe.seed, folder=folder) for copy in copies
            ]
            examples[part] = (np.concatenate(features), np.tile(labels_of(films), len(features)))
        return trained, examples

    def _fit_as_published(
        self, trained: keras.Model, examples: dict[str, Examples], run: Path, keep: list[keras.callbacks.Callback]
    ) -> None:
        published = self.recipe.model
        trained.compile(
            published.make_optimizer(),
            keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[
                keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
                keras.metrics.AUC(from_logits=True, name="auc"),
            ],
        )
        x, y = examples["train"]
        weights = {label: len(y) / (2 * float((y == label).sum())) for label in (0, 1)}
        best = run / "best.weights.h5"
        with self._products():
            trained.fit(
                x,
                y,
                validation_data=examples["validation"],
                batch_size=published.batch,
                epochs=self.recipe.epochs,
                class_weight=weights if published.class_weights else None,
                verbose=1 if sys.stdout.isatty() else 2,
                callbacks=[*([_keep_best(best, run)] if published.keep_best else []), *keep],
            )
        if published.keep_best:
            trained.load_weights(best)
            best.unlink()


def _keep_best(best: Path, run: Path) -> keras.callbacks.Callback:
    """Writes the weights of the lowest validation loss; after a kill, of the lowest since the start."""
    lowest = min((row["val_loss"] for row in read_history(run)), default=None) if best.is_file() else None
    return keras.callbacks.ModelCheckpoint(
        best, monitor="val_loss", save_best_only=True, save_weights_only=True, initial_value_threshold=lowest
    )
