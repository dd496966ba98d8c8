"""cxr-edge: does this chest X-ray look like pneumonia? In milliseconds, on any CPU, without a network.

A triage aid for research, not a cleared medical device.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_edge.card import ModelCard
    from cxr_edge.classifier import Classifier
    from cxr_edge.errors import CxrEdgeError, ModelIntegrityError, UnreadableFilm
    from cxr_edge.film.preprocess import Prepared
    from cxr_edge.prediction import Prediction
    from cxr_edge.store import list_models

__version__ = "0.1.0"
__all__ = [
    "Classifier",
    "CxrEdgeError",
    "ModelCard",
    "ModelIntegrityError",
    "Prediction",
    "Prepared",
    "UnreadableFilm",
    "list_models",
]
_HOMES = {
    "Classifier": "classifier",
    "CxrEdgeError": "errors",
    "ModelCard": "card",
    "ModelIntegrityError": "errors",
    "Prediction": "prediction",
    "Prepared": "film.preprocess",
    "UnreadableFilm": "errors",
    "list_models": "store",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``cxr-edge --help`` loads neither numpy nor a model."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cxr_edge' has no attribute {name!r}")
    return getattr(importlib.import_module(f"cxr_edge.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
