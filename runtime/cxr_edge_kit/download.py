"""Bring the wheels of a kit into its folder: those that are there already stay."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit.resolve import Asked, Pin
from cxr_edge_kit.verify import sha256

AT_ONCE = 4


def download(pins: Iterable[Pin], asked: Asked, folder: Path, say: Callable[[str], None]) -> None:
    """One wheel of each of `pins` in `folder`, and nothing else.

    What is there and has one of the listed hashes is kept; a wheel appears whole or not at all.

    Raises:
        CxrEdgeError: one cannot be had. Those that were had stay, for the next try.
    """
    pins = list(pins)
    listed = frozenset().union(*(pin.sha256 for pin in pins))
    kept = set()
    for file in folder.iterdir():
        found = sha256(file) if file.is_file() else ""
        if found in listed:
            kept.add(found)
        else:
            file.unlink()
    missing = [pin for pin in pins if not pin.sha256 & kept]
    if kept:
        say(f"{len(pins) - len(missing)} of {len(pins)} wheels are here already")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(_fetch, pin, asked, folder) for pin in missing]
        try:
            for done, run in enumerate(as_completed(runs), 1):
                wheel = run.result()
                number = len(pins) - len(missing) + done
                say(f"{number} of {len(pins)}: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(pin: Pin, asked: Asked, folder: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        command += [
            "--only-binary=:all:",
            "--require-hashes",
            "--implementation",
            "cp",
            "--python-version",
            asked.python,
        ]
        command += [word for tag in asked.target.tags for word in ("--platform", tag)]
        lines = f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{one}' for one in sorted(pin.sha256))}\n"
        Path(scratch, "requirements.txt").write_text(lines)
        wheels = Path(scratch, "wheels")
        command += ["--dest", str(wheels), "--requirement", str(Path(scratch, "requirements.txt")), *asked.source]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-1:] or [done.stderr]
            raise CxrEdgeError(
                f"{pin.name} {pin.version}: found that pip cannot download it ({last[0]}); expected its wheel for "
                f"{asked.target.name} with Python {asked.python}. What is here stays: run the command again"
            )
        wheel = next(wheels.iterdir())
        return wheel.replace(folder / wheel.name)
