"""Parse the command line, run one command, turn errors into one line and an exit status."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import ModuleType

import cxr_edge
from cxr_edge.errors import CxrEdgeError

BUILT_IN = ("predict", "watch", "calibrate", "info", "models", "selftest", "bench")
DESCRIPTION = (
    "Does this chest X-ray look like pneumonia? Scores films on this computer, without a network. "
    "A triage aid for research, not a cleared medical device."
)
EPILOG = "Exit status: 0 done; 1 some films could not be read, the rest were scored; 2 wrong usage or no usable model."


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cxr-edge`` with `argv` (by default the process's) and return its exit status."""
    for stream in (sys.stdout, sys.stderr):  # file names need not be text in the terminal's encoding
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = command_parser().parse_args(argv)
    missing = [name for name in args.needs if find_spec(name) is None]
    if missing:
        install = f"pip install 'cxr-edge[{args.extra}]'"
        print(f"cxr-edge {args.command} needs {', '.join(missing)}; install it with: {install}", file=sys.stderr)
        return 2
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except CxrEdgeError as error:
        print(f"cxr-edge: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        _drop_output()
        return 0
    except OSError as error:  # our own output: a full disk, for instance
        print(f"cxr-edge: found {error.strerror or error}; expected to write the results", file=sys.stderr)
        _drop_output()
        return 2
    except KeyboardInterrupt:
        print("cxr-edge: stopped", file=sys.stderr)
        return 130


def _drop_output() -> None:
    """What is still buffered cannot be written; Python would try once more at its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command_parser() -> argparse.ArgumentParser:
    """All commands with their options; those of extras that are not installed have none."""
    parser = argparse.ArgumentParser("cxr-edge", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"cxr-edge {cxr_edge.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in BUILT_IN:
        _add(commands, name, importlib.import_module(f"cxr_edge.cli.{name}"))
    for entry in sorted(entry_points(group="cxr_edge.commands"), key=lambda entry: entry.name):
        try:
            module = entry.load()
        except ImportError as error:  # of another package: no reason to lose the commands of this one
            module = _broken(entry.name, str(error))
        _add(commands, entry.name, module)
    return parser


def _broken(name: str, reason: str) -> ModuleType:
    """A command in place of one whose module cannot be imported."""

    def run(args: argparse.Namespace) -> int:
        raise CxrEdgeError(f"cxr-edge {name}: found a broken installation ({reason}); expected a complete one")

    module = ModuleType(name)
    vars(module).update(HELP="cannot be loaded", EPILOG="", add_arguments=lambda parser: None, run=run)
    return module


def _add(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, module: ModuleType) -> None:
    extra = getattr(module, "EXTRA", None)
    help = module.HELP + (f" (needs cxr-edge[{extra}])" if extra else "")
    parser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=module.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    parser.set_defaults(run=module.run, extra=extra, needs=getattr(module, "NEEDS", ()))
