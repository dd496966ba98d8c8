"""Lung pooling: the network finds the lungs, and its answer is the mean of what it sees there.

One 1 × 1 convolution on the last features says how much of each place is lung, and learns that from drawn masks.
Another says what each place contributes. The logit is their mean weighted by lung, plus a bias: what lies outside the
lungs has next to no weight, and the heatmap stays exact.
"""

from __future__ import annotations

from typing import Any

import keras

LOGIT, LUNGS, EVIDENCE = "logit", "lungs", "evidence"
"""Names of the two outputs of a lung-pooled network, and of the layer before its pooling."""
OUTSIDE = 0.02
"""Weight of a place without lung: without one, a film with no lungs at all would divide by zero."""


@keras.saving.register_keras_serializable("cxr_edge")
class LungPooling(keras.layers.Layer):  # type: ignore[misc]
    """Evidence [N, h, w, 1] and lungs [N, h, w, 1], 0…1, to logits [N, 1].

    No gradient goes through the weights: the network cannot mend an answer by looking away.
    """

    def build(self, input_shape: Any) -> None:
        """Make the bias of the logit."""
        self.bias = self.add_weight(name="bias", shape=(1,), initializer="zeros")

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """As Keras calls it."""
        evidence, lungs = inputs
        weight = keras.ops.stop_gradient(lungs) + OUTSIDE
        weighted = keras.ops.sum(weight * evidence, axis=(1, 2))
        return weighted / keras.ops.sum(weight, axis=(1, 2)) + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """One logit a film."""
        return (input_shape[0][0], 1)


def close_with_lungs(film: keras.KerasTensor, features: keras.KerasTensor, dropout: float, name: str) -> keras.Model:
    """Close a network with lung pooling: `film` to ``logit`` [N, 1] and ``lungs`` [N, h, w, 1]."""
    lungs = keras.layers.Conv2D(1, 1, activation="sigmoid", name=LUNGS)(features)
    dropped = keras.layers.Dropout(dropout)(features)
    evidence = keras.layers.Conv2D(1, 1, use_bias=False, name=EVIDENCE)(dropped)
    return keras.Model(film, {LOGIT: LungPooling(name=LOGIT)((evidence, lungs)), LUNGS: lungs}, name=name)


def has_lungs(model: keras.Model) -> bool:
    """Whether `model` is lung-pooled."""
    return isinstance(model.output, dict) and LUNGS in model.output
