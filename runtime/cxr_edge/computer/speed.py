"""How fast one bundled model is on this computer."""

from __future__ import annotations

import io
import statistics
import time
from typing import Any

from PIL import Image

from cxr_edge.classifier import Classifier
from cxr_edge.computer.machine import peak_memory
from cxr_edge.store import SAMPLES

WARM_UPS = 5


def measure(name: str, films: int, threads: int) -> dict[str, Any]:
    """Load, first and steady latency in ms, and peak memory in bytes, of the bundled model `name`."""
    data = []
    for path in sorted(SAMPLES.glob("*.png")):
        buffer = io.BytesIO()
        Image.open(path).resize((1400, 1000)).save(buffer, "JPEG", quality=90)
        data.append(buffer.getvalue())
    start = time.perf_counter()
    classifier = Classifier.load(name, threads=threads)
    loaded = time.perf_counter()
    classifier.predict(data[0])
    first = time.perf_counter()
    times = []
    for i in range(WARM_UPS + films):
        begin = time.perf_counter()
        classifier.predict(data[i % len(data)])
        times.append(1e3 * (time.perf_counter() - begin))
    steady = sorted(times[WARM_UPS:])
    return {
        "name": name,
        "sha256": classifier.sha256,
        "load_ms": 1e3 * (loaded - start),
        "first_ms": 1e3 * (first - loaded),
        "median_ms": statistics.median(steady),
        "p90_ms": steady[int(0.9 * (len(steady) - 1))],
        "p99_ms": steady[int(0.99 * (len(steady) - 1))],
        "films": films,
        "peak_bytes": peak_memory(),
    }
