"""Does a film look like an upright frontal chest film of a child? A linear probe on the network's own middle layers.

The last layer has forgotten everything but pneumonia: turned, inverted and foreign pictures look typical there. In the
middle a linear classifier tells them apart. It is fitted on training films and on what `not_upright` makes of them, all
augmented as in training, so that films of other machines count as upright; and on films of adults, healthy and sick,
where there are some. How sure it must be is chosen on augmented validation films.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from cxr_edge.film.preprocess import resize
from cxr_edge.quality import ADULT, CROPPED, UPRIGHT
from cxr_edge_export.not_upright import KINDS
from cxr_edge_train.data.pixels import Pixels
from cxr_edge_train.learning.augment import Augmentation, augment
from cxr_edge_train.learning.lung_pooling import has_lungs

LAYERS = ("block_10_expand_relu", "block_13_expand_relu")


@dataclass(frozen=True)
class ViewProbe:
    """softmax(features @ weights + bias) over `kinds`.

    Attributes:
        weights: float32 [C, K] for the C channels of `LAYERS`, averaged over places.
        bias: float32 [K].
        kinds: upright first.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    kinds: tuple[str, ...]


def has_middle(model: keras.Model) -> bool:
    """Whether `model` has the `LAYERS` that the probe looks at."""
    return _place_of_middle(model) is not None


def _place_of_middle(model: keras.Model) -> int | None:
    """Where in ``model.layers`` the network is that has `LAYERS`."""
    for index, inner in enumerate(model.layers):
        if isinstance(inner, keras.Model) and {layer.name for layer in inner.layers}.issuperset(LAYERS):
            return index
    return None


def middle_maps(model: keras.Model) -> keras.Model:
    """Grey films [N, H, W, 1] to the maps of `LAYERS`, and last the map before global average pooling."""
    index = _place_of_middle(model)
    assert index is not None
    inner = model.layers[index]
    outputs = [*(inner.get_layer(name).output for name in LAYERS), inner.output]
    return keras.Model(model.inputs, keras.Model(inner.inputs, outputs)(model.layers[index - 1].output))


def middle_features(model: keras.Model) -> keras.Model:
    """Grey films [N, H, W, 1] to the channels of `LAYERS`, averaged over places [N, C]."""
    maps = middle_maps(model)
    pooled = [keras.layers.GlobalAveragePooling2D()(one) for one in maps.outputs[:-1]]
    return keras.Model(maps.inputs, keras.layers.Concatenate()(pooled))


def fit_view_probe(model: keras.Model, training: Pixels, adults: Pixels | None = None, seed: int = 0) -> ViewProbe:
    """Fit the probe of a network that `has_middle`.

    Args:
        model: with the layers it looks at.
        training: films uint8 [N, h, w, 1], larger than its input, so that zooming in loses nothing.
        adults: upright films of adults, likewise; without any they are no kind of their own.
        seed: of what is made of them.
    """
    rng, size = np.random.default_rng(seed), model.input_shape[1:3]
    kinds = [kind for kind in KINDS if kind != CROPPED or not has_lungs(model)]  # a lung map tells that better
    pictures = {kind: augmented_as(kind, training, size, rng) for kind in kinds}
    upright = {UPRIGHT: training} | ({} if adults is None else {ADULT: adults})
    for kind, films in upright.items():
        plain = np.stack([resize(Image.fromarray(film), size) for film in films[..., 0]])
        pictures[kind] = np.concatenate([plain, augmented_as(UPRIGHT, films, size, rng)])
    features = middle_features(model)
    x = np.concatenate([np.asarray(features.predict(p, batch_size=64, verbose=0)) for p in pictures.values()])
    y = np.repeat(np.arange(len(pictures)), [len(p) for p in pictures.values()])
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=500)).fit(x, y)
    scaler, linear = fitted[0], fitted[1]
    weights = (linear.coef_ / scaler.scale_).T  # (C, K), on unscaled features
    bias = linear.intercept_ - scaler.mean_ @ weights
    return ViewProbe(weights.astype(np.float32), bias.astype(np.float32), tuple(pictures))


def augmented_as(kind: str, films: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Each of `films` made into `kind` and augmented, uint8 [M, height, width, 1]; twice if there are several ways."""
    makers = KINDS[kind]
    unflipped = Augmentation(p_flip=0.0)  # mirrored before, since mirroring a film turned left makes one turned right
    made = []
    for film in tqdm([*films[..., 0]] * min(len(makers), 2), desc=kind, unit="film", disable=None, leave=False):
        mirrored = film[:, :: rng.choice([-1, 1])]
        picture = makers[rng.integers(len(makers))](mirrored, rng)
        made.append(augment(np.ascontiguousarray(picture), size, rng, unflipped))
    return np.stack(made)
