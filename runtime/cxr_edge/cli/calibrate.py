"""``cxr-edge calibrate``: operating points for the films of this clinic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_edge.calibration.intervals import BORROWED, LEAST, films_needed
from cxr_edge.cli.options import add_model_options, load_classifier, positive
from cxr_edge.cli.progress import Progress
from cxr_edge.film.quiet import decoders_silenced

if TYPE_CHECKING:
    from cxr_edge.calibration.operating_point_file import OperatingPointFile

_AT_5, _AT_3 = films_needed(0.05), films_needed(0.03)
BETTER = (100, 200, 400)
"""Films of a class that are worth collecting."""
HELP = "choose operating points on your own labelled films"
EPILOG = f"""\
DIR holds the folders NORMAL and PNEUMONIA (deeper is fine), or is a CSV file with the columns path and label, which is
NORMAL or PNEUMONIA. Temperature and thresholds are chosen for sensitivity 0.95 and 0.98 and specificity 0.95, each with
a 95 % interval; the network itself stays as it is.

At least {LEAST} films of each class are needed. If the model's card tells how its left-out training films score,
{BORROWED} of these are moved to where yours lie and count beside them. The last line tells what to expect of the next
films, and how many films would tell it better.

A figure of 0.95 is known to ±0.05 from {_AT_5}, to ±0.03 from {_AT_3} films of its class. Give one film a patient, or
the intervals are too narrow. The figures are of the films that the thresholds were chosen on: new films reach a little
less, in more than half of cases less than was aimed for. Films with a quality reason are left out, and may be the
sicker ones: the figures are given with and without them. The calibrated probability holds where pneumonia is as
frequent as among these films.

examples:
  cxr-edge calibrate our_films/ --out clinic.json
  cxr-edge predict film.jpg --operating-point clinic.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", type=Path, metavar="DIR", help="labelled films: a folder, or a CSV file")
    parser.add_argument("--out", type=Path, default=Path("operating-point.json"), help="default: %(default)s")
    parser.add_argument(
        "--include-flagged",
        action="store_true",
        help="choose on films with a quality reason as well (often the sicker)",
    )
    parser.add_argument("--workers", type=positive, default=1, help="films at the same time (default: 1)")
    add_model_options(parser, operating_point=False)


def run(args: argparse.Namespace) -> int:
    """Score, choose, write; 1 if a film could not be read."""
    from cxr_edge.calibration.clinic import calibrate
    from cxr_edge.calibration.labelled_films import labelled_films
    from cxr_edge.calibration.operating_point_file import check_writable

    films = labelled_films(args.source)
    check_writable(args.out)
    classifier = load_classifier(args)
    predictions = classifier.predict_many((path for path, _ in films), workers=args.workers)
    scored = Progress(predictions, len(films), bar=sys.stderr.isatty())
    with decoders_silenced():
        answers = list(scored)
    if scored.interrupted:
        raise KeyboardInterrupt
    chosen = calibrate(classifier, answers, [label for _, label in films], args.include_flagged)
    chosen.write(args.out)
    _print(chosen, args.include_flagged)
    print(f"{args.out}: use it with --operating-point {args.out}")
    return 1 if chosen.films["unreadable"] else 0


def _print(chosen: OperatingPointFile, include_flagged: bool) -> None:
    counts = chosen.films
    beside = f", beside {counts['borrowed']} left-out training films of each class" if counts["borrowed"] else ""
    print(f"{counts['normal']} normal films and {counts['pneumonia']} with pneumonia used{beside}")
    fate = "used as well" if include_flagged else "left out"
    print(
        f"{counts['unreadable']} unreadable, left out; {counts['flagged_normal']} normal films and "
        f"{counts['flagged_pneumonia']} with pneumonia flagged for quality, {fate}"
    )
    own = " (the model's own: these films do not determine one)"
    print(f"temperature {chosen.temperature}{own if chosen.temperature.low == chosen.temperature.high else ''}")
    for point in chosen.operating_points:
        both = chosen.with_flagged[point.name]
        print(f"for {point.name}: threshold {chosen.thresholds[point.name]}")
        print(f"  films used:        sensitivity {point.sensitivity}, specificity {point.specificity}")
        if counts["flagged"] and not include_flagged:
            print(f"  with flagged ones: sensitivity {both.sensitivity}, specificity {both.specificity};")
            print(f"                     chosen on them too, the threshold would be {both.threshold_chosen_on_all:.4f}")
    print("These figures are of the films that the thresholds were chosen on: new films reach a little less.")
    print(advice(chosen))


def advice(chosen: OperatingPointFile) -> str:
    """What to expect of the next films at the first threshold, and how many films would tell it better."""
    from cxr_edge.calibration.next_films import next_films
    from cxr_edge.calibration.thresholds import AIMS

    (aim, value), point = AIMS[0], chosen.operating_points[0]
    own, borrowed, expected = chosen.films["pneumonia"], chosen.films["borrowed"], chosen.next_films[point.name]
    told = f"{expected.low:.2f} and {expected.high:.2f}"
    start = f"With {own} films with pneumonia, expect a {aim} between {told} on the next films at the first threshold"
    more = next((films for films in BETTER if films >= 1.5 * own), None)
    if more is None:
        return f"{start}; more films would narrow that little."
    then = next_films(more, value, borrowed)
    return (
        f"{start}; {more} would narrow that to {then.low:.2f} to {then.high:.2f}. Calibrate again when you have them."
    )
