"""Balanced, augmented, reproducible batches for Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge_train.learning.augment import augment, augment_with_lungs
from cxr_edge_train.learning.lung_pooling import LOGIT, LUNGS
from cxr_edge_train.learning.recipe import BalancedRecipe
from cxr_edge_train.learning.swapping import LUNG, DrawnFilms, cover, swap
from cxr_edge_train.learning.teacher import Teacher

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


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
        pixels: Pixels,
        labels: Floats,
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

    def __getitem__(self, index: int) -> Any:
        chosen = self.order[:, index].ravel()
        labels = self.labels[chosen]
        taught = self.taught(index, chosen) if self.teacher else labels
        return self.changed(index, chosen, self.recipe.size), np.stack([self.target(taught, labels), labels], axis=1)

    def target(self, taught: Floats, labels: Floats) -> Floats:
        """What the loss compares with [N]: `taught` and `labels` mixed."""
        return self.recipe.teaching * taught + (1 - self.recipe.teaching) * labels if self.teacher else labels

    def taught(self, index: int, chosen: npt.NDArray[np.intp]) -> Floats:
        """The teacher's answers to the same copies at its own size."""
        assert self.teacher is not None
        return self.teacher.probability(self.changed(index, chosen, self.teacher.size))

    def rng_of(self, index: int, place: int) -> np.random.Generator:
        """What changes the film at `place` of batch `index`, the same whenever it is asked for."""
        return np.random.default_rng((self.recipe.seed, self.epoch, index, place))

    def changed(self, index: int, chosen: npt.NDArray[np.intp], size: tuple[int, int]) -> Pixels:
        """The same randomly changed copies at any size."""
        ranges = self.recipe.augmentation
        return np.stack(
            [augment(self.pixels[i, ..., 0], size, self.rng_of(index, place), ranges) for place, i in enumerate(chosen)]
        )


class LungBatches(BalancedBatches):
    """As `BalancedBatches`, for lung-pooled networks: lungs in other bodies, lungs covered, and where they are.

    Targets are a dictionary: ``logit`` float32 [batch, 2] as there, one half for a film whose lungs are covered;
    ``lungs`` float32 [batch, *map_size, 1], share of lung at each place. The weights of ``lungs`` are 0 where nobody
    drew them.

    Args:
        films: with their masks.
        labels, recipe, teacher: as there.
        map_size: (h, w) of the network's last features.
    """

    def __init__(
        self,
        films: DrawnFilms,
        labels: Floats,
        recipe: BalancedRecipe,
        map_size: tuple[int, int],
        teacher: Teacher | None = None,
    ) -> None:
        self.films, self.map_size = films, map_size
        self.bodies = [np.flatnonzero(films.whole & (labels == label)) for label in (0, 1)]
        super().__init__(films.pixels, labels, recipe, teacher)

    def __getitem__(self, index: int) -> Any:
        chosen = self.order[:, index].ravel()
        labels = self.labels[chosen]
        copies = [self._copy(index, place, film) for place, film in enumerate(chosen)]
        pixels, maps, covered = (np.stack(part) for part in zip(*copies, strict=True))
        taught = labels
        if self.teacher:
            taught = self.taught(index, chosen)
        target = np.where(covered, np.float32(0.5), self.target(taught, labels))
        drawn = np.broadcast_to(self.films.drawn[chosen, np.newaxis, np.newaxis], maps.shape[:3]).astype(np.float32)
        weights = {LOGIT: np.ones(len(chosen), np.float32), LUNGS: drawn}
        return pixels, {LOGIT: np.stack([target, labels], axis=1), LUNGS: maps}, weights

    def changed(self, index: int, chosen: npt.NDArray[np.intp], size: tuple[int, int]) -> Pixels:
        """The same randomly changed copies at any size."""
        return np.stack([self._copy(index, place, film, size)[0] for place, film in enumerate(chosen)])

    def _copy(
        self, index: int, place: int, film: np.intp, size: tuple[int, int] | None = None
    ) -> tuple[Pixels, Floats, np.bool_]:
        """One changed copy, its lung map, and whether its lungs are covered."""
        rng, swapping = self.rng_of(index, place), self.recipe.swapping
        pixels, lungs, covered = self.films.pixels[film, ..., 0], self.films.lungs[film], False
        if swapping and self.films.whole[film] and all(map(len, self.bodies)):
            draw, body = rng.random(), int(rng.choice(self.bodies[rng.integers(2)]))
            covered = draw < swapping.p_cover
            if covered:
                pixels, lungs = cover(self.films, int(film), body, rng, swapping), np.zeros_like(lungs)
            elif draw < swapping.p_cover + swapping.p_swap:
                pixels, lungs = swap(self.films, int(film), body, rng, swapping)
        copy, moved = augment_with_lungs(pixels, lungs, size or self.recipe.size, rng, self.recipe.augmentation)
        height, width = self.map_size
        area = Image.fromarray(moved).resize((width, height), Image.Resampling.BOX)
        shares: Floats = np.asarray(area, np.float32) / np.float32(LUNG)
        return copy, shares[..., np.newaxis], np.bool_(covered)
