"""``cxr-edge models``: what is bundled."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxr_edge.store import BundledModel

HELP = "list the bundled models"
EPILOG = "`cxr-edge info NAME` shows the card of one."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--format", choices=("table", "json"), default="table")


def run(args: argparse.Namespace) -> int:
    """Print the list, the default first."""
    from cxr_edge.store import list_models

    models = list_models()
    if args.format == "json":
        rows = [_row(model) for model in models]
        print(json.dumps({"schema": 1, "models": rows}, indent=1))
        return 0
    for model in models:
        megabytes = model.path.stat().st_size / 1e6
        alias = f"({model.alias})" if model.alias else ""
        print(f"{model.name:19} {alias:10} {megabytes:.2f} MB  sha256 {model.sha256[:12]}…\n    {model.summary}")
    print("--model takes a name or what stands in brackets; without it, the default one is used")
    return 0


def _row(model: BundledModel) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(model).items() if name != "path"}
    return {**facts, "file": model.path.name, "default": model.default, "bytes": model.path.stat().st_size}
