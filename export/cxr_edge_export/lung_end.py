"""The end of a lung-pooled network: two 1 × 1 convolutions, and a mean weighted by lung."""

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
        evidence = tf.nn.conv2d(maps, self.evidence, strides=1, padding="VALID")[..., 0]
        lungs = tf.sigmoid(tf.nn.conv2d(maps, self.lungs, strides=1, padding="VALID")[..., 0] + self.lungs_bias)
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
