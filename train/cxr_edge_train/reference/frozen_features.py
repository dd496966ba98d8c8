"""What a frozen network makes of each film, computed once and kept on disk.

With it the layers behind VGG19 train in seconds an epoch; VGG19 itself takes a quarter of a second a film.
Augmentation comes before the frozen network, so each augmented copy of a film costs as much again: only a few are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tqdm import tqdm

from cxr_edge.film.preprocess import UNWINDOWED, preprocess
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.reference.published_networks import frozen_base

Features = npt.NDArray[np.float16]
BATCH = 16


def split_at_base(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """`model` as film → maps of its frozen network, and maps → logit. The layers are shared, not copied."""
    place = model.layers.index(frozen_base(model))
    maps = model.layers[place + 1].input
    x = start = keras.Input(maps.shape[1:], name="maps")
    for layer in model.layers[place + 1 :]:
        x = layer(x)
    return keras.Model(model.inputs, maps), keras.Model(start, x, name=f"{model.name}_behind")


def kept_features(
    frozen: keras.Model, films: Sequence[LabelledFilm], *, copy: int, seed: int, folder: Path
) -> Features:
    """What `frozen` makes of each film, float16 [N, h, w, C]; computed for films that `folder` does not have yet.

    Args:
        frozen: first part of `split_at_base`, with random layers or without.
        films: in the order of the result.
        copy: 0 for the film as it is, 1… for augmented ones.
        seed: of the augmentation.
        folder: one file a film and copy, named by the film's sha256; an interrupted run goes on from them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{film.sha256}-{copy}.npy" for film in films]
    missing = [i for i, file in enumerate(files) if not file.is_file()]
    keras.utils.set_random_seed(seed + copy)
    size = frozen.input_shape[1:3]
    graph = tf.function(frozen)  # faster than layer by layer, and what `bfloat16_products` rewrites
    title = f"{frozen.layers[-1].name}, copy {copy}"
    for start in tqdm(range(0, len(missing), BATCH), desc=title, unit=f"{BATCH} films", disable=None):
        chosen = missing[start : start + BATCH]
        pixels = np.stack([preprocess(films[i].path, size, version=UNWINDOWED) for i in chosen])
        features = np.asarray(graph(pixels, training=copy > 0), np.float16)
        for i, one in zip(chosen, features, strict=True):
            _save(files[i], one)
    return np.stack([np.load(file) for file in files])


def _save(path: Path, features: Features) -> None:
    """A kill leaves no half file."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, features)
    partial.replace(path)
