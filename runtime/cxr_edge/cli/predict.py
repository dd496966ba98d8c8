"""``cxr-edge predict``: films or folders to a table, JSON or CSV."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_edge.cli.options import add_model_options, model_choice, positive, share
from cxr_edge.cli.progress import Progress
from cxr_edge.film.quiet import decoders_silenced

if TYPE_CHECKING:
    from cxr_edge.results.ledger import Ledger

HELP = "score films"
EPILOG = """\
examples:
  cxr-edge predict film.jpg                       one film
  cxr-edge predict - < film.jpg                   one film from standard input
  cxr-edge predict inbox/ --format csv > out.csv  every picture below a folder
  cxr-edge predict inbox/ --worklist              most urgent first
  cxr-edge predict inbox/ --prevalence 0.1        and PPV and NPV where 1 film in 10 is sick
  cxr-edge predict archive/ --workers 2 --resume done.sqlite --format jsonl > results.jsonl
                                                  thousands of films; survives a power cut
  cxr-edge predict --samples                      the bundled phantoms, which are drawn and show no patient

Films that cannot be read are named on standard error, the others are scored, and the exit status is 1. Ctrl-C ends it
after the film in work, and what was scored until then is printed; with --resume the same command goes on from there."""
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="film, folder to search for films, or - for stdin")
    parser.add_argument("--samples", action="store_true", help="score the bundled drawn phantoms")
    parser.add_argument(
        "--format",
        choices=("table", "json", "jsonl", "csv"),
        default="table",
        help="table (default); json: one object; jsonl: one film a line, as they come; csv",
    )
    parser.add_argument(
        "--heatmap", type=Path, metavar="DIR", help="write a picture of where the network looked, per film"
    )
    parser.add_argument("--worklist", action="store_true", help="most urgent film first, once all are scored")
    parser.add_argument("--workers", type=positive, default=1, help="processes, a film each at a time (default: 1)")
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep a ledger (SQLite) in FILE; given again, films in it that have not changed are not scored again",
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
    from cxr_edge.results.file_scoring import films_named, score_files
    from cxr_edge.results.ledger import Ledger
    from cxr_edge.results.scoring_processes import ScoringProcesses
    from cxr_edge.results.worklist import most_urgent_first
    from cxr_edge.results.writers import WRITERS
    from cxr_edge.store import SAMPLES

    if not args.paths and not args.samples:
        args.usage_error("name a film or a folder, or try --samples")
    choice = model_choice(args)
    classifier = choice.load()
    if args.heatmap and not classifier.has_heatmap:
        args.usage_error(f"the model {classifier.card.name} has no heatmap")
    paths = [*args.paths, *([os.fspath(SAMPLES)] if args.samples else [])]
    films = [film for path in paths for film in films_named(path)]
    ledger = Ledger(args.resume, every_row_at_once=False) if args.resume else None
    _note_other_results(ledger, classifier.fingerprint)
    with decoders_silenced():
        workers = min(args.workers, len(films))
        processes = ScoringProcesses(choice, classifier.fingerprint, workers) if workers > 1 else None
        scored = score_files(classifier, films, args.heatmap, ledger, processes)
        predictions = Progress(scored, total=len(films), bar=_wants_bar(args.format == "json" or args.worklist))
        if args.format != "table" and hasattr(sys.stdout, "reconfigure"):
            # Whatever the terminal's encoding is: programs read these.
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        ordered = most_urgent_first(predictions) if args.worklist else predictions
        WRITERS[args.format](ordered, classifier, sys.stdout, args.prevalence)
    if ledger:
        ledger.close()
    if predictions.unreadable and len(films) > 1:
        print(f"cxr-edge: {predictions.unreadable} of {len(films)} could not be read", file=sys.stderr)
    if predictions.interrupted:
        how = "the same command goes on" if ledger else "with --resume FILE the next run would go on"
        print(f"cxr-edge: stopped after {predictions.done} of {len(films)} films; {how} from here", file=sys.stderr)
        return INTERRUPTED
    return 1 if predictions.unreadable else 0


def _note_other_results(ledger: Ledger | None, fingerprint: str) -> None:
    others = ledger.by_others(fingerprint) if ledger else 0
    if ledger and others:
        replaced = "they are replaced when their films are scored again"
        print(f"cxr-edge: {ledger.file} holds {others} results of another model; {replaced}", file=sys.stderr)


def _wants_bar(at_the_end: bool) -> bool:
    """On a terminal, unless the results themselves scroll by there."""
    return sys.stderr.isatty() and (at_the_end or not sys.stdout.isatty())
