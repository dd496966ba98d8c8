"""The linear end of a network, from which its heatmap is exact."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from cxr_edge import CxrEdgeError
from cxr_edge.session import HEATMAP


@dataclass(frozen=True)
class LinearEnd:
    """logit = Σ maps · weights + bias, over places and channels where `maps` still has places.

    Attributes:
        maps: the tensor before the linear end: [N, h, w, C], or [N, C] where the network mixes all places before it.
        weights: float32 [h, w, C], [1, 1, C] if the same at every place, or [C].
        bias: of the logit.
    """

    maps: keras.KerasTensor
    weights: npt.NDArray[np.float32]
    bias: float

    @property
    def names(self) -> tuple[str, ...]:
        """Of the outputs beside probability and logit: the heatmap, if each place has a contribution of its own."""
        return (HEATMAP,) if self.weights.ndim == 3 else ()

    def __call__(self, maps: tf.Tensor) -> list[tf.Tensor]:
        """The logit [N] and, where there are places, their contributions [N, h, w]."""
        if self.weights.ndim == 1:
            return [tf.linalg.matvec(maps, self.weights) + self.bias]
        if self.weights.shape[:2] == (1, 1):
            heatmap = tf.nn.conv2d(maps, self.weights[..., None], strides=1, padding="VALID")[..., 0]
        else:
            channels_first = tf.transpose(maps, (0, 3, 1, 2))  # as ONNX has them anyway
            heatmap = tf.reduce_sum(channels_first * np.moveaxis(self.weights, 2, 0), axis=1)
        return [tf.reduce_sum(heatmap, axis=(1, 2)) + self.bias, heatmap]


def linear_end(model: keras.Model) -> LinearEnd:
    """Everything linear at the end of `model`, multiplied out: dense layers without activation, flattening, pooling.

    Raises:
        CxrEdgeError: the last layer is no dense layer of one logit.
    """
    if getattr(model.layers[-1], "units", None) != 1 or not _is_linear(model.layers[-1]):
        raise CxrEdgeError(f"{model.name}: found no linear layer with one output at its end; expected one")
    weights, bias = np.ones((1, 1), np.float64), 0.0
    for layer in reversed(model.layers):
        if isinstance(layer, keras.layers.Dropout):
            continue
        if _is_linear(layer):
            kernel, offset = layer.get_weights()
            bias += float(offset @ weights[:, 0])
            weights = kernel @ weights
        elif isinstance(layer, keras.layers.Flatten):
            return LinearEnd(layer.input, weights.reshape(layer.input.shape[1:]).astype(np.float32), bias)
        elif isinstance(layer, keras.layers.GlobalAveragePooling2D):
            _, height, width, channels = layer.input.shape
            share = weights.reshape(1, 1, channels) / (height * width)
            return LinearEnd(layer.input, share.astype(np.float32), bias)
        else:
            return LinearEnd(layer.output, weights[:, 0].astype(np.float32), bias)
    raise AssertionError("a network begins with an input layer")


def _is_linear(layer: keras.Layer) -> bool:
    return (
        isinstance(layer, keras.layers.Dense)
        and layer.activation is keras.activations.linear
        and len(layer.input.shape) == 2
    )
