"""What a time depends on besides the code."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cxr_edge.computer.machine import machine

PEERS = ("tensorflow", "keras", "ai-edge-litert", "openvino", "nncf", "tf2onnx")
GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def conditions() -> dict[str, Any]:
    """The `machine`, the CPU's frequency governor if it can be read, and the versions of other runtimes."""
    found = machine()
    found["governor"] = GOVERNOR.read_text().strip() if GOVERNOR.is_file() else None
    for package in PEERS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
