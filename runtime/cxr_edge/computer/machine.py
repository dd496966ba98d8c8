"""What computer this is, as far as it matters for the answers and their speed."""

from __future__ import annotations

import os
import platform
import re
from typing import Any

INSTRUCTION_SETS = ("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm")


def machine() -> dict[str, Any]:
    """CPU, instruction sets that integer networks use, cores, operating system and versions.

    Instruction sets are read on Linux only; elsewhere ``instruction_sets`` is None.
    """
    import numpy
    import onnxruntime
    import PIL

    text = _cpuinfo()
    name = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.M)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.M)
    return {
        "cpu": name[1] if name else platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "instruction_sets": [s for s in INSTRUCTION_SETS if s in flags[1].split()] if flags else None,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "pillow": PIL.__version__,
        "onnxruntime": onnxruntime.__version__,
    }


def _cpuinfo() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return file.read(100_000)
    except OSError:
        return ""


def peak_memory() -> int | None:
    """Peak resident memory of this process in bytes; None on Windows."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024
