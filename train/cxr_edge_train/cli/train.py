"""``cxr-edge train``: a folder of labelled films to a Keras model with a frozen operating point."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_edge.cli.options import positive

if TYPE_CHECKING:
    from cxr_edge_train.learning.trainer import Training

HELP = "train a network on labelled films"
EXTRA = "train"
NEEDS = ("tensorflow", "sklearn", "scipy", "matplotlib", "tqdm")
EPILOG = """\
The films lie in DATA/train and DATA/test, each with NORMAL/ and PNEUMONIA/, as Kaggle ships them. About ten minutes on
two cores. A run that was interrupted goes on when the same command is given again.

examples:
  cxr-edge train --run runs/default                        films from $CXR_EDGE_DATA/chest_xray
  cxr-edge train --data chest_xray --run runs/seed2 --seed 2
  for k in 0 1 2 3 4; do cxr-edge train --run runs/fold$k --validation 0.2 --fold $k; done
                                                           leaves every patient out once
  cxr-edge train --run runs/larger --size 160 --epochs 3 --start runs/default
  cxr-edge train --run runs/a1 --model a1_baseline --protocol pooled
                                                           a published network as it was published"""

BALANCED_OPTIONS = ("network", "size", "batch", "validation", "teacher", "start", "fold")
"""What a published network's own recipe fixes. They default to None, so that one that is given is noticed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--data", type=Path, help="folder with train/ and test/ (default: $CXR_EDGE_DATA/chest_xray)")
    parser.add_argument("--run", type=Path, required=True, help="folder for everything the run writes", dest="folder")
    parser.add_argument("--epochs", type=positive, help="default: 8, or as many as were published")
    parser.add_argument(
        "--seed",
        type=_seed,
        help="of weights, order and augmentation; of our own split, too (default: 1, or as published)",
    )
    balanced = parser.add_argument_group("our own recipe")
    balanced.add_argument("--network", help="which network (default: lung_short)")
    balanced.add_argument("--size", type=_size, help="input side in pixels (default: 96)")
    balanced.add_argument("--batch", type=_even, help="films a step, half of either class (default: 32)")
    balanced.add_argument("--validation", type=_share, help="share of the films (default: 0.15)")
    balanced.add_argument(
        "--teacher", type=Path, action="append", metavar="RUN", help="finished run to learn from; may be repeated"
    )
    balanced.add_argument("--start", type=Path, metavar="RUN", help="finished run whose weights to begin with")
    balanced.add_argument("--fold", type=int, help="which such share is validation (default: 0)")
    published = parser.add_argument_group("a published network, by its own recipe")
    published.add_argument("--model", metavar="KEY", help="one of ten published networks")
    published.add_argument("--protocol", help="published, pooled or pooled-grouped (default: published)")
    published.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16, on a CPU that has it: recorded, and faster"
    )


def _size(text: str) -> int:
    number = int(text)
    if not 32 <= number <= 224:
        raise argparse.ArgumentTypeError(f"{number} is not from 32 to 224, the size at which films are held")
    return number


def _even(text: str) -> int:
    number = positive(text)
    if number % 2:
        raise argparse.ArgumentTypeError(f"{number} is not even")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0.02 <= number <= 0.5:
        raise argparse.ArgumentTypeError(f"{number} is not from 0.02 to 0.5")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{number} is not from 0 to 4294967295")
    return number


def run(args: argparse.Namespace) -> int:
    """Train and print the metrics of validation and test films."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notices
    from cxr_edge_train.data.films import data_folder

    _refuse_what_does_not_apply(args)
    data = data_folder(args.data)  # before TensorFlow takes its seconds to load
    training = _published(args) if args.model else _balanced(args)
    from cxr_edge_train.learning.trainer import train

    train(training, data, args.folder)
    print(f"next: cxr-edge export {args.folder}")
    return 0


def _refuse_what_does_not_apply(args: argparse.Namespace) -> None:
    from cxr_edge import CxrEdgeError

    given = [f"--{name}" for name in BALANCED_OPTIONS if getattr(args, name) is not None]
    if args.model and given:
        raise CxrEdgeError(
            f"found {', '.join(given)} with --model {args.model}, whose recipe was published; "
            "expected only --data, --run, --epochs, --seed, --protocol and --bfloat16 beside it"
        )
    for name in ("protocol", "bfloat16"):
        if getattr(args, name) and not args.model:
            raise CxrEdgeError(f"found --{name} without --model; expected it with a published network alone")


def _balanced(args: argparse.Namespace) -> Training:
    from cxr_edge import CxrEdgeError
    from cxr_edge_train.learning.balanced_training import BalancedTraining
    from cxr_edge_train.learning.earlier_run import Start
    from cxr_edge_train.learning.networks import NETWORKS
    from cxr_edge_train.learning.recipe import BalancedRecipe
    from cxr_edge_train.learning.teacher import Teacher

    if args.network and args.network not in NETWORKS:
        raise CxrEdgeError(f"found no network {args.network}; expected one of {', '.join(NETWORKS)}")
    names = ("network", "epochs", "batch", "seed", "validation", "fold")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.size:
        given["size"] = (args.size, args.size)
    teacher = Teacher(args.teacher) if args.teacher else None
    if teacher:
        given["teachers"] = teacher.sha256
    start = Start(args.start) if args.start else None
    if start:
        given["start"] = start.sha256
    return BalancedTraining(replace(BalancedRecipe(), **given), teacher=teacher, start=start)


def _published(args: argparse.Namespace) -> Training:
    from cxr_edge_train.reference.reference_recipe import reference_recipe
    from cxr_edge_train.reference.reference_training import ReferenceTraining

    return ReferenceTraining(
        reference_recipe(args.model, args.protocol or "published", args.epochs, args.seed, args.bfloat16)
    )
