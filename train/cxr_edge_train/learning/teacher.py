"""A trained network, or several, whose answers a smaller one learns to give (Hinton et al. 2015)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.split import read_rows


class Teacher:
    """The mean logit of finished training runs of one input size.

    Attributes:
        size: (height, width) of their input.
        sha256: of their model files, in order.
    """

    def __init__(self, runs: Sequence[Path]) -> None:
        missing = [str(run) for run in runs if not (run / "operating_point.json").is_file()]
        if missing or not runs:
            raise CxrEdgeError(f"{', '.join(missing)}: found no finished training run; expected one as a teacher")
        self.runs = runs
        files = [run / "model.keras" for run in runs]
        self.sha256 = tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
        self.models = [keras.models.load_model(file) for file in files]
        sizes = {model.input_shape[1:3] for model in self.models}
        if len(sizes) > 1:
            raise CxrEdgeError(f"found teachers of the sizes {sorted(sizes)}; expected one size")
        self.size: tuple[int, int] = sizes.pop()

    def probability(self, films: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """P(pneumonia) float32 [N], not calibrated, of films uint8 [N, *size, 1]."""
        logits = [np.asarray(model.predict_on_batch(films))[:, 0] for model in self.models]
        return np.asarray(sigmoid(np.mean(logits, axis=0, dtype=np.float64)), np.float32)

    def refuse_leak(self, held_out: Iterable[LabelledFilm]) -> None:
        """Raise `CxrEdgeError` if a teacher was trained on one of these films: it would give the answers away."""
        wanted = {film.sha256 for film in held_out}
        for run in self.runs:
            seen = wanted & {row["sha256"] for row in read_rows(run / "manifest.csv") if row["part"] == "train"}
            if seen:
                raise CxrEdgeError(
                    f"{run}: found a teacher that was trained on {len(seen)} of the films held out here; "
                    "expected one of the same seed, share and fold"
                )
