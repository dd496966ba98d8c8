"""What a wheel says of itself: name, version, licence and its texts, what it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import cached_property
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit.verify import sha256

LICENCE_TEXT = re.compile(r"(licen[cs]e|copying|notice|copyright|authors|third.?party.?(notices|licen[cs]es))", re.I)
UNAMBIGUOUS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
"""Classifiers that name one licence. "BSD License" is left out: there are several."""
OTHER_SPELLINGS = {
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "mit license": "MIT",
}


@dataclass(frozen=True)
class Wheel:
    """A wheel on the disk.

    Attributes:
        path: of the file.
        metadata: its METADATA.
        licence_texts: names of the members that are licences and notices.
    """

    path: Path
    metadata: Message
    licence_texts: tuple[str, ...]

    @property
    def name(self) -> NormalizedName:
        """Of the distribution, normalised."""
        return canonicalize_name(self.metadata["Name"])

    @property
    def version(self) -> str:
        """Of the distribution."""
        return str(self.metadata["Version"])

    @cached_property
    def sha256(self) -> str:
        """Of the file, lower-case hexadecimal."""
        return sha256(self.path)

    @property
    def licence(self) -> str | None:
        """SPDX expression, if the wheel names its licence without doubt."""
        classified = [c for c in self.metadata.get_all("Classifier", []) if c.startswith("License :: OSI Approved")]
        stated = [self.metadata.get("License-Expression"), self.metadata.get("License")]
        stated += [UNAMBIGUOUS.get(classified[0])] if len(classified) == 1 else []
        for words in filter(None, stated):
            try:
                return canonicalize_license_expression(OTHER_SPELLINGS.get(words.strip().lower(), words))
            except InvalidLicenseExpression:
                continue
        return None

    @property
    def requirements(self) -> list[Requirement]:
        """All, with their markers."""
        return [Requirement(line) for line in self.metadata.get_all("Requires-Dist", [])]


def read_wheel(path: Path) -> Wheel:
    """The wheel at `path`.

    Raises:
        OSError, BadZipFile, KeyError: it is none.
    """
    with ZipFile(path) as archive:
        names = archive.namelist()
        info = next((name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)), None)
        if info is None:
            raise KeyError(f"no METADATA in {path.name}")
        metadata = HeaderParser().parsestr(archive.read(info).decode("utf-8"))
    texts = [name for name in names if not name.endswith("/") and _is_licence(PurePosixPath(name))]
    return Wheel(path, metadata, tuple(sorted(texts)))


def _is_licence(member: PurePosixPath) -> bool:
    texts = member.suffix.lower() in ("", ".txt", ".md", ".rst", ".apache", ".bsd", ".mit", ".apache2")
    inside = ".dist-info/licenses/" in str(member)
    return inside or (texts and LICENCE_TEXT.match(member.name) is not None)


def needs(wheels: Iterable[Wheel], roots: dict[str, set[str]], markers: dict[str, str]) -> dict[str, set[str]]:
    """Which of `wheels` each of them needs, by name.

    Args:
        wheels: all there are.
        roots: the extras of those that are asked for, by name.
        markers: of the environment that they are for.

    Raises:
        CxrEdgeError: one is needed and missing, or there in a version that does not do.
    """
    found = {wheel.name: wheel for wheel in wheels}
    edges: dict[str, set[str]] = {}
    queue = [(canonicalize_name(name), frozenset(extras)) for name, extras in roots.items()]
    seen = set()
    while queue:
        name, extras = queue.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        edges.setdefault(name, set())
        for need in found[name].requirements:
            if need.marker and not any(need.marker.evaluate({**markers, "extra": e}) for e in extras or {""}):
                continue
            needed = canonicalize_name(need.name)
            wheel = found.get(needed)
            if wheel is None or not need.specifier.contains(wheel.version, prereleases=True):
                there = f"{wheel.name} {wheel.version}" if wheel else f"no wheel of {needed}"
                raise CxrEdgeError(f"{name}: found {there}; expected {need.name}{need.specifier}")
            if needed != name:
                edges[name].add(needed)
            queue.append((needed, frozenset(need.extras)))
    return edges
