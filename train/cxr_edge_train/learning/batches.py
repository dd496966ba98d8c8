"""Balanced, augmented, reproducible batches for Keras."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from cxr_edge.film.preprocess import preprocess
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.learning.augment import Augmentation, augment
from cxr_edge_train.learning.teacher import Teacher


def load_pixels(films: Sequence[LabelledFilm], size: tuple[int, int], title: str) -> npt.NDArray[np.uint8]:
    """Preprocess every film to uint8 [N, height, width, 1], with a progress bar."""
    pixels = np.empty((len(films), *size, 1), np.uint8)
    for i, film in enumerate(tqdm(films, desc=title, unit="film", disable=None)):
        pixels[i] = preprocess(film.path, size)
    return pixels


def labels_of(films: Sequence[LabelledFilm]) -> npt.NDArray[np.float32]:
    """float32 [N], 1 for pneumonia."""
    return np.array([film.label for film in films], np.float32)


class BalancedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Half of each batch from either class, each film seen equally often within its class.

    A batch depends on (seed, epoch, index) alone: an interrupted training that goes on sees the same films. Its targets
    are float32 [batch, 2]: what the loss compares with, and the label.

    Args:
        pixels: uint8 [N, h, w, 1], larger than `size` so that zooming in loses nothing.
        labels: float32 [N].
        size: (height, width) of the augmented views.
        batch: films a batch, even.
        seed: of order and augmentation.
        how: ranges of the augmentation.
        teacher: sees every view at its own size; None if the labels are all there is.
        teaching: weight of the teacher's probability in the target.

    Call `start_epoch` before each epoch.
    """

    def __init__(
        self,
        pixels: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.float32],
        size: tuple[int, int],
        batch: int,
        seed: int,
        how: Augmentation,
        teacher: Teacher | None = None,
        teaching: float = 0.0,
    ) -> None:
        super().__init__()
        self.pixels, self.labels, self.size = pixels, labels, size
        self.half, self.seed, self.how = batch // 2, seed, how
        self.teacher, self.teaching = teacher, teaching
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the films of epoch `epoch`."""
        self.epoch = epoch
        rng = np.random.default_rng((self.seed, epoch))
        self.order = np.stack([self._draw(rng, label) for label in (0, 1)])

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
            told = self.teacher.probability(self._views(index, chosen, self.teacher.size))
            targets = self.teaching * told + (1 - self.teaching) * labels
        return self._views(index, chosen, self.size), np.stack([targets, labels], axis=1)

    def _views(self, index: int, chosen: npt.NDArray[np.intp], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """The same random views at any size."""
        rngs = (np.random.default_rng((self.seed, self.epoch, index, place)) for place in range(len(chosen)))
        views = [augment(self.pixels[i, ..., 0], size, rng, self.how) for i, rng in zip(chosen, rngs, strict=True)]
        return np.stack(views)
