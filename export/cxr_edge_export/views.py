"""Does a film look like an upright frontal chest film? A linear probe on the network's own middle layer.

The last layer has forgotten everything but pneumonia: turned, inverted and foreign pictures look typical there. In the
middle, after the sixth block of MobileNetV2, a linear classifier tells them apart almost without error. It is fitted on
training films and their turned and inverted copies; how sure it must be is chosen on validation films.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxr_edge_export.parity import answers
from cxr_edge_train.statistics import proportion

Pixels = npt.NDArray[np.uint8]
LAYER = "block_6_expand_relu"
FILMS = 1500  # of the training part; more changes nothing
FLAGGED = 0.01  # of the validation films, upright as they are
KINDS: dict[str, Callable[[Pixels], Pixels]] = {
    "upright": lambda films: films,
    "turned left": lambda films: np.rot90(films, 1, axes=(1, 2)),
    "upside down": lambda films: films[:, ::-1, ::-1],
    "turned right": lambda films: np.rot90(films, -1, axes=(1, 2)),
    "inverted": lambda films: 255 - films,
}


@dataclass(frozen=True)
class Views:
    """softmax(features @ weights + bias) over `KINDS`.

    `weights` is float32 [C, 5] for the C channels of `LAYER`, averaged over places; `bias` float32 [5].
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def middle(model: keras.Model) -> keras.Model | None:
    """The channels of `LAYER`, averaged over places [N, C], of grey films [N, H, W, 1]; None without that layer."""
    split = with_middle(model)
    if split is None:
        return None
    return keras.Model(split.inputs, keras.layers.GlobalAveragePooling2D()(split.outputs[0]))


def with_middle(model: keras.Model) -> keras.Model | None:
    """Grey films to [the map of `LAYER`, the map before global average pooling]; None without that layer."""
    for index, inner in enumerate(model.layers):
        if isinstance(inner, keras.Model) and LAYER in {layer.name for layer in inner.layers}:
            both = keras.Model(inner.inputs, [inner.get_layer(LAYER).output, inner.output])
            return keras.Model(model.inputs, both(model.layers[index - 1].output))
    return None


def fit_views(model: keras.Model, training: Pixels) -> Views | None:
    """Fit the probe; None for a network without `LAYER`."""
    probe = middle(model)
    if probe is None:
        return None

    def features(films: Pixels) -> npt.NDArray[Any]:
        return np.asarray(probe.predict(films, batch_size=64, verbose=0))

    x = np.concatenate([features(turn(training)) for turn in KINDS.values()])
    y = np.repeat(np.arange(len(KINDS)), len(training))
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(x, y)
    scaler, linear = fitted[0], fitted[1]
    weights = (linear.coef_ / scaler.scale_).T  # (C, 5), on unscaled features
    bias = linear.intercept_ - scaler.mean_ @ weights
    return Views(weights.astype(np.float32), bias.astype(np.float32))


def read_views(model: bytes, validation: Pixels, test: Pixels) -> dict[str, Any]:
    """How to read the output ``view`` of an exported file, for its card.

    Returns:
        ``kinds``, in order; ``threshold``, below which the probability of upright is not trusted, such that `FLAGGED`
        of the validation films are doubted; ``doubted``, the share of the test films as each kind, with interval.
    """
    threshold = float(np.quantile(answers(model, validation, "view")[:, 0], FLAGGED))
    doubted = {}
    for kind, turn in KINDS.items():
        upright = answers(model, np.ascontiguousarray(turn(test)), "view")[:, 0]
        doubted[kind] = asdict(proportion(int((upright < threshold).sum()), len(test)))
    return {"kinds": list(KINDS), "threshold": threshold, "doubted": doubted}
