"""Metrics of scored films whose folder names are their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge_train.films import CLASSES
from cxr_edge_train.metrics import Metrics, measure


def evaluate(scores: dict[str, Any]) -> tuple[Metrics, int]:
    """Measure the output of ``cxr-edge predict --format json`` at the threshold it names.

    Returns:
        The metrics of the films that were scored, and how many could not be read.

    Raises:
        CxrEdgeError: a film lies in no folder named after a class, or one class has fewer than two films.
    """
    labels, probabilities = [], []
    for film in scores["films"]:
        folder = Path(film["path"]).parent.name
        if folder not in CLASSES:
            raise CxrEdgeError(f"{film['path']}: found folder {folder!r}; expected {' or '.join(CLASSES)}")
        if film["probability"] is not None:
            labels.append(float(CLASSES.index(folder)))
            probabilities.append(film["probability"])
    try:
        metrics = measure(np.array(labels), np.array(probabilities), scores["model"]["threshold"])
    except ValueError as error:
        raise CxrEdgeError(str(error)) from None
    return metrics, len(scores["films"]) - len(labels)
