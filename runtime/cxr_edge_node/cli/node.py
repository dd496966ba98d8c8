"""``cxr-edge node``: films in over the DICOM network, answers back as DICOM."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_edge_node.settings import Settings

HELP = "score films that arrive over the DICOM network"
EXTRA = "node"
NEEDS = ("pynetdicom", "highdicom", "pydicom", "gdcm")
EPILOG = """\
X-ray machines send films by C-STORE. Each is on the disk before the sender hears "success", is scored once, and is
answered by two objects, sent until they have arrived: a structured report and a picture. docs/node.md says how to set
it up.

  cxr-edge node status --spool DIR               what waits, what was sent, what was refused and why
  cxr-edge node export --spool DIR --csv FILE    results without names, for statistics
  cxr-edge node unit                             a systemd unit to start from
  cxr-edge node example                          a configuration file to start from

examples:
  cxr-edge node --spool spool                    for senders on this computer; answers stay in the spool
  cxr-edge node --spool spool --host 192.168.1.10 --allow CR1@192.168.1.20 --forward PACS@192.168.1.5:104
  cxr-edge node --config node.toml"""

_PACKAGE = Path(__file__).parents[1]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    _add_own_options(parser)
    parser.set_defaults(action=_serve)
    actions = parser.add_subparsers(metavar="ACTION", title="instead of receiving")
    status = actions.add_parser("status", help="what waits, what was sent, what was refused and why")
    status.add_argument("--spool", type=Path, required=True, metavar="DIR", help="the node's folder")
    status.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    status.set_defaults(action=_status)
    export = actions.add_parser("export", help="results without names, for statistics")
    export.add_argument("--spool", type=Path, required=True, metavar="DIR", help="the node's folder")
    export.add_argument("--csv", type=Path, required=True, metavar="FILE", help="file to write")
    export.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="films of one day (default: all)")
    export.set_defaults(action=_export)
    actions.add_parser("unit", help="print a systemd unit").set_defaults(action=_print, file="cxr-edge-node.service")
    actions.add_parser("example", help="print a configuration file").set_defaults(action=_print, file="node.toml")


def _add_own_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help="TOML with these options; what stands here too goes before it")
    add("--spool", type=Path, metavar="DIR", help="folder for films, answers and the ledger")
    add("--aet", help="this node's AE title (default: CXREDGE)")
    add("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1, this computer alone)")
    add("--port", type=int, help="default: 11112")
    add("--allow", action="append", metavar="AET@ADDRESS", help="who may send; may be repeated")
    add("--no-report", dest="report", action="store_false", default=None, help="no structured reports")
    add("--no-image", dest="image", action="store_false", default=None, help="no pictures")
    models = parser.add_argument_group("model")
    models.add_argument("--model", metavar="NAME|PATH", help="default: the bundled default")
    models.add_argument("--operating-point", type=Path, metavar="FILE", help="made by cxr-edge calibrate")
    answers = parser.add_argument_group("where answers go")
    answers.add_argument("--forward", action="append", metavar="AET@HOST:PORT", help="an archive; may be repeated")
    answers.add_argument("--forward-web", action="append", metavar="URL", help="a DICOMweb root; may be repeated")
    answers.add_argument(
        "--web-authorization", type=Path, metavar="FILE", help="its first line is the header Authorization"
    )
    answers.add_argument(
        "--give-up-days", type=float, metavar="D", help="an answer is tried to be sent for D days (default: 7)"
    )
    tls = parser.add_argument_group("TLS (files in PEM)")
    tls.add_argument("--tls-certificate", type=Path, metavar="FILE", help="with it the node speaks TLS only")
    tls.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key")
    tls.add_argument(
        "--tls-authorities", type=Path, metavar="FILE", help="who signs the others' certificates; senders must show one"
    )
    tls.add_argument("--forward-tls", action="store_true", default=None, help="archives are spoken to over TLS")
    bounds = parser.add_argument_group("bounds")
    bounds.add_argument("--max-associations", type=int, metavar="N", help="senders at the same time (default: 16)")
    bounds.add_argument(
        "--reserve", type=int, metavar="BYTES", help="free disk below which films are refused (default: 1 GiB)"
    )
    bounds.add_argument(
        "--keep-days", type=float, metavar="D", help="delete films and answers D days after they are sent (default: 7)"
    )


def run(args: argparse.Namespace) -> int:
    """Receive until it is told to stop, or do what was asked instead."""
    status: int = args.action(args)
    return status


def _serve(args: argparse.Namespace) -> int:
    import logging
    import signal
    import warnings

    from cxr_edge_node.log_names import LOG
    from cxr_edge_node.service import Node
    from cxr_edge_node.settings import settings

    told: Settings = settings({name: getattr(args, name) for name in _OPTIONS}, args.config)
    # What libraries say may quote a header; what matters is in our own words.
    warnings.simplefilter("ignore")
    for library in ("pynetdicom", "pydicom", "highdicom"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    node = Node(told)
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda number, frame: node.stop())
    port = node.start()
    print(f"listening on {told.host}:{port} as {told.aet}", flush=True)
    for destination in told.destinations:
        print(f"answers go to {destination}", flush=True)
    node.run()
    return 0


def _status(args: argparse.Namespace) -> int:
    import json

    from cxr_edge_node.records.status import in_words, read_status

    found = read_status(args.spool)
    print(json.dumps(found, indent=1) if args.format == "json" else in_words(found))
    return 0


def _export(args: argparse.Namespace) -> int:
    from cxr_edge.results.whole_files import replacing
    from cxr_edge_node.records.day_table import write_days

    with replacing(args.csv) as file:
        number = write_days(args.spool, file, args.day)
    print(f"wrote {number} films to {args.csv}")
    return 0


def _print(args: argparse.Namespace) -> int:
    print((_PACKAGE / args.file).read_text(encoding="utf-8"), end="")
    return 0


_OPTIONS = (
    "spool", "aet", "host", "port", "allow", "forward", "forward_web", "web_authorization", "model", "operating_point",
    "image", "report", "tls_certificate", "tls_key", "tls_authorities", "forward_tls", "max_associations", "reserve",
    "keep_days", "give_up_days",
)  # fmt: skip
