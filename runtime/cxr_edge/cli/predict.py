"""``cxr-edge predict``: films or folders to a table, JSON or CSV."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cxr_edge.classifier import Classifier
from cxr_edge.cli.options import add_model_options, load_classifier, positive, share
from cxr_edge.cli.progress import Progress
from cxr_edge.errors import CxrEdgeError, one_line
from cxr_edge.film.folder import SUFFIXES, films_in
from cxr_edge.ordered import in_order
from cxr_edge.prediction import Prediction
from cxr_edge.results.ledger import ResultFile
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge.results.writers import WRITERS
from cxr_edge.store import SAMPLES

HELP = "score films"
EPILOG = """\
examples:
  cxr-edge predict film.jpg                       one film
  cxr-edge predict inbox/ --format csv > out.csv  every picture below a folder
  cxr-edge predict inbox/ --worklist              most urgent first
  cxr-edge predict inbox/ --prevalence 0.1        and PPV and NPV where 1 film in 10 is sick
  cxr-edge predict archive/ --workers 2 --resume results.jsonl > table.txt
                                                  thousands of films; survives a power cut
  cxr-edge predict --samples                      the bundled phantoms, which are drawn and show no patient

Films that cannot be read are named on standard error, the others are scored, and the exit status is 1."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="film, or folder to search for films")
    parser.add_argument("--samples", action="store_true", help="score the bundled drawn phantoms")
    parser.add_argument(
        "--format",
        choices=WRITERS,
        default="table",
        help="table (default); json: one object; jsonl: one film a line, as they come; csv",
    )
    parser.add_argument(
        "--heatmap", type=Path, metavar="DIR", help="write a picture of where the network looked, per film"
    )
    parser.add_argument("--worklist", action="store_true", help="most urgent film first, once all are scored")
    parser.add_argument("--workers", type=positive, default=1, help="films at the same time (default: 1)")
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep results in FILE as they come; given again after an interruption, films in it are not scored again",
    )
    parser.add_argument(
        "--prevalence",
        type=share,
        metavar="P",
        help="share of your films that show pneumonia, such as 0.1; adds PPV and NPV there (table, json)",
    )
    add_model_options(parser)
    parser.set_defaults(usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Score what the arguments name; 1 if any film could not be read."""
    if not args.paths and not args.samples:
        args.usage_error("name a film or a folder, or try --samples")
    classifier = load_classifier(args)
    if args.heatmap and not classifier.has_heatmap:
        args.usage_error(f"the model {classifier.card.name} has no heatmap")
    paths = [*args.paths, *([os.fspath(SAMPLES)] if args.samples else [])]
    films = [film for path in paths for film in _expand(path)]
    results = ResultFile(args.resume, classifier.fingerprint) if args.resume else None
    scored = _score(classifier, films, args, results.done if results else {})
    scored = results.record(scored) if results else scored
    predictions = Progress(scored, total=len(films), bar=_wants_bar(args.format == "json" or args.worklist))
    if args.format != "table" and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(
            encoding="utf-8", errors="backslashreplace"
        )  # whatever the terminal's is: programs read these
    ordered = most_urgent_first(predictions) if args.worklist else predictions
    WRITERS[args.format](ordered, classifier, sys.stdout, args.prevalence)
    if predictions.unreadable and len(films) > 1:
        print(f"cxr-edge: {predictions.unreadable} of {len(films)} could not be read", file=sys.stderr)
    return 1 if predictions.unreadable else 0


def _expand(path: str) -> list[str | Prediction]:
    """The films that `path` stands for, or a failed prediction that says why there are none."""
    if not os.path.isdir(path):
        return [path]
    closed: list[OSError] = []
    films: list[str | Prediction] = [os.fspath(film) for film in films_in(path, closed.append)]
    for error in closed:
        folder = os.fspath(error.filename)
        films.append(
            Prediction(folder, error=one_line(f"{folder}: found {error.strerror}; expected a readable folder"))
        )
    suffixes = " ".join(sorted(SUFFIXES))
    missing = one_line(f"{path}: found no films; expected files ending in {suffixes}")
    return films or [Prediction(path, error=missing)]


def _score(
    classifier: Classifier,
    films: Iterable[str | Prediction],
    args: argparse.Namespace,
    done: Mapping[str, Prediction],
) -> Iterator[Prediction]:
    def attempt(film: str | Prediction) -> Prediction:
        if isinstance(film, Prediction):
            return film
        if film in done:
            return done[film]
        prediction = classifier.try_predict(film, heatmap=args.heatmap is not None)
        if args.heatmap and not prediction.error:
            _save_heatmap(prediction, args.heatmap)
        return replace(prediction, heatmap=None, film=None)  # a worklist holds them all

    return in_order(attempt, films, args.workers)


def _save_heatmap(prediction: Prediction, folder: Path) -> None:
    """Under the film's name and a hash of its path, since films of several folders may share a name."""
    digest = hashlib.sha256(os.fsencode(prediction.path)).hexdigest()[:8]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        prediction.heatmap_overlay().save(folder / f"{Path(prediction.path).stem}-{digest}.png")
    except OSError as error:
        raise CxrEdgeError(f"{folder}: found {error.strerror}; expected a folder to write to") from None


def _wants_bar(at_the_end: bool) -> bool:
    """On a terminal, unless the results themselves scroll by there."""
    return sys.stderr.isatty() and (at_the_end or not sys.stdout.isatty())
