"""``cxr-edge train``: a folder of labelled films to a Keras model with a frozen operating point."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from cxr_edge.cli.options import positive

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
  cxr-edge train --run runs/small --network mobilenet_v2_short --size 96 --teacher runs/default
  cxr-edge train --run runs/a1 --model a1_baseline --protocol pooled
                                                           a published network as it was published"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--data", type=Path, help="folder with train/ and test/ (default: $CXR_EDGE_DATA/chest_xray)")
    parser.add_argument("--run", type=Path, required=True, help="folder for everything the run writes", dest="folder")
    parser.add_argument("--network", default="mobilenet_v2", help="which network (default: %(default)s)")
    parser.add_argument("--size", type=_size, default=160, help="input side in pixels (default: %(default)s)")
    parser.add_argument("--epochs", type=positive, help="default: 6, or as many as were published")
    parser.add_argument("--batch", type=_even, default=32, help="films a step, half of either class (default: 32)")
    parser.add_argument("--seed", type=_seed, default=1, help="of split, order and augmentation (default: %(default)s)")
    parser.add_argument("--validation", type=_share, default=0.15, help="of the films (default: %(default)s)")
    parser.add_argument(
        "--teacher", type=Path, action="append", metavar="RUN", help="finished run to learn from; may be repeated"
    )
    parser.add_argument("--fold", type=int, default=0, help="which such share is validation (default: %(default)s)")
    parser.add_argument(
        "--model", metavar="KEY", help="one of ten published networks; of the other options it heeds --epochs alone"
    )
    parser.add_argument("--protocol", default="published", help="of --model: published, pooled or pooled-grouped")


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
    from cxr_edge import CxrEdgeError
    from cxr_edge_train.data.films import data_folder

    data = data_folder(args.data)  # before TensorFlow takes its seconds to load
    if args.model:
        return _reference(args, data)
    from cxr_edge_train.learning.networks import NETWORKS
    from cxr_edge_train.learning.recipe import Recipe
    from cxr_edge_train.learning.run import train
    from cxr_edge_train.learning.teacher import Teacher

    if args.network not in NETWORKS:
        raise CxrEdgeError(f"found no network {args.network}; expected one of {', '.join(NETWORKS)}")
    size = (args.size, args.size)
    recipe = replace(
        Recipe(),
        network=args.network,
        size=size,
        epochs=args.epochs or Recipe().epochs,
        batch=args.batch,
        seed=args.seed,
        validation=args.validation,
        fold=args.fold,
    )
    teacher = Teacher(args.teacher) if args.teacher else None
    if teacher:
        recipe = replace(recipe, teachers=teacher.sha256)
    train(data, args.folder, recipe, teacher=teacher)
    print(f"next: cxr-edge export {args.folder}")
    return 0


def _reference(args: argparse.Namespace, data: Path) -> int:
    from cxr_edge_train.reference.published_training import plan, train

    train(plan(args.model, args.protocol, args.epochs), data, args.folder)
    print(f"next: cxr-edge export {args.folder}")
    return 0
