"""The linear end of a network, from which its heatmap is exact."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge import CxrEdgeError


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
    def has_places(self) -> bool:
        """Whether each place has a contribution of its own."""
        return self.weights.ndim == 3


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
