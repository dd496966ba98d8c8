"""The ten reference models: what was published of each, as data. Building one needs Keras; reading this does not.

Series A: "Identifying Pneumonia using Convolutional Neural Networks" (2023). Series B: "Case 2. Pneumonia X-ray image
analysis" (2022). Published test figures are in percent for A and shares for B, as printed there; here all are shares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cxr_edge_train.reference.input_sizes import SERIES_A, SERIES_B

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ReferenceModel:
    """One published network and its training.

    Attributes:
        key: its name here.
        build: makes it, with ImageNet weights where it has any.
        size: (height, width) of the input, pixels.
        channels: that the published network has; the film's one grey channel is repeated to as many.
        parameters, trainable: published counts; for `a5_vgg19` of the frozen VGG19 alone.
        optimizer, learning_rate, epochs, batch: of the published training.
        augmented: behind random layers.
        class_weights: n / (2 n of the class), as series A did.
        keep_best: the epoch of the lowest validation loss is kept, not the last.
        seed: of split and initial weights.
        published: test figures as printed, by name.
        validation_accuracy: of the kept epoch, as printed; None where none was.
        printed_correctly: False where the printed figures are known to be wrong.
        source: the notebook.
    """

    key: str
    build: Callable[[], keras.Model]
    size: tuple[int, int]
    channels: int
    parameters: int
    trainable: int
    optimizer: str
    learning_rate: float
    epochs: int
    batch: int
    augmented: bool
    class_weights: bool
    keep_best: bool
    seed: int
    published: dict[str, float]
    validation_accuracy: float | None
    printed_correctly: bool
    source: str

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        """A fresh Keras optimizer."""
        import keras

        kind = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[self.optimizer]
        return kind(self.learning_rate)


def _build(key: str) -> keras.Model:
    from cxr_edge_train.reference import published_networks

    model: keras.Model = getattr(published_networks, key)()
    return model


def _a(
    key: str, parameters: int, published: tuple[float, float, float, float], validation_accuracy: float,
    trainable: int | None = None, epochs: int = 30, augmented: bool = False,
) -> ReferenceModel:  # fmt: skip
    names = ("accuracy", "sensitivity", "specificity", "false_negative_rate")
    return ReferenceModel(
        key=key,
        build=partial(_build, key),
        size=SERIES_A,
        channels=1,
        parameters=parameters,
        trainable=parameters if trainable is None else trainable,
        optimizer="adam",
        learning_rate=1e-3,
        epochs=epochs,
        batch=64,
        augmented=augmented,
        class_weights=True,
        keep_best=True,
        seed=42,
        published={name: round(value / 100, 4) for name, value in zip(names, published, strict=True)},
        validation_accuracy=round(validation_accuracy / 100, 4),
        printed_correctly=True,
        source="series A, 2023",
    )


def _b(
    key: str, parameters: int, trainable: int, published: tuple[float, float, float],
    optimizer: str = "rmsprop", learning_rate: float = 1e-4, augmented: bool = False,
) -> ReferenceModel:  # fmt: skip
    return ReferenceModel(
        key=key,
        build=partial(_build, key),
        size=SERIES_B,
        channels=3,
        parameters=parameters,
        trainable=trainable,
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=10,
        batch=128,
        augmented=augmented,
        class_weights=False,
        keep_best=False,
        seed=123,
        published=dict(zip(("accuracy", "sensitivity", "specificity"), published, strict=True)),
        validation_accuracy=None,
        printed_correctly=False,
        source="series B, 2022",
    )


_ALL = (
    _a("a1_baseline", 453_473, (95.90, 97.19, 92.43, 2.81), 96.15),
    _a("a2_three_block", 224_385, (94.97, 96.26, 91.48, 3.74), 96.15),
    _a("a3_dropout", 224_385, (95.48, 96.02, 94.01, 3.98), 94.87, epochs=40),
    _a("a4_augmented", 224_385, (94.54, 96.26, 89.91, 3.74), 93.16, augmented=True),
    _a("a5_vgg19", 20_024_384, (91.72, 90.06, 96.21, 9.94), 91.88, trainable=0, augmented=True),
    _b("b1_small_cnn", 1_054_865, 1_054_865, (0.58, 0.833, 0.168)),
    _b("b2_batchnorm", 1_055_377, 1_055_121, (0.54, 0.621, 0.389), learning_rate=1e-5),
    _b("b3_adam", 1_055_377, 1_055_121, (0.52, 0.64, 0.348), optimizer="adam", learning_rate=1e-5),
    _b("b4_mobilenetv2_augmented", 2_259_265, 1_281, (0.55, 0.70, 0.303), augmented=True),
    _b("b5_mobilenetv2", 2_259_265, 1_281, (0.55, 0.76, 0.223)),
)
REFERENCE: dict[str, ReferenceModel] = {model.key: model for model in _ALL}
