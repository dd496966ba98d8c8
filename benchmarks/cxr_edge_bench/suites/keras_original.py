"""The Keras network behind a bundled model, with its trained weights or with random ones.

``python -m cxr_edge_bench.suites.keras_original FILE.keras [MODEL] [--run RUN]`` writes it. Without RUN, the folder of
its training, the weights are random: the layers are the same, take the same time, and nothing is downloaded.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from cxr_edge import Classifier, ModelCard
from cxr_edge_train.learning.networks import NETWORKS
from cxr_edge_train.reference.registry import REFERENCE


def keras_original(card: ModelCard, run: Path | None = None) -> keras.Model:
    """The network of `card`: ``model.keras`` of `run`, or the same layers with random weights."""
    if run:
        return keras.models.load_model(run / "model.keras")
    key = card.training["recipe"]["network"]
    if key in REFERENCE:
        return REFERENCE[key].build()
    return NETWORKS[key](card.input_size, weights=None)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("model", nargs="?", default="default")
    parser.add_argument("--run", type=Path)
    args = parser.parse_args()
    keras_original(Classifier.load(args.model).card, args.run).save(args.file)


if __name__ == "__main__":
    main()
