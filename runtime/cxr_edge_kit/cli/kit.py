"""``cxr-edge kit``: a folder to install from where there is no network."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

HELP = "make a folder to install from without a network"
EXTRA = "kit"
NEEDS = ("uv", "pip", "spdx_tools", "jinja2", "packaging", "build", "hatchling")
EPILOG = """\
The folder holds the wheels of everything, checksums, licences, a bill of materials (SPDX), a script that installs it,
and services. Open its start.html first. docs/kit.md says more.

  cxr-edge kit verify FOLDER      is every byte as it was made? Needs nothing but Python
  cxr-edge kit unit               a systemd unit for cxr-edge watch

examples:
  cxr-edge kit --platform windows_amd64 --python 3.12 --extras dicom,demo --out kit
  cxr-edge kit --platform linux_aarch64 --python 3.11 --out kit                    for a Raspberry Pi"""
PLATFORMS = ("linux_x86_64", "linux_aarch64", "windows_amd64", "macos_arm64")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("--platform", choices=PLATFORMS, help="of the computer to install on")
    add("--python", type=_version, metavar="X.Y", help="its version there (default: that of this one)")
    add("--extras", type=_names, default=(), metavar="A,B", help="such as dicom,node,demo (default: none)")
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="to make; an earlier kit there is replaced, and its wheels used again",
    )
    add("--wheel", type=Path, metavar="FILE", help="of cxr-edge (default: built from the source that this runs from)")
    add(
        "--constraints", type=Path, metavar="FILE", help="versions to keep to (default: constraints.txt of that source)"
    )
    add("--wheelhouse", type=Path, metavar="FOLDER", help="take wheels from here; ask no package index")
    parser.set_defaults(action=_make, fail=parser.error)
    actions = parser.add_subparsers(metavar="ACTION", title="instead of making one")
    verify = actions.add_parser("verify", help="name every file of a kit that was changed, lost or added")
    verify.add_argument("folder", type=Path, metavar="FOLDER", help="the kit")
    verify.set_defaults(action=_verify, needs=())
    actions.add_parser("unit", help="print a systemd unit for watch").set_defaults(action=_unit, needs=())


def _version(text: str) -> str:
    if not re.fullmatch(r"3\.\d{1,2}", text):
        raise argparse.ArgumentTypeError(f"found {text}; expected a version such as 3.12")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def run(args: argparse.Namespace) -> int:
    """Make a kit, or do what was asked instead."""
    status: int = args.action(args)
    return status


def _make(args: argparse.Namespace) -> int:
    if not args.platform or not args.out:
        args.fail("--platform and --out are needed")
    from cxr_edge_kit.make import make
    from cxr_edge_kit.own_wheel import checkout
    from cxr_edge_kit.resolve import Asked
    from cxr_edge_kit.targets import TARGETS

    source = checkout()
    constraints = args.constraints or (source / "constraints.txt" if source else None)
    python = args.python or f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = Asked(TARGETS[args.platform], python, args.extras, constraints, args.wheelhouse)
    manifest = make(asked, args.out, args.wheel, lambda step: print(step, file=sys.stderr, flush=True))
    size = sum(file["bytes"] for file in manifest["files"]) / 1e6
    wheels = sum("version" in file for file in manifest["files"])
    what = f"cxr-edge {manifest['cxr_edge']} for {args.platform}, Python {python}"
    print(f"{args.out}: {what}: {wheels} wheels, {size:.0f} MB in all")
    print(f"Next: carry the folder over and open {args.out / 'start.html'}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from cxr_edge.errors import CxrEdgeError
    from cxr_edge_kit.verify import faults, in_words

    if not args.folder.is_dir():
        raise CxrEdgeError(f"{args.folder}: found no folder; expected a kit")
    found = faults(args.folder)
    print(in_words(args.folder, found))
    return int(bool(found))


def _unit(args: argparse.Namespace) -> int:
    from importlib.resources import files

    print(files("cxr_edge_kit").joinpath("files/cxr-edge-watch.service").read_text(encoding="utf-8"), end="")
    return 0
