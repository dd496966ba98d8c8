"""A program run under valgrind's callgrind, and what it counted."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cxr_edge_bench.child_process import output_of

OURS, PYTHON, LIBC = "libraries", "python", "libc"
"""Whose instructions: those of Pillow, NumPy and ONNX Runtime; of the interpreter; and of the system's C library."""
_PYTHON = re.compile(r"^(lib)?python3|^_ctypes|^libffi")
_LIBC = re.compile(r"^(libc|libm|ld-linux|libpthread)\b")
_NAME = re.compile(r"^c?ob=\((\d+)\)(?: (.+))?$")
FIXED = {"PYTHONHASHSEED": "0", "ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1"}
KEPT = ("PATH", "LD_LIBRARY_PATH")


class CannotCount(RuntimeError):
    """Instructions cannot be counted on this computer; the message says why and what helps."""


def version() -> str:
    """What valgrind calls itself.

    Raises:
        CannotCount: there is none.
    """
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise CannotCount("instructions are counted on Linux on x86-64 alone")
    if shutil.which("valgrind") is None:
        raise CannotCount("there is no valgrind here; apt install valgrind")
    return output_of(["valgrind", "--version"]).strip()


def run(program: Sequence[str], folder: Path) -> tuple[str, dict[str, Counter[str]]]:
    """Run a Python program that makes the requests of `client_requests.Callgrind`.

    Its environment is the same everywhere, so that neither hash seeds nor settings of this shell change a count.

    Args:
        program: arguments of this Python interpreter.
        folder: for callgrind's files; must be empty.

    Returns:
        What the program printed; and by label of a part, the instructions of `OURS`, `PYTHON` and `LIBC`.

    Raises:
        ChildFailed: the program failed.
    """
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
    environment = [f"{name}={os.environ[name]}" for name in KEPT if name in os.environ]
    environment += [f"{name}={value}" for name, value in FIXED.items()]
    out = f"--callgrind-out-file={folder / 'part'}"
    printed = output_of(["env", "-i", *environment, *valgrind, out, sys.executable, *program])
    parts = {}
    for file in folder.glob("part.*"):  # the one without a number is what was left at the end
        label, counts = read_part(file.read_text(encoding="utf-8"))
        parts[label] = counts
    return printed, parts


def read_part(text: str) -> tuple[str, Counter[str]]:
    """Label and instructions of one part, from a file in the callgrind format.

    Format: https://valgrind.org/docs/manual/cl-format.html. A line of costs belongs to the object of the last ``ob=``;
    the one after ``calls=`` is what a call took in all, and is counted where it was spent.
    """
    label = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    whose, of_call = OURS, False
    for line in text.splitlines():
        if named := _NAME.match(line):
            number, path = named.groups()
            if path:
                names[number] = path
            if not line.startswith("c"):
                whose = _whose(names[number])
        elif line.startswith("calls="):
            of_call = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            if not of_call:
                counts[whose] += int(line.split()[1])
            of_call = False
    return label[1] if label else "", counts


def _whose(path: str) -> str:
    name = path.rpartition("/")[2]
    return PYTHON if _PYTHON.match(name) else LIBC if _LIBC.match(name) else OURS
