"""Put an exported model into the package, and the evidence for it into ``results/``."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import keras
import numpy as np
from cxr_edge_train.learning.networks import logits

from cxr_edge import Classifier, CxrEdgeError, ModelCard
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.film.preprocess import preprocess
from cxr_edge.store import SAMPLES
from cxr_edge_train.data.records import write_json

EVIDENCE = (
    "recipe.json", "manifest.csv", "history.csv", "history.png", "operating_point.json", "predictions.csv",
    "metrics.json", "confusion.png", "export/parity.json",
)  # fmt: skip


def bundle(model: Path, run: Path, checkout: Path, alias: str | None = None) -> None:
    """Put `model` into the source tree `checkout`, and copy what `run` says of it.

    Args:
        model: a releasable file of `cxr_edge_export.release.export`.
        run: the training run it came from.
        checkout: root of a cxr-edge source tree.
        alias: what else it is called from now on, `default` or `accurate`; None leaves that as it was.

    Raises:
        CxrEdgeError: `checkout` is no such tree, or `model` does not load.
    """
    folder = checkout / "runtime/cxr_edge/models"
    if not folder.is_dir():
        raise CxrEdgeError(f"{checkout}: found no {folder}; expected the root of a cxr-edge source tree")
    classifier = Classifier.load(model)
    name = classifier.card.name
    shutil.copyfile(model, folder / model.name)
    index_file = folder / "index.json"
    index = json.loads(index_file.read_text())
    entry = {
        "name": name,
        "file": model.name,
        "sha256": classifier.sha256,
        "summary": classifier.card.summary,
    }
    others = [other for other in index["models"] if other["name"] != name]
    aliases = {**index["aliases"], **({alias: name} if alias else {})}
    write_json(index_file, {"aliases": aliases, "models": [*others, entry]})
    results = checkout / "results" / name
    results.mkdir(parents=True, exist_ok=True)
    for file in EVIDENCE:
        shutil.copyfile(run / file, results / Path(file).name)
    _write_phantoms(keras.models.load_model(run / "model.keras"), classifier.card, results / "phantoms.csv")
    print(f"{folder / model.name} bundled; evidence in {results}; next: python -m cxr_edge_tools.golden_vectors")


def _write_phantoms(original: keras.Model, card: ModelCard, path: Path) -> None:
    """What the Keras original says of the bundled phantoms, for a gate where there are no films."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("film", "logit", "probability"))
        for film in sorted(SAMPLES.glob("*.png")):
            logit = logits(original, preprocess(film, card.input_size)[None]).astype(np.float64)[0]
            writer.writerow((film.name, f"{logit:.7g}", f"{sigmoid(logit / card.temperature):.7g}"))
