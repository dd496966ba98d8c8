"""``cxr-edge pool``: operating points from runs that leave every patient out once."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "choose operating points on the left-out films of several runs"
EXTRA = "train"
NEEDS = ("sklearn", "scipy", "matplotlib")
ALSO = "give the same operating points to this run of the same recipe, too"
EPILOG = """\
Writes operating_point.json, predictions.csv, metrics.json and confusion.png of every run again; `cxr-edge export`
then takes the operating points from there.

example:
  for k in 0 1 2 3 4; do cxr-edge train --run runs/fold$k --validation 0.2 --fold $k; done
  cxr-edge pool runs/fold?"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="finished `cxr-edge train`, one per fold")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="RUN", help=ALSO)
    parser.add_argument("--out", type=Path, metavar="JSON", help="also write what is printed")


def run(args: argparse.Namespace) -> int:
    """Pool, write, print."""
    from cxr_edge_train.data.records import write_json
    from cxr_edge_train.learning.folds import pool

    result = pool(args.runs, args.also)
    if args.out:
        write_json(args.out, result)
    print(json.dumps(result, indent=1))
    return 0
