"""The parser of ``cxr-edge`` with the commands of all extras, laid out alike on every computer."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest import mock

from cxr_edge.cli.main import command_parser

WIDTH = 10_000
"""Columns of a terminal so wide that argparse breaks no line; where it would differs between versions of Python."""


def whole_parser() -> argparse.ArgumentParser:
    """A new one, free to be changed."""
    with mock.patch.dict(os.environ, {"COLUMNS": str(WIDTH)}):
        return command_parser()


def commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """`parser` and those of its commands, each with the command's name, such as ``node status``."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, one in action.choices.items():
                yield from commands(one, f"{name} {word}".strip())
