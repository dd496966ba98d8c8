"""A trained network, or several, whose answers a smaller one learns to give (Hinton et al. 2015)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge_train.learning.earlier_run import finished_models
from cxr_edge_train.learning.networks import logits_of_batch


class Teacher:
    """The mean logit of finished training runs of one input size.

    Attributes:
        size: (height, width) of their input.
        sha256: of their model files, in order.
    """

    def __init__(self, runs: Sequence[Path]) -> None:
        files = finished_models(runs, "a teacher")
        self.runs = runs
        self.sha256 = tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
        self.models = [keras.models.load_model(file) for file in files]
        sizes = {model.input_shape[1:3] for model in self.models}
        if len(sizes) > 1:
            raise CxrEdgeError(f"found teachers of the sizes {sorted(sizes)}; expected one size")
        self.size: tuple[int, int] = sizes.pop()

    def probability(self, films: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """P(pneumonia) float32 [N], not calibrated, of films uint8 [N, *size, 1]."""
        logits = [logits_of_batch(model, films) for model in self.models]
        return np.asarray(sigmoid(np.mean(logits, axis=0, dtype=np.float64)), np.float32)
