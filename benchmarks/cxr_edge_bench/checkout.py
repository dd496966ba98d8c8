"""Where this source tree keeps what was measured, and the models that it ships."""

from __future__ import annotations

import os
from pathlib import Path

from cxr_edge import Classifier, list_models
from cxr_edge.store import BundledModel
from cxr_edge_demo.comparison import comparison_models

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"


def shipped_models() -> tuple[BundledModel, ...]:
    """The models that the runtime bundles, and those that the demo brings to compare with."""
    return (*list_models(), *comparison_models())


def load(model: BundledModel) -> Classifier:
    """A shipped model, after its sha256 was checked."""
    return Classifier.load(model.path, sha256=model.sha256)


def films_folder() -> Path | None:
    """``$CXR_EDGE_DATA/chest_xray``; None without it."""
    folder = Path(os.environ.get("CXR_EDGE_DATA", ""), "chest_xray")
    return folder if folder.is_dir() else None
