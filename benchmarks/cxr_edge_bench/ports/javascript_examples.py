"""``examples/node`` and ``examples/browser``, copied, with their libraries from npm, ready to run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cxr_edge
from cxr_edge_bench.checkout import ROOT
from cxr_edge_bench.ports.port import MissingPort, Port

EXAMPLES = ROOT / "examples"
MODELS = Path(cxr_edge.__file__).parent / "models"
VARIABLE = "CXR_EDGE_NODE_MODULES"
"""A folder node_modules that holds the libraries of both examples, for computers without a network."""
SECONDS = 600  # for npm, on a slow network

NO_COLOURS = "It does not look at colours: colour photographs and false colours are not told as such."
FORMATS = "It reads 8-bit JPEG and 8- and 16-bit PNG; DICOM, TIFF, BMP, WebP and CMYK are refused."
NO_XMP = "The orientation is read from EXIF alone, not from XMP."
WEBASSEMBLY = "The network runs on WebAssembly, whose int8 kernels round otherwise."


def node(folder: Path) -> Port:
    """The command of ``examples/node``, made ready in `folder`.

    Raises:
        MissingPort: no node, or the libraries are neither here nor to be had.
    """
    example = _with_libraries("node", folder)
    command = (_program("node"), str(example / "score.js"))
    return Port("node", command, {"node": _version("node"), **_versions(example)}, (FORMATS, NO_XMP, NO_COLOURS))


def browser(folder: Path) -> Port:
    """The page of ``examples/browser``, put together in `folder` and driven by `cxr_edge_bench.ports.browser_page`.

    Raises:
        MissingPort: as for `node`, or no Chromium.
    """
    from cxr_edge_bench.ports.browser_page import chromium

    site, program = assembled(folder), chromium()
    command = (sys.executable, "-m", "cxr_edge_bench.ports.browser_page", str(site))
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    versions = {"browser": version, **_versions(folder / "browser")}
    return Port("browser", command, versions, (FORMATS, NO_XMP, NO_COLOURS, WEBASSEMBLY))


def assembled(folder: Path) -> Path:
    """The folder of the page, made by ``examples/browser/assemble.js``; raises as `node` does."""
    example, site = _with_libraries("browser", folder), folder / "site"
    done = subprocess.run([_program("node"), example / "assemble.js", site, MODELS], capture_output=True, text=True)
    if done.returncode:
        raise MissingPort(f"assemble.js: {done.stderr.strip()}")
    return site


def _with_libraries(name: str, folder: Path) -> Path:
    example = folder / name
    for part in ("javascript", name):
        ignored = shutil.ignore_patterns("node_modules", "site")
        shutil.copytree(EXAMPLES / part, folder / part, dirs_exist_ok=True, ignore=ignored)
    libraries = Path(os.environ.get(VARIABLE) or EXAMPLES / name / "node_modules")
    if libraries.is_dir():
        (example / "node_modules").unlink(missing_ok=True)
        (example / "node_modules").symlink_to(libraries.resolve())
    elif not (example / "node_modules").is_dir():
        command = [_program("npm"), "ci", "--prefer-offline"]
        done = subprocess.run(command, cwd=example, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            raise MissingPort(
                f"npm ci in examples/{name}: {done.stderr.strip()[-300:]}; connect to a network, or name a folder of "
                f"libraries in {VARIABLE}"
            )
    return example


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise MissingPort(f"{name}: not found on the PATH; install Node 20 or later with npm")
    return found


def _version(program: str) -> str:
    return subprocess.run([_program(program), "--version"], capture_output=True, text=True).stdout.strip()


def _versions(example: Path) -> dict[str, str]:
    wanted = json.loads((example / "package.json").read_text(encoding="utf-8"))["dependencies"]
    found = {}
    for package in wanted:
        described = example / "node_modules" / package / "package.json"
        found[package] = json.loads(described.read_text(encoding="utf-8"))["version"]
    return found
