"""``cxr-edge demo``: the model in a browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxr_edge.cli.options import add_model_options, load_classifier, positive
from cxr_edge_demo.web.exposure import VARIABLE, Exposure, read_users

HELP = "try the models in a browser"
EXTRA = "demo"
NEEDS = ("gradio",)
EPILOG = f"""\
Answers this computer alone, at http://127.0.0.1:7860, until it is stopped with Ctrl-C. No film is kept, unless its
owner ticks that it may be: then its pixels go into the file of feedback. Nothing is sent to any other computer.

examples:
  cxr-edge demo                                        on this computer
  cxr-edge demo --host 0.0.0.0 --auth-file users.txt   for others in this network, who need a password
  cxr-edge demo --share --auth-file users.txt          for anybody with the link and a password, at most a week
  cxr-edge demo --export films/                        films that may be kept, under the diagnoses of users
  cxr-edge calibrate films/ --out clinic.json          and operating points from them

FILE of --auth-file has one USER:PASSWORD a line; {VARIABLE}=USER:PASSWORD in the environment does as well.
Programs use the same functions: docs/demo.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=positive, default=7860, help="default: %(default)s")
    parser.add_argument("--share", action="store_true", help="make a public link, through the servers of gradio.live")
    parser.add_argument("--auth-file", type=Path, metavar="FILE", help="who may come in: USER:PASSWORD, one a line")
    parser.add_argument("--open", action="store_true", help="let in anybody who reaches it, without a password")
    parser.add_argument(
        "--feedback",
        type=Path,
        default=Path("cxr-edge-feedback.sqlite"),
        metavar="FILE",
        help="where diagnoses and votes are kept (default: %(default)s)",
    )
    parser.add_argument("--export", type=Path, metavar="FOLDER", help="write the kept films to FOLDER, and end")
    parser.add_argument(
        "--rate", type=positive, default=600, metavar="N", help="requests a minute for each client (default: 600)"
    )
    parser.add_argument("--words", type=Path, metavar="FOLDER", help="of PO files, for the pages in other languages")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Serve, or export."""
    if args.export:
        return _export(args)
    exposure = Exposure(args.host, args.share, read_users(args.auth_file), args.open)
    exposure.check()
    plain = args.model == "default" and args.operating_point is None and args.sha256 is None and args.threads == 1
    chosen = None if plain else load_classifier(args)  # the default one is loaded when the first film comes
    from cxr_edge_demo.web.serving import serve

    serve(chosen, args.feedback, exposure, args.port, args.rate, args.words)
    return 0


def _export(args: argparse.Namespace) -> int:
    from cxr_edge import CxrEdgeError
    from cxr_edge_demo.store.feedback import Feedback
    from cxr_edge_demo.store.kept_films import write_kept_films

    if not args.feedback.is_file():
        raise CxrEdgeError(f"{args.feedback}: found no such file; expected one of feedback")
    feedback = Feedback(args.feedback)
    counts = write_kept_films(feedback, args.export)
    feedback.close()
    print(
        f"{counts['normal']} films in {args.export / 'NORMAL'}, {counts['pneumonia']} in {args.export / 'PNEUMONIA'}; "
        f"left out: {counts['other']} other, {counts['unsure']} unsure, {counts['not kept']} that were not to be kept"
    )
    return 0
