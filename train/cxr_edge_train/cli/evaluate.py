"""``cxr-edge evaluate``: labelled films, or the JSON of ``predict``, to metrics with intervals."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_edge.cli.options import add_model_options, load_classifier, positive

if TYPE_CHECKING:
    from cxr_edge import Classifier
    from cxr_edge_train.data.films import LabelledFilm
    from cxr_edge_train.evaluation.full_audit import FullAudit

HELP = "measure a model on labelled films"
EXTRA = "train"
NEEDS = ("sklearn", "scipy")
EPILOG = """\
A film's label is the folder that it lies below, NORMAL or PNEUMONIA. Every figure has its 95 % interval.

With --audit the same films are changed in one way after another. Where $CXR_EDGE_DATA/lung_masks holds the films'
drawn lungs, these are first put into bodies of the other class, covered, and left alone; elsewhere boxes cover them.
Then come the frame alone, cropped films, copies of 12 and 16 bits, letters and stamps, and changes that should change
no answer. --facts says what a regression on file facts alone reaches, fitted on other films; --full-size compares with
larger copies of the same names.

examples:
  cxr-edge evaluate chest_xray/test
  cxr-edge evaluate chest_xray/test --audit --workers 2 --facts chest_xray/train
  cxr-edge predict chest_xray/test --format json > scores.json; cxr-edge evaluate scores.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("films", type=Path, metavar="FOLDER|JSON", help="folder with NORMAL/ and PNEUMONIA/, or scores")
    parser.add_argument("--audit", action="store_true", help="what changes when the films do (two minutes)")
    parser.add_argument("--full-size", type=Path, metavar="FOLDER", help="compare with films of the same names there")
    parser.add_argument("--facts", type=Path, metavar="FOLDER", help="training films, for a baseline of file facts")
    parser.add_argument("--workers", type=positive, default=1, help="films at the same time (default: 1)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the metrics at the model's threshold; 1 if a film could not be read."""
    from cxr_edge_train.evaluation.scored_films import evaluate

    if args.audit or args.full_size or args.facts:
        return _audit(args)
    of_scores = args.films.suffix == ".json"
    scores = _read_scores(args.films) if of_scores else _score(args)
    metrics, unreadable = evaluate(scores, below=None if of_scores else args.films)
    if args.format == "json":
        print(json.dumps({"model": scores["model"], "unreadable": unreadable, "metrics": metrics.to_dict()}, indent=1))
    else:
        print(f"{scores['model']['name']} {scores['model']['version']} on {args.films}: {metrics}")
        if unreadable:
            print(f"not counted: {unreadable} films that could not be read")
    return 1 if unreadable else 0


def _read_scores(path: Path) -> dict[str, Any]:
    from cxr_edge import CxrEdgeError

    try:
        scores: dict[str, Any] = json.loads(path.read_bytes())  # UTF-16 too, as a Windows shell may redirect
        whole = all({"path", "probability", "logit"} <= film.keys() for film in scores["films"])
        if whole and scores["schema"] == 1 and "threshold" in scores["model"]:
            return scores
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise CxrEdgeError(f"{path}: found no scores; expected what `cxr-edge predict --format json` prints")


def _score(args: argparse.Namespace) -> dict[str, Any]:
    from cxr_edge_train.data.films import read_labelled

    classifier = load_classifier(args)
    films = [film.path for film in read_labelled(args.films)]
    card = classifier.card
    model = {"name": card.name, "version": card.version, "threshold": card.threshold}
    return {"model": model, "films": [p.to_dict() for p in classifier.predict_many(films, workers=args.workers)]}


def _audit(args: argparse.Namespace) -> int:
    """What was asked for of changes, file facts and full-size films."""
    from cxr_edge_train.data.films import read_labelled
    from cxr_edge_train.evaluation.audit import full_size
    from cxr_edge_train.evaluation.file_facts import file_facts_baseline

    classifier, films = load_classifier(args), read_labelled(args.films)
    result: dict[str, Any] = {"model": {"name": classifier.card.name, "sha256": classifier.sha256}}
    lines: list[str] = []
    if args.audit:
        audited = _changes(classifier, films, args.workers)
        result |= audited.to_dict()
        lines += audited.lines()
    if args.facts:
        reached = file_facts_baseline(read_labelled(args.facts), films)
        result["file_facts"] = asdict(reached)
        lines.append(f"file facts alone: AUC {reached}")
    if args.full_size:
        pairs, changed = full_size(classifier, films, args.full_size, args.workers)
        result["full_size"] = {"pairs": pairs, "decisions_changed": changed}
        lines.append(f"full-size films of the same names: {pairs}; decisions changed: {changed}")
    print(json.dumps(result, indent=1) if args.format == "json" else "\n".join(lines))
    return 0


def _changes(classifier: Classifier, films: Sequence[LabelledFilm], workers: int) -> FullAudit:
    """What changed films do to the answers; without masks a line on standard error, as the rest needs none."""
    from cxr_edge_train.data.lung_masks import NoMasks, masks_folder
    from cxr_edge_train.evaluation.full_audit import full_audit

    try:
        return full_audit(classifier, films, masks_folder(), workers)
    except NoMasks as error:
        print(f"Drawn lungs were not tested. {error}", file=sys.stderr)
        return full_audit(classifier, films, None, workers)
