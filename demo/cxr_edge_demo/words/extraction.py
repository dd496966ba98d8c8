"""Which sentences the demo says: found in its code, templates and scripts, so that a catalogue can be held to them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
BROWSER = PACKAGE / "browser"
_STRING = r'"(?:[^"\\]|\\.)*"'
_IN_SCRIPT = re.compile(rf"\bcxrWord\(\s*({_STRING})")
_IN_TEMPLATE = re.compile(rf"\b_(n?)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?")


def script_sentences(folder: Path = BROWSER) -> list[str]:
    """Sentences that the browser's scripts ask ``cxrWord`` for, in the order of the files."""
    found = [
        json.loads(match)
        for file in sorted(folder.glob("*.js"))
        for match in _IN_SCRIPT.findall(file.read_text(encoding="utf-8"))
    ]
    return list(dict.fromkeys(found))


def template_sentences(folder: Path = PACKAGE / "html" / "templates") -> list[str]:
    """Sentences of the templates; of a plural, both forms."""
    found = []
    for file in sorted(folder.glob("*.html")):
        for plural, one, many in _IN_TEMPLATE.findall(file.read_text(encoding="utf-8")):
            found += [json.loads(one), *([json.loads(many)] if plural else [])]
    return list(dict.fromkeys(found))


def code_sentences(folder: Path = PACKAGE) -> list[str]:
    """Sentences of the Python code; of a plural, both forms."""
    found = [
        sentence
        for file in sorted(folder.rglob("*.py"))
        for sentence in _of_module(ast.parse(file.read_text(encoding="utf-8")))
    ]
    return list(dict.fromkeys(found))


def plural_sentences(templates: Path = PACKAGE / "html" / "templates") -> dict[str, str]:
    """The plural of each sentence that ``_n`` is asked for."""
    found: dict[str, str] = {}
    for file in sorted(templates.glob("*.html")):
        for plural, one, many in _IN_TEMPLATE.findall(file.read_text(encoding="utf-8")):
            if plural:
                found[json.loads(one)] = json.loads(many)
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_n":
                one, many = (ast.literal_eval(argument) for argument in node.args[:2])
                found[one] = many
    return found


def all_sentences() -> list[str]:
    """Every sentence that code, templates and scripts name."""
    return list(dict.fromkeys([*code_sentences(), *template_sentences(), *script_sentences()]))


def _of_module(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "_n", "N_"):
            for argument in node.args[: 2 if node.func.id == "_n" else 1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
