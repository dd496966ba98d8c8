"""Does a film look like an upright frontal chest film? A linear probe on the network's own middle layers.

The last layer has forgotten everything but pneumonia: turned, inverted and foreign pictures look typical there. In the
middle a linear classifier tells them apart. It is fitted on training films and what `not_upright` makes of them, all augmented as in training, so that films of other machines count as upright; how sure it must be is chosen on
augmented validation films.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.film.preprocess import resize
from cxr_edge.quality import QualityLimits, of_pixels
from cxr_edge.session import VIEW
from cxr_edge_export.not_upright import KINDS
from cxr_edge_export.parity import answers
from cxr_edge_train.learning.augment import Augmentation, augment

Pixels = npt.NDArray[np.uint8]
LAYERS = ("block_10_expand_relu", "block_13_expand_relu")
FILMS = 1500  # of the training part; more changes nothing
DOUBTED = 0.05  # of the validation films, augmented as in training
EXTREME = 0.001  # of the training films, at either end of exposure


@dataclass(frozen=True)
class Views:
    """softmax(features @ weights + bias) over `KINDS`.

    `weights` is float32 [C, K] for the C channels of `LAYERS`, averaged over places; `bias` float32 [K].
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def middle(model: keras.Model) -> keras.Model | None:
    """The channels of `LAYERS`, averaged over places [N, C], of grey films [N, H, W, 1]; None without those layers."""
    split = with_middle(model)
    if split is None:
        return None
    pooled = [keras.layers.GlobalAveragePooling2D()(maps) for maps in split.outputs[:-1]]
    return keras.Model(split.inputs, keras.layers.Concatenate()(pooled))


def with_middle(model: keras.Model) -> keras.Model | None:
    """Grey films to the maps of `LAYERS` and then the map before global average pooling; None without those layers."""
    for index, inner in enumerate(model.layers):
        if isinstance(inner, keras.Model) and {layer.name for layer in inner.layers}.issuperset(LAYERS):
            outputs = [*(inner.get_layer(name).output for name in LAYERS), inner.output]
            all_of_it = keras.Model(inner.inputs, outputs)
            return keras.Model(model.inputs, all_of_it(model.layers[index - 1].output))
    return None


def fit_views(model: keras.Model, training: Pixels, seed: int = 0) -> Views | None:
    """Fit the probe; None for a network without `LAYERS`.

    Args:
        model: of the common shape.
        training: films uint8 [N, h, w, 1], larger than its input, so that zooming in loses nothing.
        seed: of what is made of them.
    """
    probe = middle(model)
    if probe is None:
        return None
    rng, size = np.random.default_rng(seed), model.input_shape[1:3]
    pictures = {kind: look_alikes(training, kind, size, rng) for kind in KINDS}
    plain = np.stack([resize(Image.fromarray(film), size) for film in training[..., 0]])
    pictures["upright"] = np.concatenate([plain, pictures["upright"]])
    x = np.concatenate([np.asarray(probe.predict(p, batch_size=64, verbose=0)) for p in pictures.values()])
    y = np.repeat(np.arange(len(KINDS)), [len(p) for p in pictures.values()])
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=500)).fit(x, y)
    scaler, linear = fitted[0], fitted[1]
    weights = (linear.coef_ / scaler.scale_).T  # (C, K), on unscaled features
    bias = linear.intercept_ - scaler.mean_ @ weights
    return Views(weights.astype(np.float32), bias.astype(np.float32))


def look_alikes(films: Pixels, kind: str, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Each of `films` made into `kind` and augmented, uint8 [M, height, width, 1]; twice if there are several ways."""
    makers = KINDS[kind]
    unflipped = Augmentation(p_flip=0.0)  # mirrored before, since mirroring a film turned left makes one turned right
    made = []
    for film in tqdm([*films[..., 0]] * min(len(makers), 2), desc=kind, unit="film", disable=None, leave=False):
        mirrored = film[:, :: rng.choice([-1, 1])]
        unlike = makers[rng.integers(len(makers))](mirrored, rng)
        made.append(augment(np.ascontiguousarray(unlike), size, rng, unflipped))
    return np.stack(made)


def quality_limits(model: bytes, size: tuple[int, int], training: Pixels, validation: Pixels) -> QualityLimits:
    """How to read the output ``view`` of an exported file, and which exposures it knows.

    Args:
        model: the ONNX file.
        size: of its input.
        training: films at that size, uint8 [N, height, width, 1].
        validation: films larger than that, as for `fit_views`.
    """
    stressed = look_alikes(validation, "upright", size, np.random.default_rng(0))
    upright = float(np.quantile(answers(model, stressed, VIEW)[0][:, 0], DOUBTED))
    means = training.mean(axis=(1, 2, 3))
    dark, bright = np.percentile(training, (5, 95), axis=(1, 2, 3))
    low, high = np.quantile(means, (EXTREME, 1 - EXTREME))
    contrast = float(np.quantile(bright - dark, EXTREME))
    return QualityLimits(tuple(KINDS), upright, (float(low), float(high)), contrast, {})


def flagged(model: bytes, films: Pixels, limits: QualityLimits) -> Estimate:
    """Share of `films`, uint8 [N, H, W, 1], with any quality reason."""
    (views,) = answers(model, films, VIEW)
    count = sum(bool(of_pixels(film, view, limits)) for film, view in zip(films, views, strict=True))
    return proportion(count, len(films))


def measured(model: bytes, test: Pixels, limits: QualityLimits) -> dict[str, Any]:
    """`flagged` of the test films as they are, turned and inverted, for the card."""
    rng = np.random.default_rng(0)
    shares = {}
    for kind in ("upright", "turned-left", "upside-down", "turned-right", "inverted"):
        turned = np.stack([KINDS[kind][0](film, rng) for film in test[..., 0]])[..., None]
        shares[f"test, {kind}"] = asdict(flagged(model, turned, limits))
    return shares
