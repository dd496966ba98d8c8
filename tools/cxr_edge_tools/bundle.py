"""Put an exported model into the package of a checkout, and the evidence for it into ``results/``.

``python -m cxr_edge_tools.bundle RUN [CHECKOUT] [--as default|accurate]``, where RUN was exported by
``cxr-edge export RUN``, and CHECKOUT is a cxr-edge source tree; by default the one that this file is in.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from cxr_edge import Classifier, CxrEdgeError, ModelCard
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.film.preprocess import preprocess
from cxr_edge.store import SAMPLES
from cxr_edge_train.data.records import write_json
from cxr_edge_train.learning.networks import logits

ROOT = Path(__file__).parents[2]
EVIDENCE = (
    "recipe.json", "manifest.csv", "history.csv", "history.png", "operating_point.json", "predictions.csv",
    "metrics.json", "confusion.png", "export/parity.json",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Bundle by the command line; 2 if that is wrong or the run has nothing to bundle."""
    parser = argparse.ArgumentParser("python -m cxr_edge_tools.bundle", description="Bundle an exported model.")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished `cxr-edge train` and `export`")
    parser.add_argument("checkout", type=Path, nargs="?", default=ROOT, help="source tree (default: this one)")
    parser.add_argument(
        "--as", dest="alias", choices=("default", "accurate"), help="what the bundled file is also called"
    )
    given = parser.parse_args(arguments)
    try:
        bundle(exported_int8(given.run), given.run, given.checkout, given.alias)
    except CxrEdgeError as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 2
    return 0


def exported_int8(run: Path) -> Path:
    """The releasable int8 file of an exported run.

    Raises:
        CxrEdgeError: there is none.
    """
    try:
        record = json.loads((run / "export/parity.json").read_text(encoding="utf-8"))["int8"]
    except OSError:
        raise CxrEdgeError(f"{run}: found no exported files; expected those of `cxr-edge export {run}`") from None
    if not record["releasable"]:
        failures = "; ".join(record["failures"])
        raise CxrEdgeError(
            f"{run}: found an int8 file that failed its parity gate ({failures}); expected one that passed"
        )
    return run / "export" / str(record["file"])


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
    _list_model(folder / "index.json", model.name, classifier, alias)
    results = checkout / "results" / name
    results.mkdir(parents=True, exist_ok=True)
    for file in EVIDENCE:
        shutil.copyfile(run / file, results / Path(file).name)
    _write_phantoms(keras.models.load_model(run / "model.keras"), classifier.card, results / "phantoms.csv")
    print(f"{folder / model.name} bundled; evidence in {results}")


def _list_model(index_file: Path, file: str, classifier: Classifier, alias: str | None) -> None:
    """Add the model to ``index.json``, or replace it there."""
    name, index = classifier.card.name, json.loads(index_file.read_text())
    entry = {
        "name": name,
        "file": file,
        "sha256": classifier.sha256,
        "summary": classifier.card.summary,
    }
    others = [other for other in index["models"] if other["name"] != name]
    aliases = {**index["aliases"], **({alias: name} if alias else {})}
    write_json(index_file, {"aliases": aliases, "models": [*others, entry]})


def _write_phantoms(original: keras.Model, card: ModelCard, path: Path) -> None:
    """What the Keras original says of the bundled phantoms, for a gate where there are no films."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("film", "logit", "probability"))
        for film in sorted(SAMPLES.glob("*.png")):
            logit = logits(original, preprocess(film, card.input_size)[None]).astype(np.float64)[0]
            writer.writerow((film.name, f"{logit:.7g}", f"{sigmoid(logit / card.temperature):.7g}"))


if __name__ == "__main__":
    sys.exit(main())
