"""Make a kit: beside its place first, and moved there once it is whole and every byte has been checked."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit import verify
from cxr_edge_kit.download import download
from cxr_edge_kit.own_wheel import OwnWheel, build, checkout, read_own_wheel
from cxr_edge_kit.resolve import Asked, resolve
from cxr_edge_kit.sbom import write_sbom
from cxr_edge_kit.wheels import Wheel, needs, read_wheel
from cxr_edge_kit.written_files import (
    write_licences,
    write_pages,
    write_requirements,
    write_scripts,
    write_services,
    write_start_page,
)

INSTALLED = 5
"""Bytes on the disk for each byte of the wheels, with the compiled modules: 4 to 5 were measured."""


def make(asked: Asked, out: Path, wheel: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Make the kit that is `asked` for in the folder `out`.

    Args:
        asked: platform, Python, extras and where wheels come from.
        out: a new folder, or an earlier kit: its wheels are used again, and the new one then takes its place.
        wheel: our own; by default built from the checkout that this runs in.
        say: is told each step.

    Returns:
        The kit's manifest.

    Raises:
        CxrEdgeError: `out` holds other things, or something cannot be had; what was had waits in ``OUT.partial``.
    """
    out = Path(os.path.abspath(out))
    if out.is_dir() and any(out.iterdir()) and not (out / verify.MANIFEST).is_file():
        raise CxrEdgeError(f"{out}: found a folder with other files; expected a new one or an earlier kit")
    if added := [fault for fault in _faults_of_earlier(out) if fault.endswith(": added")]:
        raise CxrEdgeError(f"{out}: found a kit with files of yours ({added[0]}); expected them elsewhere")
    partial = out.with_name(out.name + ".partial")
    wheels = partial / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for file in (out / "wheels").glob("*.whl"):
        with suppress(FileExistsError):
            _link(file, wheels / file.name)
    with tempfile.TemporaryDirectory() as scratch:
        own = read_own_wheel(wheel or build(Path(scratch)))
        if unknown := sorted({*asked.extras} - own.extras):
            raise CxrEdgeError(f"found no extra {', '.join(unknown)}; expected one of {', '.join(sorted(own.extras))}")
        say("choosing versions")
        download(resolve(asked, own.wheel.path, Path(scratch)), asked, wheels, say)
        own = read_own_wheel(shutil.copyfile(own.wheel.path, wheels / own.wheel.path.name))
    for path in partial.iterdir():  # left by an attempt that was interrupted
        if path != wheels:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    manifest = _fill(partial, asked, own)
    if found := verify.faults(partial):
        raise CxrEdgeError(f"{partial}: found a disk that changed what was written ({found[0]}); expected another disk")
    _put_in_place(partial, out)
    return manifest


def _fill(folder: Path, asked: Asked, own: OwnWheel) -> dict[str, Any]:
    """Write everything but the wheels, and return the manifest."""
    wheels = sorted((read_wheel(path) for path in folder.glob("wheels/*.whl")), key=lambda wheel: wheel.name)
    needed = needs(wheels, {"cxr-edge": {*asked.extras}, "pip": set()}, asked.target.markers(asked.python))
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.fromtimestamp(int(epoch), timezone.utc) if epoch else datetime.now(timezone.utc)
    made = made.replace(microsecond=0, tzinfo=None)
    facts = {
        "schema": 1,
        "cxr_edge": own.wheel.version,
        "platform": asked.target.name,
        "python": asked.python,
        "extras": sorted(asked.extras),
        "made": f"{made.isoformat()}Z",
        "system": asked.target.system,
        "machine": asked.target.machine,
        "least_system": asked.target.least_system(wheel.path.name for wheel in wheels),
        "models": own.models,
    }
    texts = write_licences(folder / "licences", wheels)
    write_scripts(folder, asked)
    write_requirements(folder, wheels)
    write_services(folder / "services", asked, own)
    write_sbom(folder / "sbom.spdx.json", f"cxr-edge-kit-{own.wheel.version}-{asked.target.name}", wheels, needed, made)
    source = checkout()
    size = sum(wheel.path.stat().st_size for wheel in wheels)
    page = {
        "words": asked.target.words,
        "wheels": wheels,
        "megabytes": round(size / 1e6),
        "disk": round(size * INSTALLED / 5e7) * 50,
        "services": sorted(path.name for path in folder.glob("services/*")),
        "pages": write_pages(folder / "docs", source / "docs") if source else [],
    }
    write_start_page(folder / "start.html", {**facts, **page})
    of_wheels = {f"wheels/{wheel.path.name}": _about(wheel, texts[wheel.name]) for wheel in wheels}
    there = sorted(verify.contents(folder).items())
    files = [
        {"path": name, "bytes": path.stat().st_size, "sha256": verify.sha256(path), **of_wheels.get(name, {})}
        for name, path in there
    ]
    manifest = {**facts, "files": files}
    text = json.dumps(manifest, indent=1, ensure_ascii=True) + "\n"
    (folder / verify.MANIFEST).write_bytes(text.encode())
    hashes = {file["path"]: file["sha256"] for file in files}
    hashes[verify.MANIFEST] = verify.sha256(folder / verify.MANIFEST)
    (folder / verify.SUMS).write_bytes(verify.sums(hashes).encode())
    return manifest


def _about(wheel: Wheel, texts: list[str]) -> dict[str, Any]:
    """Of a wheel, for the manifest. A licence of null: the wheel does not name one without doubt; read its text."""
    return {"name": wheel.name, "version": wheel.version, "licence": wheel.licence, "licence_texts": texts}


def _faults_of_earlier(out: Path) -> list[str]:
    return verify.faults(out) if (out / verify.MANIFEST).is_file() else []


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _put_in_place(partial: Path, out: Path) -> None:
    """Move the new kit to its place, and the earlier one out of it first."""
    old = out.with_name(out.name + ".old")
    if old.exists():  # a kill came between the two moves
        shutil.rmtree(old)
    if out.exists():
        out.replace(old)
    partial.replace(out)
    shutil.rmtree(old, ignore_errors=True)
