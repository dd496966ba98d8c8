"""Metrics of scored films whose folder names are their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.labels import label_of
from cxr_edge_train.evaluation.metrics import Metrics, measure


def evaluate(scores: dict[str, Any], below: Path | None = None) -> tuple[Metrics, int]:
    """Measure the output of ``cxr-edge predict --format json`` at the threshold it names.

    Args:
        scores: the parsed JSON.
        below: folder that all the films lie in; folders above it give no label.

    Returns:
        The metrics of the films that were scored, and how many could not be read.

    Raises:
        CxrEdgeError: a film's label is not clear from its path, or one class has fewer than two films.
    """
    labels, probabilities, logits = [], [], []
    for film in scores["films"]:
        if film["probability"] is not None:
            labels.append(float(label_of(film["path"], below)))
            probabilities.append(film["probability"])
            logits.append(film["logit"])
    try:
        threshold = scores["model"]["threshold"]
        metrics = measure(np.array(labels), np.array(probabilities), threshold, np.array(logits))
    except ValueError as error:
        raise CxrEdgeError(str(error)) from None
    return metrics, len(scores["films"]) - len(labels)
