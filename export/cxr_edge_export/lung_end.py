"""The end of a lung-pooled network: two 1 × 1 convolutions as one product, and a mean weighted by lung."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from cxr_edge.session import HEATMAP, LUNGS
from cxr_edge_train.learning.lung_pooling import EVIDENCE, LOGIT, OUTSIDE, LungPooling
from cxr_edge_train.learning.lung_pooling import LUNGS as LUNGS_LAYER

Kernel = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LungEnd:
    """As `cxr_edge_train.learning.lung_pooling` has it.

    Attributes:
        maps: the tensor before the end, [N, h, w, C].
        evidence, lungs: kernels [1, 1, C, 1].
        lungs_bias, bias: of the lung map and of the logit.
    """

    maps: keras.KerasTensor
    evidence: Kernel
    lungs: Kernel
    lungs_bias: float
    bias: float

    names = (HEATMAP, LUNGS)
    """Of the outputs beside probability and logit."""

    def __call__(self, maps: tf.Tensor) -> list[tf.Tensor]:
        """Logit [N], contributions of places [N, h, w], and how much of each is lung, 0…1 [N, h, w]."""
        _, height, width, channels = maps.shape
        # A matrix product takes the maps as the convolutions before it leave them, channels last: a convolution of one
        # output channel costs three changes of layout and seven channels of zeros.
        both = np.concatenate([self.evidence, self.lungs], axis=-1).reshape(channels, 2)
        places = tf.reshape(maps, (-1, height * width, channels)) @ both  # (N, hw, 2)
        evidence, lungs = (tf.reshape(part, (-1, height, width)) for part in tf.split(places, 2, axis=-1))
        lungs = tf.sigmoid(lungs + self.lungs_bias)
        weight = lungs + OUTSIDE
        heatmap = evidence * weight / tf.reduce_sum(weight, axis=(1, 2), keepdims=True)
        return [tf.reduce_sum(heatmap, axis=(1, 2)) + self.bias, heatmap, lungs]


def lung_end(model: keras.Model) -> LungEnd | None:
    """The lung-pooled end of `model`; None for other networks."""
    pooling = next((layer for layer in model.layers if isinstance(layer, LungPooling)), None)
    if pooling is None:
        return None
    lungs = model.get_layer(LUNGS_LAYER)
    kernel, lungs_bias = lungs.get_weights()
    (evidence,) = model.get_layer(EVIDENCE).get_weights()
    (bias,) = model.get_layer(LOGIT).get_weights()
    return LungEnd(lungs.input, evidence, kernel, float(lungs_bias[0]), float(bias[0]))
