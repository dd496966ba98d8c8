"""A network and a recipe that train in seconds, and drawn films in Kaggle's layout."""

from __future__ import annotations

from pathlib import Path

import keras

from cxr_edge_train.data.phantom import Opacity, Phantom, draw
from cxr_edge_train.evaluation.metrics import Metrics
from cxr_edge_train.learning.augment import Augmentation
from cxr_edge_train.learning.balanced_training import BalancedTraining
from cxr_edge_train.learning.networks import close_with_logit
from cxr_edge_train.learning.recipe import BalancedRecipe
from cxr_edge_train.learning.teacher import Teacher
from cxr_edge_train.learning.trainer import train

RECIPE = BalancedRecipe(
    network="tiny",
    size=(32, 32),
    source_size=(40, 40),
    epochs=4,
    batch=8,
    learning_rate=1e-2,
    ema=0.8,
    validation=0.25,
    augmentation=Augmentation(p_band=0.0, p_rectangle=0.0, p_rescale=0.0, p_noise=0.0),
)


def tiny_network(size: tuple[int, int]) -> keras.Model:
    """MobileNetV2's parts in small: strided convolution, BatchNorm, ReLU6, depthwise, dropout."""
    layers = keras.layers
    film = keras.Input((*size, 1), name="film")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(film)
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.7)(x))
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.7)(x))
    return close_with_logit(film, x, 0.1, "tiny")


def train_tiny(
    data: Path, run: Path, recipe: BalancedRecipe = RECIPE, teacher: Teacher | None = None
) -> dict[str, Metrics]:
    """Train `tiny_network` by `recipe`."""
    return train(BalancedTraining(recipe, tiny_network, teacher), data, run)


def draw_data(folder: Path, per_class: int = 24) -> None:
    """Write ``train`` and ``test`` with NORMAL and PNEUMONIA, one patient a film, phantoms of 80 pixels."""
    for part, first, count in (("train", 0, per_class), ("test", 1000, per_class // 2)):
        for label in ("NORMAL", "PNEUMONIA"):
            (folder / part / label).mkdir(parents=True)
        for seed in range(first, first + count):
            draw(Phantom(seed), 80).save(folder / part / "NORMAL" / f"IM-{seed:04}-0001.png")
            sick = Phantom(seed + 500, (Opacity(-0.36, 0.5), Opacity(0.4, 0.46)))
            draw(sick, 80).save(folder / part / "PNEUMONIA" / f"person{seed}_virus_1.png")
