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
from cxr_edge_train.learning.lung_pooling import LOGIT, has_lungs
from cxr_edge_train.learning.networks import NETWORKS
from cxr_edge_train.reference.registry import REFERENCE


def keras_original(card: ModelCard, run: Path | None = None) -> keras.Model:
    """The network of `card` with the logit as its one output: ``model.keras`` of `run`, or random weights."""
    key = card.training["recipe"]["network"]
    if run:
        model = keras.models.load_model(run / "model.keras")
    elif key in REFERENCE:
        model = REFERENCE[key].build()
    else:
        model = NETWORKS[key](card.input_size, weights=None)
    return keras.Model(model.inputs, model.output[LOGIT], name=model.name) if has_lungs(model) else model


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
