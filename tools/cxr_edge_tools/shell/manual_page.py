"""The manual page, by argparse-manpage, with each command's notes beside it and its examples at the end."""

from __future__ import annotations

import argparse
import os
import re
import textwrap
from unittest import mock

from argparse_manpage.manpage import Manpage

import cxr_edge
from cxr_edge_tools.shell.whole_parser import WIDTH, commands

FILE = "man/man1/cxr-edge.1"
"""Below ``share``."""
_NAME = "score chest X-rays for pneumonia on this computer"
_COLUMNS = 80
_EXAMPLES = re.compile(r"^examples?:$")


def manual_page(parser: argparse.ArgumentParser, date: str) -> str:
    """The page in roff, as it was changed on `date`; `parser` is changed by it."""
    examples = []
    for command, one in commands(parser):
        if not command:
            continue
        notes, shown = _blocks(one.epilog or "")
        one.description, one.epilog = notes, None
        if shown:
            examples.append(f".SS {command}\n{shown}")
    for group in parser._action_groups:
        if any(isinstance(action, argparse._SubParsersAction) for action in group._group_actions):
            group.title = "commands"
    status, parser.epilog = (parser.epilog or "").partition(": ")[2], None
    with mock.patch.dict(os.environ, {"COLUMNS": str(WIDTH)}):
        page = Manpage(parser, format="single-commands-section")
        page.date, page.description = date, _NAME
        page.synopsis = [word.replace("-", r"\-") for word in page.synopsis]
        page.synopsis[0] = parser.prog
        page.source, page.manual = f"cxr-edge {cxr_edge.__version__}", "User Commands"
        page.add_section("exit status", "=", status)
        page.add_section("examples", "=", "\n".join(examples).replace("-", r"\-"))
        return _tidy(str(page).replace(date.replace("-", r"\-"), date, 1))


def date_of(page: str) -> str:
    """When a page was last changed."""
    found = re.match(r'\.TH \S+ "1" "([^"]*)"', page)
    return found[1] if found else ""


def _blocks(epilog: str) -> tuple[str, str]:
    """Notes and examples of an epilog; what is indented there keeps its lines."""
    notes: list[str] = []
    examples: list[str] = []
    for paragraph in epilog.split("\n\n"):
        lines = paragraph.splitlines()
        for at, line in enumerate(lines):
            if _EXAMPLES.match(line):
                examples.append(_kept(lines[at + 1 :]))
                lines = lines[:at]
                break
        if lines and all(line.startswith("  ") for line in lines):
            notes.append(_kept(lines))
        elif lines:
            notes.append(" ".join(lines))
    return "\n\n".join(notes), "\n".join(examples)


def _kept(lines: list[str]) -> str:
    return f".nf\n{textwrap.dedent(chr(10).join(lines))}\n.fi"


def _tidy(page: str) -> str:
    """Paragraphs by macro instead of empty lines, short lines, and usage in bold."""
    done: list[str] = []
    filled = True
    for line in re.sub(r"^\.SH\n", ".SH ", page, flags=re.M).splitlines():
        filled = {".nf": False, ".fi": True}.get(line, filled)
        if not line:
            if filled and not done[-1].startswith((".SH", ".SS", ".PP")):
                done.append(".PP")
            continue
        if done[-1:] == [".PP"] and line.startswith((".S", ".T", ".R", ".PP")):
            done.pop()
        if usage := re.match(r"usage: (cxr\\-edge[a-z ]*?) (?=[\[{A-Z])(.*)", line):
            done += [f".B {usage[1]}", *textwrap.wrap(usage[2], _COLUMNS, break_long_words=False)]
        elif filled and not line.startswith("."):
            done += textwrap.wrap(line, _COLUMNS, break_long_words=False, break_on_hyphens=False)
        else:
            done.append(line)
    return "\n".join(done) + "\n"
