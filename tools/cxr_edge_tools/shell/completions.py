"""Completions for bash, zsh and fish, by shtab, with file names where a command takes files and models by name."""

from __future__ import annotations

import argparse
from pathlib import Path

import shtab

from cxr_edge import list_models
from cxr_edge_tools.shell.whole_parser import commands
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.registry import REFERENCE

SHELLS = {
    "bash": "bash-completion/completions/cxr-edge",
    "zsh": "zsh/site-functions/_cxr-edge",
    "fish": "fish/vendor_completions.d/cxr-edge.fish",
}
"""Where each shell looks, below ``share``."""

_FOLDERS = {"DIR", "FOLDER", "RUN", "INBOX", "folder", "data"}
"""Metavars, or names where there is none, of arguments that are folders."""
_EITHER = {"source"}
"""Called a folder in help, but a file does as well."""
_PUBLISHED = {"--model": tuple(REFERENCE), "--protocol": tuple(PROTOCOLS)}
"""Of ``cxr-edge train``, which checks them only after it has loaded what knows them."""

_NAMES = [name for model in list_models() for name in (model.alias, model.name) if name]
_BASH = f"""\
# Names of films may hold spaces, which shtab's own functions would split.
_cxr_edge_file() {{
  compgen -f -- "$1"
}}
_cxr_edge_dir() {{
  compgen -d -- "$1"
}}
_cxr_edge_model_or_file() {{
  compgen -W "{" ".join(_NAMES)}" -- "$1"
  compgen -f -- "$1"
}}"""
_FILE = {**shtab.FILE, "bash": "_cxr_edge_file"}
_FOLDER = {**shtab.DIRECTORY, "bash": "_cxr_edge_dir"}
_MODEL = {
    "bash": "_cxr_edge_model_or_file",
    "zsh": f"_alternative 'models\\:model\\:({' '.join(_NAMES)})' 'files\\:file\\:_files'",
    "fish": f"(printf '%s\\n' {' '.join(_NAMES)}; __fish_complete_path (commandline -ct))",
}


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script of a key of `SHELLS` for `parser`, which is changed by it."""
    for command, one in commands(parser):
        for action in one._actions:
            _tell(action, command)
    text = shtab.complete(parser, shell, preamble=_BASH if shell == "bash" else "")
    return text if text.endswith("\n") else text + "\n"


def _tell(action: argparse.Action, command: str) -> None:
    """Say how an argument of a command is completed, if it has no choices of its own."""
    name = str(action.metavar or action.dest)
    if command == "train" and action.dest in ("model", "protocol"):
        action.choices = _PUBLISHED[action.option_strings[0]]
    elif name.startswith("NAME|"):
        action.complete = _MODEL  # type: ignore[attr-defined]
    elif name in _FOLDERS and action.dest not in _EITHER:
        action.complete = _FOLDER  # type: ignore[attr-defined]
    elif action.type is Path or name in ("FILE", "PATH"):
        action.complete = _FILE  # type: ignore[attr-defined]
