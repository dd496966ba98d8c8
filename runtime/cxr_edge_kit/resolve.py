"""Which versions go into a kit: uv reads markers as the target would; pip reads them as this computer does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit.targets import MACOS, Target


@dataclass(frozen=True)
class Asked:
    """What a kit is to hold.

    Attributes:
        target: the platform.
        python: its version there, such as ``3.12``.
        extras: of cxr-edge.
        constraints: a file of versions to keep to, if any.
        wheelhouse: a folder to take wheels from instead of from an index, if any.
    """

    target: Target
    python: str
    extras: tuple[str, ...]
    constraints: Path | None
    wheelhouse: Path | None

    @property
    def source(self) -> list[str]:
        """Where uv and pip are to look, as their options."""
        return ["--no-index", "--find-links", str(self.wheelhouse.resolve())] if self.wheelhouse else []


@dataclass(frozen=True)
class Pin:
    """One version, and the sha256 of all its files."""

    name: str
    version: str
    sha256: frozenset[str]


def resolve(asked: Asked, own: Path, scratch: Path) -> list[Pin]:
    """What has to be there beside our own wheel, and pip, which installs it.

    Raises:
        CxrEdgeError: there are no wheels for the target; it names the extra and the package.
    """
    done = _uv(asked, own, scratch)
    if done.returncode:
        alone = [replace(asked, extras=extras) for extras in ((), *((extra,) for extra in asked.extras))]
        failed = [(one, run) for one in alone if (run := _uv(one, own, scratch)).returncode]
        one, run = failed[0] if failed else (asked, done)
        what = f"extra {','.join(one.extras)}" if one.extras else "cxr-edge"
        raise CxrEdgeError(
            f"{what} for {asked.target.name} with Python {asked.python}: found that {_reason(run.stderr)}; "
            "expected a wheel of everything. Choose another Python or fewer extras"
        )
    found = re.findall(r"^([\w.-]+)==(\S+)((?:\s*\\\n\s+--hash=sha256:[0-9a-f]{64})+)", done.stdout, re.M)
    return [Pin(name, version, frozenset(re.findall(r"[0-9a-f]{64}", hashes))) for name, version, hashes in found]


def _uv(asked: Asked, own: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
    wanted = f"cxr-edge{extras} @ {own.resolve().as_uri()}\npip\n"
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate"]
    command += ["--generate-hashes", "--only-binary", ":all:", "--python", sys.executable, "--no-python-downloads"]
    command += ["--python-platform", asked.target.resolver, "--python-version", asked.python, *asked.source]
    command += ["--constraints", str(asked.constraints.resolve())] if asked.constraints else []
    env = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, MACOS)), **_index_of_pip()}
    # In a folder without a project, whose settings would be taken for ours.
    return subprocess.run(command, input=wanted, capture_output=True, text=True, cwd=scratch, env=env)


@cache
def _index_of_pip() -> dict[str, str]:
    """uv reads no settings of pip's; behind a mirror they are what works."""
    settings = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    urls = re.findall(r"^[^=\s]*\.index-url='(.*)'$", settings, re.M)
    return {"UV_DEFAULT_INDEX": urls[-1]} if urls and "UV_DEFAULT_INDEX" not in os.environ else {}


def _reason(words: str) -> str:
    """The first cause that uv gives, on one line."""
    cause = re.search(r"Because (?:only )?(.*?), we can\s+conclude", words, re.S)
    return " ".join((cause[1] if cause else words).split())
