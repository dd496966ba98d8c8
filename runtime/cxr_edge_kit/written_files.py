"""What a kit holds beside wheels: scripts, services, requirements, licences and the start page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from cxr_edge_kit import verify
from cxr_edge_kit.own_wheel import OwnWheel
from cxr_edge_kit.resolve import Asked
from cxr_edge_kit.wheels import Wheel

FILES = Path(__file__).parent / "files"
WATCH_UNIT = FILES / "cxr-edge-watch.service"
DATA = r"C:\ProgramData\cxr-edge"
TASKS = {
    "watch": ("Scores the films in C:\\films", rf"C:\films --database {DATA}\films.sqlite --csv {DATA}\films.csv"),
    "node": ("Scores films that arrive over the DICOM network", rf"--config {DATA}\node.toml --spool {DATA}\spool"),
}
"""Of the Windows tasks: what they do, and what their commands are given."""
PAGES = ("use", "results", "node", "demo", "trust")
"""Of docs/, for whoever uses it."""
_TEMPLATES = Environment(
    loader=FileSystemLoader(FILES),
    undefined=StrictUndefined,
    autoescape=lambda name: name is not None and name.endswith((".html", ".xml")),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def write_scripts(folder: Path, asked: Asked) -> None:
    """What installs and what checks: ``verify.py`` and ``install.py``, and the script that finds a Python for them."""
    for source in (Path(verify.__file__), FILES / "install.py"):
        _write(folder / source.name, source.read_text(encoding="utf-8"))
    name = "install.cmd" if asked.target.system == "Windows" else "install.sh"
    first = [(one, verify.sha256(folder / one)) for one in ("verify.py", "install.py")]
    text = _TEMPLATES.get_template(name).render(python=asked.python, first=first)
    _write(folder / name, text.replace("\n", "\r\n") if name.endswith(".cmd") else text)
    (folder / name).chmod(0o755)


def write_requirements(folder: Path, wheels: Sequence[Wheel]) -> None:
    """``requirements.txt``: each wheel's version and hash, which pip insists on; not pip's own, which runs as it is."""
    lines = [f"{one.name}=={one.version} --hash=sha256:{one.sha256}\n" for one in wheels if one.name != "pip"]
    _write(folder / "requirements.txt", "".join(lines))


def write_services(folder: Path, asked: Asked, own: OwnWheel) -> None:
    """What starts ``watch``, and ``node`` if it is in the kit, with the computer: systemd units or tasks of Windows."""
    commands = ("watch", "node") if "node" in asked.extras else ("watch",)
    if asked.target.system == "Linux":
        _write(folder / WATCH_UNIT.name, WATCH_UNIT.read_text(encoding="utf-8"))
        if "node" in commands:
            _write(folder / "cxr-edge-node.service", own.text("cxr_edge_node/cxr-edge-node.service"))
    elif asked.target.system == "Windows":
        for command in commands:
            does, arguments = TASKS[command]
            text = _TEMPLATES.get_template("task.xml").render(
                command=command, does=does, arguments=arguments, data=DATA
            )
            # schtasks takes UTF-16 alone.
            folder.mkdir(exist_ok=True)
            (folder / f"cxr-edge-{command}.xml").write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    if "node" in commands:
        _write(folder / "node.toml", own.text("cxr_edge_node/node.toml"))


def write_licences(folder: Path, wheels: Sequence[Wheel]) -> dict[str, list[str]]:
    """The licences and notices out of `wheels`, in a folder for each; returns their paths in `folder` by name."""
    written: dict[str, list[str]] = {}
    for wheel in wheels:
        written[wheel.name] = []
        with ZipFile(wheel.path) as archive:
            for member in wheel.licence_texts:
                inside = re.sub(r"^[^/]+\.dist-info/(licenses/)?", "", member)
                name = re.sub(r"[^A-Za-z0-9._/-]", "_", inside).replace("..", "__").strip("/")
                path = f"{wheel.name}-{wheel.version}/{name}"
                if path not in written[wheel.name]:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(archive.read(member))
                    written[wheel.name].append(path)
    return written


def write_pages(folder: Path, source: Path) -> list[tuple[str, str]]:
    """The pages of `source` for whoever uses it, as HTML; links to what is not in the kit become plain text.

    Returns:
        File and title of each.
    """
    reader = MarkdownIt("commonmark").enable("table")
    written = []
    for name in PAGES:
        tokens = reader.parse((source / f"{name}.md").read_text(encoding="utf-8"))
        for token in tokens:
            token.children = _links(token.children) if token.children else None
        title = tokens[1].content
        body = reader.renderer.render(tokens, reader.options, {})
        body = body.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
        _write(folder / f"{name}.html", _TEMPLATES.get_template("page.html").render(title=title, body=Markup(body)))
        written.append((f"{name}.html", title))
    return written


def _links(tokens: list[Token]) -> list[Token]:
    kept, dropped = [], False
    for token in tokens:
        if token.type == "link_open":
            name = str(token.attrs["href"]).partition("#")[0].removesuffix(".md")
            dropped = name not in PAGES and ":" not in name
            if name in PAGES:
                token.attrs["href"] = f"{name}.html"
        if token.type != "image" and not (dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


def write_start_page(path: Path, facts: Mapping[str, Any]) -> None:
    """The page that a person opens first."""
    _write(path, _TEMPLATES.get_template("start.html").render(facts))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
