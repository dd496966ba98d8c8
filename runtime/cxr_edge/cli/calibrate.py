"""``cxr-edge calibrate``: operating points for the films of this clinic."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cxr_edge.calibrate import LEAST, calibrate, films_needed, labelled_films
from cxr_edge.cli.options import add_model_options, load_classifier, positive
from cxr_edge.cli.progress import Progress
from cxr_edge.errors import CxrEdgeError
from cxr_edge.prediction import Prediction

HELP = "choose operating points on your own labelled films"
EPILOG = f"""\
DIR holds the folders NORMAL and PNEUMONIA (deeper is fine), or is a CSV file with the columns path and label, for
instance NORMAL. Temperature and thresholds are chosen for sensitivity 0.95 and 0.98 and specificity 0.95, each with a
95 % interval; the network itself stays as it is. At least {LEAST} films of each class are needed; a figure of 0.95 is
known to ±0.05 from {films_needed(0.05)} films of its class, to ±0.03 from {films_needed(0.03)}.

examples:
  cxr-edge calibrate our_films/ --out clinic.json
  cxr-edge predict film.jpg --operating-point clinic.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", type=Path, metavar="DIR", help="labelled films: a folder, or a CSV file")
    parser.add_argument("--out", type=Path, default=Path("operating-point.json"), help="default: %(default)s")
    parser.add_argument("--workers", type=positive, default=1, help="films at the same time (default: 1)")
    add_model_options(parser, operating_point=False)


def run(args: argparse.Namespace) -> int:
    """Score, choose, write; 1 if a film could not be read."""
    films = labelled_films(args.source)
    if not films:
        raise CxrEdgeError(f"{args.source}: found no films; expected some in folders NORMAL and PNEUMONIA")
    classifier = load_classifier(args)
    predictions = classifier.predict_many((path for path, _ in films), workers=args.workers)
    scored = Progress(predictions, len(films), bar=sys.stderr.isatty())
    overlay = calibrate(classifier, _plain(scored), [label for _, label in films], args.source.name or "films")
    overlay.write(args.out)
    counts = overlay.films
    print(f"{counts['normal']} normal films and {counts['pneumonia']} with pneumonia used")
    print(f"left out: {counts['unreadable']} unreadable, {counts['flagged']} flagged")
    print(f"temperature {overlay.temperature}")
    for point in overlay.operating_points:
        print(f"for {point.name}: threshold {overlay.thresholds[point.name]}")
        print(f"  sensitivity {point.sensitivity}, specificity {point.specificity}")
    print("These figures are of the films that the thresholds were chosen on, which flatters them a little.")
    print(f"{args.out}: use it with --operating-point {args.out}")
    return 1 if counts["unreadable"] else 0


def _plain(predictions: Progress) -> Iterator[Prediction]:
    yield from predictions
