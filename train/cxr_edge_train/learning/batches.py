"""Balanced, augmented, reproducible batches for Keras."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge_train.learning.augment import augment
from cxr_edge_train.learning.recipe import BalancedRecipe
from cxr_edge_train.learning.teacher import Teacher


class BalancedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Half of each batch from either class, each film seen equally often within its class.

    A batch depends on (seed, epoch, index) alone: an interrupted training that goes on sees the same films. Its targets
    are float32 [batch, 2]: what the loss compares with, and the label.

    Args:
        pixels: uint8 [N, h, w, 1], larger than the recipe's `size` so that zooming in loses nothing.
        labels: float32 [N].
        recipe: size, seed and ranges of the changed copies; films a batch, even; weight of the teacher's answers.
        teacher: sees every copy at its own size; None if the labels are all there is.

    Call `start_epoch` before each epoch.
    """

    def __init__(
        self,
        pixels: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.float32],
        recipe: BalancedRecipe,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.pixels, self.labels, self.recipe, self.teacher = pixels, labels, recipe, teacher
        self.half = recipe.batch // 2
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the films of epoch `epoch`."""
        self.epoch = epoch
        rng = np.random.default_rng((self.recipe.seed, epoch))
        self.order = np.stack([self._draw(rng, label) for label in (0, 1)])  # (class, batch, member)

    def _draw(self, rng: np.random.Generator, label: int) -> npt.NDArray[np.intp]:
        members = np.flatnonzero(self.labels == label)
        needed = len(self) * self.half
        rounds = [rng.permutation(members) for _ in range(-(-needed // len(members)))]
        return np.concatenate(rounds)[:needed].reshape(len(self), self.half)

    def __len__(self) -> int:
        return max(1, len(self.labels) // (2 * self.half))

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        chosen = self.order[:, index].ravel()
        targets = labels = self.labels[chosen]
        if self.teacher:
            taught = self.teacher.probability(self._changed(index, chosen, self.teacher.size))
            targets = self.recipe.teaching * taught + (1 - self.recipe.teaching) * labels
        return self._changed(index, chosen, self.recipe.size), np.stack([targets, labels], axis=1)

    def _changed(self, index: int, chosen: npt.NDArray[np.intp], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """The same randomly changed copies at any size."""
        seed, ranges = self.recipe.seed, self.recipe.augmentation
        rngs = (np.random.default_rng((seed, self.epoch, index, place)) for place in range(len(chosen)))
        copies = [augment(self.pixels[i, ..., 0], size, rng, ranges) for i, rng in zip(chosen, rngs, strict=True)]
        return np.stack(copies)
