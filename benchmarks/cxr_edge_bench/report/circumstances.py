"""When a report was made, from which commit, and how busy other programs kept the computer."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cxr_edge_bench.checkout import ROOT
from cxr_edge_bench.child_process import ChildFailed, output_of

CODE = ("runtime", "train", "export", "demo", "benchmarks")
"""Folders whose uncommitted changes would make a figure that the commit does not give."""
PROC_STAT = Path("/proc/stat")
NOT_BUSY = (3, 4, 8, 9)
"""Columns of /proc/stat: idle, iowait, and guest and guest_nice, which user and nice count already (man 5 proc)."""


def circumstances() -> dict[str, Any]:
    """Date and time in UTC, the commit with whether the code differs from it, and the load average of a minute.

    ``commit`` and ``uncommitted`` are None outside a checkout, ``load_average`` is None on Windows.
    """
    commit, uncommitted = _commit()
    return {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit,
        "uncommitted": uncommitted,
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _commit() -> tuple[str | None, bool | None]:
    try:
        top, commit = output_of(["git", "-C", str(ROOT), "rev-parse", "--show-toplevel", "HEAD"]).split("\n")[:2]
        if Path(top).resolve() != ROOT.resolve():
            return None, None
        return commit, bool(output_of(["git", "-C", str(ROOT), "status", "--porcelain", "--", *CODE]))
    except (ChildFailed, OSError):
        return None, None


@dataclass(frozen=True)
class ProcessorTime:
    """What processors have done until a moment.

    Attributes:
        clock: seconds.
        everybody: seconds that all processors were busy, or taken by another virtual machine; None if not known.
        ours: seconds of this process and of its children that have ended.
    """

    clock: float
    everybody: float | None
    ours: float


def processor_time() -> ProcessorTime:
    """Until now; only Linux tells what all programs used."""
    everybody = None
    if PROC_STAT.is_file():
        ticks = [int(column) for column in PROC_STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]]
        everybody = sum(t for i, t in enumerate(ticks) if i not in NOT_BUSY) / os.sysconf("SC_CLK_TCK")
    return ProcessorTime(time.perf_counter(), everybody, sum(os.times()[:4]))


def cores_used_by_others(start: ProcessorTime, end: ProcessorTime) -> float | None:
    """How many processors other programs kept busy between two moments, 0 or more; None if not known."""
    seconds = end.clock - start.clock
    if start.everybody is None or end.everybody is None or seconds <= 0:
        return None
    others = (end.everybody - start.everybody) - (end.ours - start.ours)
    return round(max(0.0, others) / seconds, 2)
