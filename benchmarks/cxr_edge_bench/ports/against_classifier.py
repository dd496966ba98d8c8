"""A port's answers beside those of `cxr_edge.Classifier`, film by film."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxr_edge import Classifier
from cxr_edge.store import SAMPLES, BundledModel
from cxr_edge_bench.ports.port import Port

STEPS = ("decode", "preprocess", "network")
WARM_UP = 5  # films before those that count: programs that compile while they run are slow at first


def films_to_compare(count: int) -> tuple[str, list[Path]]:
    """What the films are, and at most `count` full-size ones of ``$CXR_EDGE_DATA``; without them, the drawn samples."""
    full = sorted(Path(os.environ.get("CXR_EDGE_DATA", ""), "full_resolution").glob("*/*.jp*g"))
    if not full:
        return "drawn samples (CXR_EDGE_DATA holds no full-size films)", sorted(SAMPLES.glob("*.png"))
    return "full-size test films", full[:: max(1, len(full) // count)][:count]


def compared(port: Port, model: BundledModel, films: Sequence[Path]) -> dict[str, Any]:
    """Figures of a port and a model.

    Returns:
        ``sha256`` of the model; ``films``, and how many the port did ``not_score``; of the others the
        ``largest_difference`` and ``mean_difference`` of the probability, and how many have another decision
        (``decisions_changed``) or other ``reasons_changed``; ``milliseconds``, medians of each step and of their sum.
    """
    classifier = Classifier.load(model.name)
    answers = port.answers(model.path, [*films[:WARM_UP], *films])[len(films[:WARM_UP]) :]
    differences, decisions, reasons = [], 0, 0
    scored = [(film, answer) for film, answer in zip(films, answers, strict=True) if answer["error"] is None]
    for film, answer in scored:
        expected = classifier.predict(film)
        differences.append(abs((expected.probability or 0.0) - answer["probability"]))
        decisions += expected.decision != answer["decision"]
        reasons += list(expected.quality) != answer["reasons"]
    spent = [answer["milliseconds"] for _, answer in scored]
    times = {step: statistics.median(times[step] for times in spent) for step in STEPS}
    return {
        "sha256": model.sha256,
        "films": len(films),
        "not_scored": len(films) - len(scored),
        "largest_difference": max(differences),
        "mean_difference": statistics.fmean(differences),
        "decisions_changed": decisions,
        "reasons_changed": reasons,
        "milliseconds": {**times, "all": statistics.median(sum(times[step] for step in STEPS) for times in spent)},
    }


def table(record: dict[str, Any]) -> str:
    """The record as Markdown tables."""
    head = "| port | model | films | largest difference | decisions changed | decode | resize | network | all, ms |"
    lines = [head, "| --- | --- " + "| ---: " * 7 + "|"]
    for language, port in record["ports"].items():
        for model, figures in port["models"].items():
            times = " | ".join(f"{figures['milliseconds'][step]:.1f}" for step in (*STEPS, "all"))
            lines.append(f"| {language} | {model} | {_difference(figures)} | {times} |")
    if "decoders" in record:
        lines += ["", "| decoder | model | films | largest difference | decisions changed |"]
        lines.append("| --- | --- " + "| ---: " * 3 + "|")
    for decoder, models in record.get("decoders", {}).items():
        lines += [f"| {decoder} | {model} | {_difference(figures)} |" for model, figures in models.items()]
    return "\n".join(lines)


def _difference(figures: dict[str, Any]) -> str:
    return f"{figures['films']} | {figures['largest_difference']:.2g} | {figures['decisions_changed']}"
