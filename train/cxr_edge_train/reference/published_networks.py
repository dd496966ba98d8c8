"""The ten networks, layer by layer as published, on one grey film.

All take grey levels 0…255 [N, H, W, 1] and give one logit [N, 1]; most published ones end in its sigmoid, which
changes no weight. Series B sees the grey film in three equal channels, as a colour decoder gives it.
"""

from __future__ import annotations

from collections.abc import Callable

import keras

from cxr_edge_train.learning.networks import MOBILENET_WEIGHTS, imagenet
from cxr_edge_train.reference.input_sizes import SERIES_A, SERIES_B

layers = keras.layers
VGG_WEIGHTS = "vgg19_imagenet_no_top.weights.h5"


def a1_baseline() -> keras.Model:
    """One convolution and one dense layer."""
    film = keras.Input((*SERIES_A, 1), name="film")
    x = layers.Conv2D(32, 3, activation="relu")(layers.Rescaling(1 / 255)(film))
    return _logit(film, layers.Flatten()(layers.MaxPooling2D()(x)), "a1_baseline")


def a2_three_block(dropout: float = 0.0, augmented: bool = False, name: str = "a2_three_block") -> keras.Model:
    """Three convolutions; the dense layer works place by place, before flattening."""
    film = keras.Input((*SERIES_A, 1), name="film")
    x = _augment(film, zoom=True) if augmented else film
    x = layers.Rescaling(1 / 255)(x)
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Flatten()(layers.Dense(128, activation="relu")(x))
    return _logit(film, layers.Dropout(dropout)(x) if dropout else x, name)


def a3_dropout() -> keras.Model:
    """`a2_three_block` with dropout."""
    return a2_three_block(0.5, name="a3_dropout")


def a4_augmented() -> keras.Model:
    """`a3_dropout` behind augmentation, which works in training only."""
    return a2_three_block(0.5, augmented=True, name="a4_augmented")


def a5_vgg19() -> keras.Model:
    """VGG19 of ImageNet, frozen, behind augmentation and a convolution from grey to colour."""
    film = keras.Input((*SERIES_A, 1), name="film")
    x = layers.Conv2D(3, 3, padding="same", name="to_colour")(_augment(film, zoom=True))
    x = keras.applications.vgg19.preprocess_input(x)
    base = _frozen(keras.applications.VGG19, (*SERIES_A, 3), VGG_WEIGHTS)
    x = layers.Dense(256)(layers.Flatten()(base(x)))
    return _logit(film, layers.Dropout(0.5)(x), "a5_vgg19")


def b1_small_cnn(dropout: float = 0.0, normalised: bool = False, name: str = "b1_small_cnn") -> keras.Model:
    """Three small convolutions and a dense layer over all places."""
    film = keras.Input((*SERIES_B, 1), name="film")
    x = _colour(layers.Rescaling(1 / 255)(film))
    for filters in (8, 16, 32):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(x))
    x = layers.Flatten()(layers.Dropout(dropout)(x) if dropout else x)
    x = layers.Dense(128, activation="relu")(x)
    return _logit(film, layers.BatchNormalization()(x) if normalised else x, name)


def b2_batchnorm() -> keras.Model:
    """`b1_small_cnn` with dropout and batch normalization."""
    return b1_small_cnn(0.2, normalised=True, name="b2_batchnorm")


def b3_adam() -> keras.Model:
    """`b2_batchnorm` with less dropout."""
    return b1_small_cnn(0.1, normalised=True, name="b3_adam")


def b4_mobilenetv2_augmented(augmented: bool = True, name: str = "b4_mobilenetv2_augmented") -> keras.Model:
    """MobileNetV2 of ImageNet, frozen, and one dense layer."""
    film = keras.Input((*SERIES_B, 1), name="film")
    x = _colour(_augment(film, zoom=False) if augmented else film)
    x = keras.applications.mobilenet_v2.preprocess_input(x)
    base = _frozen(keras.applications.MobileNetV2, (*SERIES_B, 3), MOBILENET_WEIGHTS)
    x = layers.GlobalAveragePooling2D()(base(x))
    return _logit(film, layers.Dropout(0.2)(x), name)


def b5_mobilenetv2() -> keras.Model:
    """`b4_mobilenetv2_augmented` without augmentation."""
    return b4_mobilenetv2_augmented(augmented=False, name="b5_mobilenetv2")


def frozen_base(model: keras.Model) -> keras.Model | None:
    """The network of ImageNet inside `model`, if there is one."""
    return next((layer for layer in model.layers if isinstance(layer, keras.Model)), None)


def _logit(film: keras.KerasTensor, x: keras.KerasTensor, name: str) -> keras.Model:
    return keras.Model(film, layers.Dense(1, name="logit")(x), name=name)


def _augment(x: keras.KerasTensor, zoom: bool) -> keras.KerasTensor:
    x = layers.RandomRotation(0.05)(layers.RandomFlip("horizontal")(x))
    return layers.RandomZoom(0.2)(x) if zoom else x


def _colour(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Concatenate()([x, x, x])


def _frozen(build: Callable[..., keras.Model], shape: tuple[int, int, int], file: str) -> keras.Model:
    """A network of ImageNet that is not trained, and whose BatchNorm keeps its statistics."""
    base = build(input_shape=shape, include_top=False, weights=None)
    base.set_weights(imagenet(build, file).get_weights())
    for layer in base.layers:  # each by itself: BatchNorm heeds only its own flag
        layer.trainable = False
    base.trainable = False
    return base
