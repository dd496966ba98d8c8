"""``cxr-edge calibrate``: operating points for the films of this clinic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cxr_edge.calibration.clinic import LEAST, calibrate, films_needed, labelled_films
from cxr_edge.calibration.operating_point_file import check_writable
from cxr_edge.cli.options import add_model_options, load_classifier, positive
from cxr_edge.cli.progress import Progress

_AT_5, _AT_3 = films_needed(0.05), films_needed(0.03)
HELP = "choose operating points on your own labelled films"
EPILOG = f"""\
DIR holds the folders NORMAL and PNEUMONIA (deeper is fine), or is a CSV file with the columns path and label, which is
NORMAL or PNEUMONIA. Temperature and thresholds are chosen for sensitivity 0.95 and 0.98 and specificity 0.95, each with
a 95 % interval; the network itself stays as it is.

At least {LEAST} films of each class are needed; a figure of 0.95 is known to ±0.05 from {_AT_5}, to ±0.03 from {_AT_3}
films of its class. Give one film a patient, or the intervals are too narrow. The figures are of the films that the
thresholds were chosen on: new films reach a little less, in more than half of cases less than was aimed for. The
calibrated probability holds where pneumonia is as frequent as among these films.

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
    check_writable(args.out)
    classifier = load_classifier(args)
    predictions = classifier.predict_many((path for path, _ in films), workers=args.workers)
    scored = Progress(predictions, len(films), bar=sys.stderr.isatty())
    overlay = calibrate(classifier, scored, [label for _, label in films])
    overlay.write(args.out)
    counts = overlay.films
    print(f"{counts['normal']} normal films and {counts['pneumonia']} with pneumonia used")
    print(f"left out: {counts['unreadable']} unreadable, {counts['flagged']} flagged")
    own = " (the model's own: these films do not determine one)"
    print(f"temperature {overlay.temperature}{own if overlay.temperature.low == overlay.temperature.high else ''}")
    for point in overlay.operating_points:
        print(f"for {point.name}: threshold {overlay.thresholds[point.name]}")
        print(f"  sensitivity {point.sensitivity}, specificity {point.specificity}")
    print("These figures are of the films that the thresholds were chosen on: new films reach a little less.")
    print(f"{args.out}: use it with --operating-point {args.out}")
    return 1 if counts["unreadable"] else 0
