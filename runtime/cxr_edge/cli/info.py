"""``cxr-edge info``: the card of a model."""

from __future__ import annotations

import argparse
import json
from typing import Any

from cxr_edge.cli.options import add_model_options, load_classifier, share

HELP = "show a model's card"
EPILOG = """\
examples:
  cxr-edge info                  the default model, in short
  cxr-edge info --format json    the whole card, with training data, calibration films and parity"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME|FILE", help="in place of --model")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--prevalence", type=share, metavar="P", help="also PPV and NPV where P of the films are sick")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the card."""
    args.model = args.name or args.model
    classifier = load_classifier(args)
    card = classifier.card
    if args.format == "json":
        hashes = {"sha256": classifier.sha256, "operating_point_sha256": classifier.operating_point_sha256 or None}
        print(json.dumps({**hashes, **card.to_dict()}, indent=1))
        return 0
    print(f"{card.name} {card.version}: {card.summary}\nsha256 {classifier.sha256}")
    print(f"input {card.input_size[0]} × {card.input_size[1]}, preprocessing {card.preprocessing}")
    if classifier.operating_point_sha256:
        print(f"operating points of {args.operating_point}, sha256 {classifier.operating_point_sha256}")
    print(f"temperature {card.temperature:.4f}")
    for point in card.operating_points:
        print(f"operating point: {point.name}, threshold {point.threshold:.4f}, chosen on {point.chosen_on}")
        print(f"  on {point.measured_on}: sensitivity {point.sensitivity}, specificity {point.specificity}")
        if args.prevalence is not None:
            values = point.at_prevalence(args.prevalence)
            print(f"  at a prevalence of {args.prevalence}: PPV {values.ppv}, NPV {values.npv}")
    low, high = card.review_band
    if low < high:
        print(f"refer at or above {high:.4f}, no finding below {low:.4f}, review between")
    for films, figures in card.metrics.items():
        print(f"on {films}: {figures['films']} films, at the model's own threshold {figures['threshold']:.4f}")
        for name, figure in figures.items():
            if isinstance(figure, dict) and "low" in figure:
                print(f"  {name.replace('_', ' '):<27}{_estimate(figure)}")
    for kind, figure in (card.quality.flagged if card.quality else {}).items():
        print(f"{kind} films with a quality reason: {_estimate(figure)}")
    print(f"intended use: {card.intended_use}")
    return 0


def _estimate(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.3f} (95 % interval {figure['low']:.3f}–{figure['high']:.3f})"
