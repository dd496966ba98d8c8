"""Command-line options that several commands share."""

from __future__ import annotations

import argparse

from cxr_edge.classifier import Classifier


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """``--model``, ``--sha256`` and ``--threads``."""
    parser.add_argument(
        "--model",
        default="default",
        metavar="NAME|FILE",
        help="bundled model (see `cxr-edge models`) or ONNX file with its hash in FILE.sha256 beside it",
    )
    parser.add_argument("--sha256", metavar="HEX", help="expected hash of the model file")
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads for one film (default: 1)")


def load_classifier(args: argparse.Namespace) -> Classifier:
    """The classifier that these options ask for."""
    return Classifier.load(args.model, sha256=args.sha256, threads=args.threads)


def positive(text: str) -> int:
    """An argparse type: a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number
