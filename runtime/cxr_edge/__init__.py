"""cxr-edge: does this chest X-ray look like pneumonia? In milliseconds, on any CPU, without a network.

A triage aid for research, not a cleared medical device.
"""

from cxr_edge.card import ModelCard
from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError, ModelIntegrityError, UnreadableFilm
from cxr_edge.prediction import Prediction
from cxr_edge.store import list_models

__version__ = "0.1.0"
__all__ = [
    "Classifier",
    "CxrEdgeError",
    "ModelCard",
    "ModelIntegrityError",
    "Prediction",
    "UnreadableFilm",
    "list_models",
]
