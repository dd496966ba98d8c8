"""``cxr-edge watch``: score films as they arrive in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxr_edge.cli.options import add_model_options, load_classifier, seconds
from cxr_edge.errors import CxrEdgeError, one_line
from cxr_edge.film.quiet import decoders_silenced

HELP = "score films as they arrive in a folder"
EPILOG = """\
Results go to INBOX/cxr-edge.sqlite and, the same for people, INBOX/cxr-edge.csv. Stop it with Ctrl-C, pull the plug,
start it again: every film is in the results once. A film that is still being written is left until it stops changing;
one that is replaced by another version is scored again. Another model or operating point is used for new films only:
what was said of the others stays.

examples:
  cxr-edge watch inbox/                          until it is stopped
  cxr-edge watch inbox/ --once                   what is there now, for a scheduled job
  cxr-edge watch inbox/ --database results.sqlite --csv results.csv"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("inbox", type=Path, metavar="INBOX", help="folder that films arrive in, subfolders included")
    parser.add_argument("--database", type=Path, metavar="FILE", help="default: INBOX/cxr-edge.sqlite")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="default: INBOX/cxr-edge.csv")
    parser.add_argument("--interval", type=seconds, default=1.0, metavar="S", help="seconds between looks (default: 1)")
    parser.add_argument(
        "--settle", type=seconds, default=2.0, metavar="S", help="a film is complete when unchanged for S (default: 2)"
    )
    parser.add_argument("--once", action="store_true", help="end when every film that is there is scored")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Watch; with ``--once`` 1 if a film could not be read."""
    from cxr_edge.results.inbox import Inbox, watch
    from cxr_edge.results.ledger import Ledger, Table

    if not args.inbox.is_dir():
        raise CxrEdgeError(f"{args.inbox}: found no such folder; expected one that films arrive in")
    classifier = load_classifier(args)
    ledger = Ledger(args.database or args.inbox / "cxr-edge.sqlite")
    table = Table(ledger, args.csv or args.inbox / "cxr-edge.csv")
    print(f"watching {args.inbox}; results in {ledger.file}", flush=True)
    others = ledger.by_others(classifier.fingerprint)
    if others:
        print(f"{others} films keep the results of another model or operating point", flush=True)
    status = 0
    with decoders_silenced():
        for p in watch(classifier, Inbox(args.inbox, args.settle), ledger, table, args.interval, args.once):
            if p.error:
                status = 1
                print(one_line(p.error), flush=True)
            else:
                print(f"{p.probability:>11.3f}  {p.decision:<10}  {one_line(p.path)}", flush=True)
    return status
