"""Everything that decides what a training run learns, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from cxr_edge_train.learning.augment import Augmentation
from cxr_edge_train.learning.swapping import Swapping

BALANCED, REFERENCE_KIND = "balanced", "reference"
"""The kinds of recipe: our own, and those of the published notebooks."""


class Recipe(Protocol):
    """What a recipe of either kind says; ``recipe.json`` of a run holds its `to_dict`."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the network's input, pixels."""
        ...

    @property
    def seed(self) -> int:
        """Of everything random."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, of which ``kind`` is `BALANCED` or `REFERENCE_KIND`, and ``network`` a name."""
        ...


@dataclass(frozen=True)
class BalancedRecipe:
    """Balanced, augmented batches and averaged weights. The defaults are those of the bundled model.

    Attributes:
        network: a key of `cxr_edge_train.learning.networks.NETWORKS`.
        size: (height, width) of the network's input, pixels.
        source_size: (height, width) that films are held at; changed copies are cut from there.
        epochs, batch: of balanced batches.
        learning_rate: peak; one epoch of linear warm-up, then a cosine to zero.
        weight_decay: AdamW's, on kernels only.
        clip_norm: global, of the gradient.
        label_smoothing: of the binary cross-entropy.
        ema: momentum of the averaged weights, which are the ones kept.
        validation: share of the training films, whole patients.
        fold: which such share; together the folds leave every patient out once.
        seed: of split, order, augmentation and dropout.
        teachers: sha256 of the model files whose mean answer is learned, if any.
        start: sha256 of the model file whose weights it begins with; None for those of ImageNet.
        teaching: weight of that answer in the target; the label has the rest.
        lung_weight: of the loss of the lung map, beside 1 of the answer's; only of lung-pooled networks.
        swapping: how lung masks are used; only for lung-pooled networks, None for no swaps.
    """

    network: str = "lung_short"
    size: tuple[int, int] = (96, 96)
    source_size: tuple[int, int] = (224, 224)
    epochs: int = 8
    batch: int = 32
    learning_rate: float = 3e-4
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    label_smoothing: float = 0.05
    ema: float = 0.99
    validation: float = 0.15
    fold: int = 0
    seed: int = 1
    teachers: tuple[str, ...] = ()
    start: str | None = None
    teaching: float = 0.7
    lung_weight: float = 0.5
    swapping: Swapping | None = field(default_factory=Swapping)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": BALANCED, **asdict(self)}
