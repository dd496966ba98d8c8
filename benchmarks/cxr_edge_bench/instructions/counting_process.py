"""The process that callgrind counts in: ``python -m cxr_edge_bench.instructions.counting_process MODEL…``.

It prints one JSON object: ``versions``, ``instruction_sets``, ``films`` and ``model_files`` (with their sha256).
Outside valgrind it makes the same calls, and nothing is counted.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from cxr_edge.store import read_verified
from cxr_edge_bench.instructions.client_requests import Callgrind
from cxr_edge_bench.instructions.films import counted_films
from cxr_edge_bench.instructions.stages import calls

WARM_UPS = 8
"""Films scored before anything is counted: first inferences are dearer, and CPython specialises its bytecode."""
REPETITIONS = 3
INSTRUCTION_SETS = ("SSE42", "AVX", "F16C", "FMA3", "BMI2", "AVX2", "AVX512F", "X86_V4")
"""By which libraries choose their code, in NumPy's words."""
BETWEEN, NOTHING = "between parts", "nothing"


def main(models: Sequence[str]) -> None:
    """Call everything that is counted, and print what it was called with."""
    films = counted_films()
    parts: dict[str, Callable[[], Any]] = {}
    for model in models:
        for film, data in films.items():
            found = calls(model, data)
            parts |= {label(model, film, call): function for call, function in found.items()}
            for _ in range(WARM_UPS):
                found["predict"]()
    parts[NOTHING] = lambda: None  # the last, when all that a part itself needs has been called
    for function in parts.values():
        function()
        function()
    gc.collect()
    gc.disable()
    callgrind = Callgrind([BETWEEN, *parts])
    callgrind.start()
    for name, function in parts.items():
        callgrind.end_part(BETWEEN)
        for _ in range(REPETITIONS):
            function()
        callgrind.end_part(name)
    print(json.dumps(seen_here(models, films)))


def label(model: str, film: str, call: str) -> str:
    """What the part is called in callgrind's output."""
    return f"{model}; {film}; {call}"


def seen_here(models: Sequence[str], films: dict[str, bytes]) -> dict[str, Any]:
    """What a count depends on, as this process sees it: under valgrind, not the host's instruction sets."""
    features = import_module("numpy._core._multiarray_umath").__cpu_features__  # NumPy tells them nowhere else by name
    return {
        "versions": {
            "python": " ".join(sys.version.split()),  # with the build: another one has other instructions
            "libc": os.confstr("CS_GNU_LIBC_VERSION"),
            **{name: version(name) for name in ("pillow", "numpy", "onnxruntime")},
        },
        "instruction_sets": [name for name in INSTRUCTION_SETS if features.get(name)],
        "films": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in films.items()
        },
        "model_files": {name: read_verified(name)[2] for name in models},
    }


if __name__ == "__main__":
    main(sys.argv[1:])
