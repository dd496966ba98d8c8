"""Command-line options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from cxr_edge.classifier import Classifier
    from cxr_edge.results.scoring_processes import ModelChoice

Number = TypeVar("Number", int, float)


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


def model_choice(args: argparse.Namespace) -> ModelChoice:
    """What these options ask for."""
    from cxr_edge.results.scoring_processes import ModelChoice

    return ModelChoice(args.model, args.sha256, args.threads, getattr(args, "operating_point", None))


def load_classifier(args: argparse.Namespace) -> Classifier:
    """The classifier that these options ask for."""
    return model_choice(args).load()


def positive(text: str) -> int:
    """An argparse type: a whole number above zero."""
    number = _number(text, int, "a whole number")
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def share(text: str) -> float:
    """An argparse type: a number between 0 and 1."""
    number = _number(text, float, "a number")
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and 1")
    return number


def seconds(text: str) -> float:
    """An argparse type: a time, 0 or more."""
    number = _number(text, float, "a number of seconds")
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{number} is not a time of 0 seconds or more")
    return number


def _number(text: str, kind: Callable[[str], Number], what: str) -> Number:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}") from None
