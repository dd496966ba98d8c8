"""Finished runs that a new one learns from or starts from, and that must not have seen what it leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.split import read_rows
from cxr_edge_train.learning import lung_pooling  # noqa: F401 - Keras loads its layer by name


def finished_models(runs: Sequence[Path], role: str) -> list[Path]:
    """The Keras file of each run.

    Args:
        runs: at least one.
        role: what they are wanted as, for the error.

    Raises:
        CxrEdgeError: one is not a finished run.
    """
    missing = [str(run) for run in runs if not (run / "operating_point.json").is_file()]
    if missing or not runs:
        raise CxrEdgeError(f"{', '.join(missing)}: found no finished training run; expected one as {role}")
    return [run / "model.keras" for run in runs]


def refuse_leak(runs: Iterable[Path], held_out: Iterable[LabelledFilm]) -> None:
    """Raise `CxrEdgeError` if a run was trained on one of these films: it would give the answers away."""
    wanted = {film.sha256 for film in held_out}
    for run in runs:
        seen = wanted & {row["sha256"] for row in read_rows(run / "manifest.csv") if row["part"] == "train"}
        if seen:
            raise CxrEdgeError(
                f"{run}: found a run that was trained on {len(seen)} of the films held out here; "
                "expected one of the same seed, share and fold"
            )


@dataclass(frozen=True)
class Start:
    """A finished run whose weights a new one begins with: the same network, often at a smaller size.

    Attributes:
        run: its folder.
    """

    run: Path

    @property
    def sha256(self) -> str:
        """Of its Keras file."""
        (file,) = finished_models([self.run], "a start")
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def give(self, model: keras.Model) -> None:
        """Put its weights into `model`.

        Raises:
            CxrEdgeError: it is another network.
        """
        (file,) = finished_models([self.run], "a start")
        begun = keras.models.load_model(file)
        if [w.shape for w in begun.weights] != [w.shape for w in model.weights]:
            raise CxrEdgeError(f"{self.run}: found the network {begun.name}; expected {model.name} as a start")
        model.set_weights(begun.get_weights())
