"""``cxr-edge selftest``: does this computer compute the same answers as the one that released the models?"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from cxr_edge.classifier import Classifier
from cxr_edge.computer.machine import machine
from cxr_edge.store import SAMPLES, BundledModel, list_models

HELP = "check that this computer computes the same answers"
EPILOG = """\
Scores the drawn phantoms with every bundled model and compares with the answers recorded when it was released. Small
differences are rounding; a decision or reason that changes is a fault of processor, build or file: exit status 1."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the comparison; 1 if a decision changed."""
    rows = [compare(model) for model in list_models()]
    changed = sum(row["decisions_changed"] for row in rows)
    facts = machine()
    if args.format == "json":
        print(json.dumps({"schema": 1, "passed": changed == 0, "machine": facts, "models": rows}, indent=1))
        return int(changed > 0)
    sets = facts["instruction_sets"]
    print(f"{facts['cpu']} ({facts['architecture']}), {' '.join(sets) if sets is not None else 'sets not known'}")
    print(f"{facts['system']}, Python {facts['python']}, onnxruntime {facts['onnxruntime']}")
    for row in rows:
        print(
            f"{row['name']}: max |Δp| {row['max_difference']:.2g}, "
            f"decisions changed {row['decisions_changed']} of {row['films']}"
        )
    print("FAILED: do not use it on this computer" if changed else "passed")
    return int(changed > 0)


def compare(model: BundledModel) -> dict[str, Any]:
    """Largest |Δp| and changed decisions of `model` on the phantoms it has recorded logits for."""
    classifier = Classifier.load(model.name)
    differences, changed = [], 0
    for name, golden in model.golden.items():
        expected = 1 / (1 + math.exp(-golden["logit"] / classifier.card.temperature))
        prediction = classifier.predict(SAMPLES / name)
        assert prediction.probability is not None
        differences.append(abs(prediction.probability - expected))
        changed += (prediction.decision, list(prediction.quality)) != (golden["decision"], golden["quality"])
    return {
        "name": model.name,
        "sha256": classifier.sha256,
        "films": len(differences),
        "max_difference": max(differences),
        "decisions_changed": changed,
    }
