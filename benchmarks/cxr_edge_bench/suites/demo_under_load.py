"""Many users of the demo at once: how long a film takes, from the upload to the answer.

``python -m cxr_edge_bench.suites.demo_under_load``: 20 clients send 20 films each to a demo of their own over the
loopback; times and errors are printed as JSON. Films: those of ``$CXR_EDGE_DATA/chest_xray/test``, else the drawn
samples blown up to 1,400 × 1,000 pixels. With ``--start-up`` also the time from the start of the process to the first
page, beside that of importing Gradio.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file
from PIL import Image

from cxr_edge.computer.machine import machine
from cxr_edge.store import SAMPLES

_STARTS = 5


def films(folder: Path) -> tuple[str, list[Path]]:
    """What the films are, and where."""
    real = Path(os.environ.get("CXR_EDGE_DATA", ""), "chest_xray", "test")
    if real.is_dir():
        return "real films", sorted(real.glob("*/*.jpeg"))
    for path in SAMPLES.glob("*.png"):
        Image.open(path).resize((1400, 1000)).save(folder / f"{path.stem}.jpeg", quality=90)
    return "drawn phantoms, enlarged (no data folder)", sorted(folder.glob("*.jpeg"))


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """A demo, its address, and the seconds until its first page was served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cxr_edge", "demo", "--port", str(port), "--rate", "1000000"]
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--feedback", folder / "feedback.sqlite"], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=10).read()
            return process, url, time.perf_counter() - begin
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise SystemExit("the demo ended by itself")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the demo."""
    process.terminate()
    process.wait()


def seconds(*command: str) -> float:
    """That a Python process takes."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True)
    return time.perf_counter() - begin


def start_up(folder: Path) -> dict[str, float]:
    """Medians in seconds, in turn."""
    pages, imports, bare = [], [], []
    for _ in range(_STARTS):
        bare.append(seconds("-c", "pass"))
        imports.append(seconds("-c", "import gradio"))
        process, _, taken = start(folder)
        stop(process)
        pages.append(taken)
    return {
        "first_page_s": statistics.median(pages),
        "import_gradio_s": statistics.median(imports),
        "python_s": statistics.median(bare),
        "beyond_import_s": statistics.median(pages) - statistics.median(imports),
    }


def user(url: str, paths: list[Path]) -> list[dict[str, Any]]:
    """One client that sends one film after the other."""
    client = Client(url, verbose=False)
    rows = []
    for path in paths:
        begin = time.perf_counter()
        try:
            answer = client.predict(handle_file(path), api_name="/predict")
            rows.append({"ms": 1e3 * (time.perf_counter() - begin), "error": None, **answer["milliseconds"]})
        except Exception as error:  # is what is counted
            rows.append({"ms": 1e3 * (time.perf_counter() - begin), "error": repr(error)})
    return rows


def main() -> None:
    """Start a demo, load it, print figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--start-up", action="store_true", help="measure the start as well")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        what, paths = films(folder)
        process, url, _ = start(folder)
        try:
            user(url, paths[:1])  # the model is loaded with the first film
            shares = [[paths[(u * args.films + n) % len(paths)] for n in range(args.films)] for u in range(args.users)]
            begin = time.perf_counter()
            with ThreadPoolExecutor(args.users) as pool:
                rows = [row for own in pool.map(lambda share: user(url, share), shares) for row in own]
            total = time.perf_counter() - begin
        finally:
            stop(process)
        times = sorted(row["ms"] for row in rows)
        result = {
            "films": what,
            "users": args.users,
            "answers": len(rows),
            "errors": [row["error"] for row in rows if row["error"]],
            "median_ms": statistics.median(times),
            "p95_ms": times[int(0.95 * (len(times) - 1))],
            "films_per_second": len(rows) / total,
            "decode_median_ms": statistics.median(row.get("decode", 0.0) for row in rows),
            "inference_median_ms": statistics.median(row.get("inference", 0.0) for row in rows),
            "machine": machine(),
        }
        if args.start_up:
            result["start_up"] = start_up(folder)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
