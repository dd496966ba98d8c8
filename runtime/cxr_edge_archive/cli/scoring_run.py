"""``cxr-edge archive score``: Ray around a run, progress while it lasts, a summary after it."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from cxr_edge.errors import CxrEdgeError
from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge_archive.cli.progress_lines import ProgressLines
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.chunk_scorer import Work
from cxr_edge_archive.scoring.cluster import LEAST_CPUS, cluster
from cxr_edge_archive.scoring.run import Run, begin
from cxr_edge_archive.scoring.score_archive import Outcome, score_archive

INTERRUPTED = 130
_NARROW = (
    f"{{}} nodes have fewer than {LEAST_CPUS} processors for Ray: it may wait for one without a word; "
    "give each two or more"
)
SHOWN = 5
"""Reasons of failure that are named."""


def run_scoring(
    args: argparse.Namespace,
    choice: ModelChoice,
    stores: Stores,
    show: Callable[[argparse.Namespace, dict[str, object], str], None],
) -> int:
    """Score; 1 if a film could not be read or a chunk not be written, 130 after Ctrl-C."""
    classifier = choice.load()
    if args.heatmap and not classifier.has_heatmap:
        raise CxrEdgeError(f"{classifier.card.name}: found a model without heatmap; expected one that has it")
    manifest = Manifest(args.manifest, stores)
    run = Run.of(manifest, classifier, args.batch, args.heatmap)
    results = Place.of(args.out)
    chunks = begin(run, results, stores)  # before Ray, so that a wrong folder is said at once
    films = sum(run.films_of(chunk) for chunk in chunks)
    work = Work(run, manifest.place.uri, results.uri, choice, stores)
    outcome = Outcome(run.rows, before=run.rows)
    if chunks:
        with cluster(args.address, args.workers) as ray:
            # What Kubernetes sends before it takes a computer away; Ray has set a handler of its own.
            signal.signal(signal.SIGTERM, _as_ctrl_c)
            if ray.narrow:
                print(f"cxr-edge: {_NARROW.format(ray.narrow)}", file=ray.errors)
            with ProgressLines(films, ray.errors) as lines:
                outcome = score_archive(work, ray.cpus, lambda done: lines.add(done.films))
            for line in report_of_end(outcome):
                print(f"cxr-edge: {line}", file=ray.errors)
    show(args, {"results": args.out, "run": run.id, **summary(outcome)}, in_words(outcome, args.out))
    if outcome.interrupted:
        return INTERRUPTED
    return int(bool(outcome.unreadable or outcome.left))


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def report_of_end(outcome: Outcome) -> list[str]:
    """What went wrong, and how to go on, a line each."""
    lines = [f"{reason} ({films} films without results)" for reason, films in outcome.failures.most_common(SHOWN)]
    if outcome.lost:
        lines.append(f"found processes that end whatever they are given ({outcome.lost} films without results)")
    if outcome.interrupted:
        lines.append(f"stopped, {outcome.left} films left; the same command goes on from here")
    elif outcome.left:
        lines.append(f"{outcome.left} films are left; the same command tries them again")
    return lines


def summary(outcome: Outcome) -> dict[str, Any]:
    """The figures of a run, for programs; docs/archive.md names them."""
    seconds = outcome.seconds
    return {
        "films": outcome.films,
        "before": outcome.before,
        "scored": outcome.scored,
        "left": outcome.left,
        "unreadable": outcome.unreadable,
        "decisions": dict(outcome.decisions),
        "bytes": outcome.bytes,
        "seconds": seconds,
        "films_per_second": outcome.scored / seconds if seconds else None,
        "interrupted": outcome.interrupted,
    }


def in_words(outcome: Outcome, folder: str) -> str:
    """The same in some lines."""
    lines = [f"{folder}: {outcome.before + outcome.scored} of {outcome.films} films have results"]
    if outcome.scored:
        decisions = ", ".join(f"{films} {decision}" for decision, films in outcome.decisions.most_common())
        rate, speed = outcome.scored / outcome.seconds, outcome.bytes / outcome.seconds / 1e6
        lines += [
            f"scored now: {outcome.scored} ({decisions or 'no decision'}; {outcome.unreadable} could not be read)",
            f"{outcome.seconds:.0f} s, {rate:.0f} films/s, {speed:.1f} MB/s",
        ]
    elif not outcome.left:
        lines.append("nothing was left to score")
    return "\n".join([*lines, "research triage aid, not a diagnosis"])
