"""Instructions a film of every stage and bundled model."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxr_edge import list_models
from cxr_edge_bench.instructions import callgrind
from cxr_edge_bench.instructions.callgrind import LIBC, PYTHON, CannotCount
from cxr_edge_bench.instructions.counting_process import NOTHING, REPETITIONS, label
from cxr_edge_bench.instructions.stages import CALLS, stages

PROGRAM = ("-m", "cxr_edge_bench.instructions.counting_process")
NEEDED = "AVX2"


def count(models: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> dict[str, Any]:
    """Count in one process.

    Args:
        models: names of bundled models; by default all.
        program: that counts, as arguments of Python; the models are added.

    Returns:
        ``versions``, ``instruction_sets``, ``films`` and ``model_files`` as the process saw them; and the instructions
        by model and "STAGE, FILM": ``models`` all of them, ``of_python`` those among them that the interpreter itself
        spends, ``of_libc`` those of the C library.

    Raises:
        CannotCount: without valgrind, or on a processor without AVX2, on which other code would run.
        ChildFailed: the process failed.
    """
    names = list(models) or [model.name for model in list_models()]
    valgrind = callgrind.version()
    with tempfile.TemporaryDirectory() as folder:
        printed, parts = callgrind.run([*program, *names], Path(folder))
    seen = json.loads(printed)
    if NEEDED not in seen["instruction_sets"]:
        raise CannotCount(f"valgrind shows a processor without {NEEDED} here, on which other code runs")
    found = {"versions": {**seen.pop("versions"), "valgrind": valgrind}, **seen}
    for whose, of in (("models", None), ("of_python", PYTHON), ("of_libc", LIBC)):
        found[whose] = {model: _by_stage(model, seen["films"], parts, of) for model in names}
    return found


def _by_stage(model: str, films: Sequence[str], parts: dict[str, Counter[str]], of: str | None) -> dict[str, int]:
    def a_call(name: str) -> int:
        part = parts[name]
        return part.total() if of is None else part[of]

    table: dict[str, int] = {}
    for film in films:
        each = {call: round((a_call(label(model, film, call)) - a_call(NOTHING)) / REPETITIONS) for call in CALLS}
        table |= {f"{stage}, {film}": number for stage, number in stages(each).items()}
    return table
