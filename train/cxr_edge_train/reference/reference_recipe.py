"""The recipe of a reference model, as data: what was published, by which protocol, for how many epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge_train.learning.recipe import REFERENCE_KIND
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.registry import REFERENCE, ReferenceModel

COPIES = 4
"""Augmented copies of each training film where features of a frozen network are kept, beside the film as it is."""


@dataclass(frozen=True)
class ReferenceRecipe:
    """One training run of a reference model.

    Attributes:
        key: of `REFERENCE`.
        protocol: of `PROTOCOLS`.
        epochs: to run; the published number unless another was asked for.
        other_seed: of initial weights, order and augmentation, where it is not the published one; the split stays.
        bfloat16: whether products in training are: several times as fast on a CPU that has them.
    """

    key: str
    protocol: str
    epochs: int
    other_seed: int | None = None
    bfloat16: bool = False

    @property
    def model(self) -> ReferenceModel:
        """What was published."""
        return REFERENCE[self.key]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the network's input, pixels."""
        return self.model.size

    @property
    def seed(self) -> int:
        """Of initial weights, order and augmentation."""
        return self.model.seed if self.other_seed is None else self.other_seed

    @property
    def split_seed(self) -> int:
        """Of the split: always the published one."""
        return self.model.seed

    @property
    def keeps_features(self) -> bool:
        """Whether what comes behind a frozen network is trained on kept features, with `COPIES` augmented ones a film.

        The convolution before the frozen network then keeps its first weights, which repeat the grey film in three
        channels.
        """
        return self.key == "a5_vgg19"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        model = self.model
        recipe = {
            "kind": REFERENCE_KIND,
            "network": self.key,
            "protocol": self.protocol,
            "size": model.size,
            "source_size": model.size,
            "epochs_published": model.epochs,
            "epochs_run": self.epochs,
            "batch": model.batch,
            "optimizer": model.optimizer,
            "learning_rate": model.learning_rate,
            "class_weights": model.class_weights,
            "augmentation": self._augmentation(),
            "kept_epoch": "lowest validation loss" if model.keep_best else "last",
            "seed": self.seed,
            "films_are": "224 × 224 copies where CXR_EDGE_DATA holds such: an input of 240 is then an upscale",
        }
        if self.bfloat16:
            recipe["products"] = "bfloat16"
        if self.keeps_features:
            frozen = "the frozen network, and the convolution before it: it repeats the film in three channels"
            recipe["not_trained"] = frozen
        return recipe

    def _augmentation(self) -> str:
        if not self.model.augmented:
            return "none"
        kept = f"{COPIES} random copies of each film, kept, beside the film itself"
        return kept if self.keeps_features else "random, every epoch"


def reference_recipe(
    key: str, protocol: str, epochs: int | None = None, other_seed: int | None = None, bfloat16: bool = False
) -> ReferenceRecipe:
    """The published training of a model, or a shortened one, or one of another seed.

    Raises:
        CxrEdgeError: no such model or protocol.
    """
    for name, known in ((key, REFERENCE), (protocol, PROTOCOLS)):
        if name not in known:
            raise CxrEdgeError(f"found no {name}; expected one of {', '.join(known)}")
    return ReferenceRecipe(key, protocol, epochs or REFERENCE[key].epochs, other_seed, bfloat16)
