"""The platforms that kits are made for: what their wheels are called, and what they answer to environment markers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

MACOS = (14, 0)
"""What uv has to be told; by itself it takes 13.0, for which ONNX Runtime has no wheel."""


@dataclass(frozen=True)
class Target:
    """A platform.

    Attributes:
        name: what ``--platform`` takes.
        words: for a person.
        resolver: what uv calls it.
        system: what ``platform.system()`` answers there.
        machine: what ``platform.machine()`` answers there.
        tags: of the wheels that may be taken, best first. Linux: those of glibc 2.28 (Debian 10, RHEL 8) and older;
            macOS: 14 and older. ONNX Runtime has none for older systems.
    """

    name: str
    words: str
    resolver: str
    system: str
    machine: str
    tags: tuple[str, ...]

    def markers(self, python: str) -> dict[str, str]:
        """The environment that markers of requirements are read in, for `python` such as ``3.12``."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "os_name": "nt" if self.system == "Windows" else "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system,
            "platform_version": "",
            "python_full_version": f"{python}.0",
            "python_version": python,
            "sys_platform": {"Windows": "win32"}.get(self.system, self.system.lower()),
        }

    def supported(self, python: str) -> set[Tag]:
        """The tags of wheels that `python` takes there."""
        version = tuple(map(int, python.split(".")))
        interpreter = f"cp{python.replace('.', '')}"
        return {*cpython_tags(version, platforms=self.tags), *compatible_tags(version, interpreter, self.tags)}

    def least_system(self, wheels: Iterable[str]) -> str:
        """The oldest version of glibc or macOS that every one of `wheels`, by name, runs on; empty on Windows."""
        pattern = {"Linux": r"manylinux_(\d+)_(\d+)_", "Darwin": r"macosx_(\d+)_(\d+)_"}.get(self.system)
        needed = (0, 0)
        for wheel in wheels if pattern else ():
            tags = {tag.platform for tag in parse_wheel_filename(wheel)[3]}
            found = [match.groups() for tag in tags if (match := re.match(pattern or "", _PEP_600.get(tag, tag)))]
            needed = max(needed, min(((int(major), int(minor)) for major, minor in found), default=(0, 0)))
        return f"{needed[0]}.{needed[1]}" if any(needed) else ""


_PEP_600 = {
    f"{old}_{machine}": f"manylinux_{new}_{machine}"
    for old, new in {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}.items()
    for machine in ("x86_64", "aarch64")
}


def _manylinux(machine: str, oldest: int) -> tuple[str, ...]:
    new = tuple(f"manylinux_2_{minor}_{machine}" for minor in range(28, oldest - 1, -1))
    return new + tuple(old for old in _PEP_600 if old.endswith(machine) and _PEP_600[old] in new)


TARGETS = {
    target.name: target
    for target in (
        Target(
            "linux_x86_64",
            "64-bit Linux on Intel or AMD",
            "x86_64-manylinux_2_28",
            "Linux",
            "x86_64",
            _manylinux("x86_64", 5),
        ),
        Target(
            "linux_aarch64",
            "64-bit Linux on ARM (a Raspberry Pi 4 or 5)",
            "aarch64-manylinux_2_28",
            "Linux",
            "aarch64",
            _manylinux("aarch64", 17),
        ),
        Target(
            "windows_amd64",
            "64-bit Windows on Intel or AMD",
            "x86_64-pc-windows-msvc",
            "Windows",
            "AMD64",
            ("win_amd64",),
        ),
        Target(
            "macos_arm64",
            "macOS on Apple silicon",
            "aarch64-apple-darwin",
            "Darwin",
            "arm64",
            tuple(mac_platforms(MACOS, "arm64")),
        ),
    )
}
