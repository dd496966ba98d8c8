"""Install cxr-edge from this folder, without a network: ``python install.py [PREFIX]``.

PREFIX is a folder for the program, by default ``cxr-edge`` in the home folder. Needs Python's standard library alone:
pip comes along as a wheel, since some systems have none. install.sh and install.cmd run it.
"""

from __future__ import annotations

import json
import os
import platform
import runpy
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

KIT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"


class Refused(Exception):
    """Why it cannot be installed here, for a person."""


def check_computer(kit: dict[str, Any]) -> None:
    """Is this the system, the processor and the Python that the kit `kit` (its manifest) was made for?

    Raises:
        Refused: it is another.
    """
    here = "{}.{}".format(*sys.version_info[:2])
    if here != kit["python"] or sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Refused(
            f"Python: found {sys.implementation.name} {sys.version.split()[0]}; expected Python {kit['python']}"
        )
    if sys.maxsize < 2**32:
        raise Refused("Python: found one of 32 bits; expected 64 bits")
    if WINDOWS:  # where `platform` asks a service that may hang
        found = "Windows", sysconfig.get_platform().removeprefix("win-").upper()
    else:
        found = platform.system(), platform.machine()
    if found != (kit["system"], kit["machine"]):
        raise Refused(
            f"computer: found {' '.join(found)}; expected {kit['system']} {kit['machine']}. Make a kit for it"
        )
    name, version = platform.libc_ver() if found[0] == "Linux" else ("macOS", platform.mac_ver()[0])
    if found[0] == "Linux" and name != "glibc":
        raise Refused("system: found a Linux without glibc, such as Alpine; expected one with it, such as Debian")
    if kit["least_system"] and _numbers(version) < _numbers(kit["least_system"]):
        raise Refused(f"system: found {name} {version}; expected {kit['least_system']} or newer")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def make_environment(prefix: Path) -> Path:
    """An empty virtual environment in `prefix`; returns its folder of programs. An earlier one is kept and renewed.

    Raises:
        Refused: there is something else.
    """
    if prefix.exists() and (not prefix.is_dir() or (any(prefix.iterdir()) and not (prefix / "pyvenv.cfg").is_file())):
        raise Refused(f"{prefix}: found other files; expected a new folder, or an earlier installation")
    try:
        venv.EnvBuilder(symlinks=not WINDOWS, with_pip=False).create(prefix)
    except OSError as error:
        raise Refused(f"{prefix}: found {error.strerror}; expected a folder that you may write to") from None
    return prefix / ("Scripts" if WINDOWS else "bin")


def install(programs: Path, kit: dict[str, Any]) -> None:
    """Install the kit's wheels, each held to its hash, with the kit's own pip, which is told of no index.

    Raises:
        Refused: pip failed; it has said why.
    """
    pip = next(file["path"] for file in kit["files"] if file.get("name") == "pip")
    # No setting of this computer may name an index, and nothing is asked of one.
    command = [
        programs / "python",
        "-I",
        KIT / pip / "pip",
        "--isolated",
        "install",
        "-q",
        "--no-index",
        "--no-cache-dir",
    ]
    command += [
        "--find-links",
        KIT / "wheels",
        "--only-binary=:all:",
        "--require-hashes",
        "--disable-pip-version-check",
    ]
    command += ["--requirement", KIT / "requirements.txt"]
    if subprocess.run(command, env={**os.environ, "PIP_CONFIG_FILE": os.devnull}).returncode:
        raise Refused("pip could not install the wheels; above it says why. Run this again once that is cured")


def main(arguments: list[str]) -> int:
    """Check the kit, the computer and the folder; install; let the installed program test itself."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(
            "usage: install [PREFIX], a folder for the program (default: cxr-edge in your home folder)", file=sys.stderr
        )
        return 2
    verify = runpy.run_path(str(KIT / "verify.py"))
    if found := verify["faults"](KIT):
        print(verify["in_words"](KIT, found), file=sys.stderr)
        return 1
    kit = json.loads((KIT / "manifest.json").read_bytes())
    prefix = Path(os.path.abspath(arguments[0] if arguments else Path.home() / "cxr-edge"))
    try:
        check_computer(kit)
        print("Every file is as it was made.")
        print(f"Installing cxr-edge {kit['cxr_edge']} in {prefix}. This takes a minute or two.", flush=True)
        programs = make_environment(prefix)
        install(programs, kit)
    except Refused as why:
        print(f"install: {why}", file=sys.stderr)
        return 1
    program = programs / "cxr-edge"
    print("Does this computer compute the right answers?", flush=True)
    if subprocess.run([program, "selftest"]).returncode:
        print("install: the self-test failed. Do not use it on this computer.", file=sys.stderr)
        return 1
    print(
        f"\nInstalled. Score the drawn samples:\n  {program} predict --samples\nThen a film of your own, or a folder:"
    )
    print(f"  {program} predict FILM\nWhere to go from there: {KIT / 'start.html'}")
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # an old console may not know every letter of a name
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
