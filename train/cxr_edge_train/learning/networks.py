"""The networks, as functions from an input size to a Keras model of the common shape.

Common shape: input ``film`` [H, W, 1] of grey levels 0…255 → … → a layer ``features`` [h, w, C] → global average
pooling → dropout → Dense(1) named ``logit``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge import CxrEdgeError
from cxr_edge_train.learning.lung_pooling import LOGIT, close_with_lungs, has_lungs

MOBILENET_WEIGHTS = "mobilenet_v2_1.0_224_imagenet_no_top.weights.h5"


def mobilenet_v2(size: tuple[int, int], dropout: float = 0.3, weights: str | None = "imagenet") -> keras.Model:
    """MobileNetV2 α=1.0 on one grey channel, from the ImageNet weights, BatchNorm frozen.

    The ImageNet network sees the grey film repeated in three channels; summing its first kernel over
    them is the same function of one channel at a third of the work. With ``weights=None`` they are random, which
    takes the same time and needs no file.
    """
    grey = keras.applications.MobileNetV2((*size, 1), include_top=False, weights=None, name="mobilenet_v2")
    colour = imagenet(keras.applications.MobileNetV2, MOBILENET_WEIGHTS) if weights else grey
    for source, target in zip(colour.layers, grey.layers, strict=True):
        values = source.get_weights()
        if source.name == "Conv1":
            values[0] = values[0].sum(axis=2, keepdims=True)
        target.set_weights(values)
        if isinstance(target, keras.layers.BatchNormalization):
            target.trainable = False  # training=False at the call would be overridden by fit()
    film = keras.Input((*size, 1), name="film")
    features = grey(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(film))
    return close_with_logit(film, features, dropout, "mobilenet_v2")


def mobilenet_v2_short(size: tuple[int, int], dropout: float = 0.2, weights: str | None = "imagenet") -> keras.Model:
    """`mobilenet_v2` up to the expansion of its 13th block: a quarter of the parameters, and a finer heatmap.

    What follows there, at a 32nd of the film's side, is most of the file and little of the answer.
    """
    film, features = _short(size, weights)
    return close_with_logit(film, features, dropout, "mobilenet_v2_short")


def lung_short(size: tuple[int, int], dropout: float = 0.2, weights: str | None = "imagenet") -> keras.Model:
    """`mobilenet_v2_short` with lung pooling."""
    film, features = _short(size, weights)
    return close_with_lungs(film, features, dropout, "lung_short")


def _short(size: tuple[int, int], weights: str | None) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Grey film, and its features after the expansion of block 13."""
    inner = mobilenet_v2(size, weights=weights).get_layer("mobilenet_v2")
    short = keras.Model(inner.inputs, inner.get_layer("block_13_expand_relu").output, name="mobilenet_v2")
    film = keras.Input((*size, 1), name="film")
    return film, short(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(film))


def close_with_logit(film: keras.KerasTensor, features: keras.KerasTensor, dropout: float, name: str) -> keras.Model:
    """Close a network with global average pooling, dropout and one logit."""
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(features)
    logit = keras.layers.Dense(1, name="logit")(keras.layers.Dropout(dropout)(pooled))
    return keras.Model(film, logit, name=name)


def logits(model: keras.Model, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What `model` says of films uint8 [N, H, W, 1]: float32 [N]."""
    return _logit_column(model, model.predict(pixels, batch_size=64, verbose=0))


def logits_of_batch(model: keras.Model, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """As `logits`, of few films at once."""
    return _logit_column(model, model.predict_on_batch(pixels))


def _logit_column(model: keras.Model, answers: Any) -> npt.NDArray[np.float32]:
    return np.asarray(answers[LOGIT] if has_lungs(model) else answers, np.float32)[:, 0]


def imagenet(build: Callable[..., keras.Model], file: str) -> keras.Model:
    """A network of `keras.applications` as trained on ImageNet, for colour pictures of 224 × 224, without its top.

    Args:
        build: of `keras.applications`.
        file: its weights, in the folder CXR_EDGE_WEIGHTS; without them Keras downloads its own copy.

    Raises:
        CxrEdgeError: neither is to be had.
    """
    path = Path(os.environ.get("CXR_EDGE_WEIGHTS", ""), file)
    if not path.is_file():
        print(f"{file} is not in CXR_EDGE_WEIGHTS: Keras downloads the ImageNet weights, or takes them from its cache")
    try:  # Keras has another checkpoint of MobileNetV2 for each size; this one serves them all
        return build(input_shape=(224, 224, 3), include_top=False, weights=str(path) if path.is_file() else "imagenet")
    except Exception as error:  # what Keras raises for a failed download
        raise CxrEdgeError(
            f"found no ImageNet weights ({error}); expected {file} in the folder CXR_EDGE_WEIGHTS, "
            "or a network to download Keras' own"
        ) from None


LUNG_POOLED = ("lung_short",)
"""Those of `NETWORKS` that find the lungs."""
NETWORKS: dict[str, Callable[..., keras.Model]] = {
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v2_short": mobilenet_v2_short,
    "lung_short": lung_short,
}
