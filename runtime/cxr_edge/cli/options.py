"""Command-line options that several commands share."""

from __future__ import annotations

import argparse

from cxr_edge.classifier import Classifier


def add_model_options(parser: argparse.ArgumentParser, operating_point: bool = True) -> None:
    """``--model``, ``--sha256``, ``--threads`` and, unless told otherwise, ``--operating-point``."""
    parser.add_argument(
        "--model",
        default="default",
        metavar="NAME|FILE",
        help="bundled model (see `cxr-edge models`) or ONNX file with its hash in FILE.sha256 beside it",
    )
    parser.add_argument("--sha256", metavar="HEX", help="expected hash of the model file")
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads for one film (default: 1)")
    if operating_point:
        parser.add_argument(
            "--operating-point", metavar="FILE", help="of your own clinic, made by `cxr-edge calibrate` for this model"
        )


def load_classifier(args: argparse.Namespace) -> Classifier:
    """The classifier that these options ask for."""
    classifier = Classifier.load(args.model, sha256=args.sha256, threads=args.threads)
    file = getattr(args, "operating_point", None)
    return classifier if file is None else classifier.with_operating_point(file)


def positive(text: str) -> int:
    """An argparse type: a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def share(text: str) -> float:
    """An argparse type: a number between 0 and 1."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and 1")
    return number
