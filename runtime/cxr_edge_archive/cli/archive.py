"""``cxr-edge archive``: millions of films in folders or object storage, on one computer or on a Ray cluster."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_edge.cli.options import add_model_options, model_choice, positive

if TYPE_CHECKING:
    from cxr_edge_archive.places import Stores

HELP = "score archives of millions of films"
EXTRA = "archive"
NEEDS = ("ray", "pyarrow", "jinja2", "psutil")
EPILOG = """\
Four steps, each of which goes on where it was stopped. docs/archive.md says more.

examples:
  cxr-edge archive manifest films/ --out films.parquet      list what there is, once
  cxr-edge archive score films.parquet --out results        score it, on all processors of this computer
  cxr-edge archive check films.parquet results              is there one result for each film?
  cxr-edge archive report results --out report.html         how results are distributed
  cxr-edge archive score s3://bucket/films.parquet --out s3://bucket/results --address auto
                                                            the same on a Ray cluster"""
INTERRUPTED = 130
_URI = "a folder, or s3://BUCKET/PREFIX, gs://…, abfs://…"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.set_defaults(action=None, fail=parser.error)
    actions = parser.add_subparsers(metavar="ACTION", title="actions")
    one = actions.add_parser("manifest", help="list films, once")
    one.add_argument("uris", nargs="+", metavar="URI", help=_URI)
    one.add_argument("--out", required=True, metavar="FILE", help="parquet file to write, here or in object storage")
    one.add_argument(
        "--every-object", action="store_true", help="whatever objects are called (default: by suffix; DICOM has none)"
    )
    _add_common(one, _manifest)
    one = actions.add_parser("score", help="score the films of a manifest")
    one.add_argument("manifest", metavar="MANIFEST", help="made by cxr-edge archive manifest")
    one.add_argument("--out", required=True, metavar="FOLDER", help="for results, here or in object storage")
    one.add_argument("--address", metavar="auto|HOST:PORT", help="of a Ray that runs (default: one on this computer)")
    one.add_argument("--workers", type=positive, metavar="N", help="scoring processes (default: one a processor)")
    one.add_argument("--batch", type=positive, metavar="N", help="films of one file of results (default: 50 to 1000)")
    one.add_argument("--heatmap", action="store_true", help="add the values of heatmaps to results")
    add_model_options(one)
    _add_common(one, _score)
    one = actions.add_parser("check", help="is there one result for each film?")
    one.add_argument("manifest", metavar="MANIFEST", help="that was scored")
    one.add_argument("results", metavar="RESULTS", help="folder of results")
    _add_common(one, _check)
    one = actions.add_parser("report", help="distributions of results, as one page")
    one.add_argument("results", metavar="RESULTS", help="folder of results")
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="HTML file to write")
    one.add_argument("--by", metavar="COLUMN", help="compare sites: a column of --sites (default: folders)")
    one.add_argument("--sites", metavar="FILE", help="parquet or CSV with columns uri and COLUMN, such as the manifest")
    one.add_argument(
        "--depth", type=positive, default=1, metavar="N", help="folders that name the site (default: 1, the film's own)"
    )
    _add_common(one, _report)


def _add_common(parser: argparse.ArgumentParser, action: object) -> None:
    parser.add_argument("--endpoint", metavar="URL", help="of a store that speaks S3 (default: AWS_ENDPOINT_URL)")
    if action is not _report:
        parser.add_argument("--format", choices=("text", "json"), default="text", help="of the summary (default: text)")
    parser.set_defaults(action=action)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    if args.action is None:
        args.fail("choose an action: manifest, score, check or report")
    status: int = args.action(args)
    return status


def _stores(args: argparse.Namespace) -> Stores:
    from cxr_edge_archive.places import Stores

    return Stores(args.endpoint)


def _print(args: argparse.Namespace, values: dict[str, object], text: str) -> None:
    print(json.dumps({"schema": 1, **values}, indent=1) if args.format == "json" else text)


def _manifest(args: argparse.Namespace) -> int:
    from cxr_edge_archive.listing.make_manifest import Maker

    maker = Maker(args.uris, args.out, _stores(args), args.every_object)
    try:
        made = maker.make(lambda films: print(f"cxr-edge: {films} films found", file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print("cxr-edge: stopped; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    for reason in made.closed:
        print(f"cxr-edge: {reason}", file=sys.stderr)
    values = {"manifest": args.out, "films": made.films, "bytes": made.bytes, "unreadable_folders": len(made.closed)}
    _print(args, values, f"{args.out}: {made.films} films, {made.bytes / 1e6:.1f} MB")
    return int(bool(made.closed))


def _score(args: argparse.Namespace) -> int:
    from cxr_edge_archive.cli.scoring_run import run_scoring

    return run_scoring(args, model_choice(args), _stores(args), _print)


def _check(args: argparse.Namespace) -> int:
    from cxr_edge_archive.looking.completeness_check import check, in_words

    found = check(args.manifest, args.results, _stores(args))
    _print(args, found.to_dict(), in_words(found))
    return int(not found.passed)


def _report(args: argparse.Namespace) -> int:
    from cxr_edge.results.whole_files import replacing
    from cxr_edge_archive.looking.page import page
    from cxr_edge_archive.looking.sites import Sites
    from cxr_edge_archive.looking.tallies import count

    if (args.by is None) != (args.sites is None):
        args.fail("--by and --sites go together")
    stores = _stores(args)
    sites = Sites.of_column(args.sites, args.by, stores) if args.by else Sites.of_folders(args.depth)
    tallies = count(args.results, sites, stores)
    with replacing(args.out) as file:
        file.write(page(tallies, sites.title))
    print(f"wrote {args.out}: {tallies.whole.films} films of {len(tallies.by_site)} sites")
    return 0
