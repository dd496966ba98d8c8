"""The first step: everything that a finished training run left behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from cxr_edge_train.data.split import Split, read_manifest
from cxr_edge_train.learning.recipe import REFERENCE_KIND
from cxr_edge_train.learning.run_folder import ChosenThresholds, read_chosen_thresholds, read_record


@dataclass(frozen=True)
class FinishedRun:
    """A training run that can be exported.

    Attributes:
        folder: of the run.
        model: the Keras original.
        record: ``recipe.json``.
        chosen: temperature and thresholds.
        split: its films, each checked against the manifest.
    """

    folder: Path
    model: keras.Model
    record: dict[str, Any]
    chosen: ChosenThresholds
    split: Split

    @property
    def recipe(self) -> dict[str, Any]:
        """What was asked for, as plain values."""
        recipe: dict[str, Any] = self.record["run"]["recipe"]
        return recipe

    @property
    def network(self) -> str:
        """The network's name."""
        name: str = self.recipe["network"]
        return name

    @property
    def is_reference(self) -> bool:
        """Whether it is a published network, exported for comparison only."""
        return bool(self.recipe["kind"] == REFERENCE_KIND)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input, pixels."""
        height, width = self.model.input_shape[1:3]
        return height, width

    @property
    def source_size(self) -> tuple[int, int]:
        """(height, width) that training held films at, pixels."""
        height, width = self.recipe["source_size"]
        return height, width

    @property
    def model_name(self) -> str:
        """What the exported model is called unless it is named: network and, for our own, the width of its input."""
        return self.network if self.is_reference else f"{self.network.replace('_', '')}-{self.size[1]}"


def load_run(folder: Path, data: Path) -> FinishedRun:
    """Read a finished run.

    Args:
        folder: that `cxr_edge_train.learning.trainer.train` wrote.
        data: the folder it was trained on.

    Raises:
        CxrEdgeError: the run is not finished, or a film is not the one of its manifest.
    """
    chosen = read_chosen_thresholds(folder)
    return FinishedRun(
        folder,
        keras.models.load_model(folder / "model.keras"),
        read_record(folder),
        chosen,
        read_manifest(folder / "manifest.csv", data),
    )
