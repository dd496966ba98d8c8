"""Do the models answer alike on CPUs that one does not own? User-mode emulation: right for answers, not for times.

``python -m cxr_edge_bench.suites.emulated_cpus FOLDER [MODEL …] [--films N] [--write]``

FOLDER is what ``emulators.sh FOLDER``, beside this file, has set up. MODEL is the name of a bundled model or a file; by
default every bundled one. Films: N of the test films of ``$CXR_EDGE_DATA/chest_xray``, evenly spaced; without them the
bundled phantoms. The pixels are made here, once; every CPU scores the same ones.

A CPU whose emulator is missing is skipped, and the record says so. ``--write`` keeps it in
``results/NAME/other_cpus.json``. Exit status 1 if a decision changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import Classifier, list_models
from cxr_edge.computer.machine import machine
from cxr_edge.film.preprocess import preprocess
from cxr_edge.store import SAMPLES, read_verified
from cxr_edge_bench.checkout import RESULTS, ROOT
from cxr_edge_bench.child_process import output_of
from cxr_edge_train.data.records import write_json

RUNTIME = ROOT / "runtime"
SETUP = Path(__file__).with_name("emulators.sh")
CPUS = {
    "x86 without AVX (Nehalem, 2008)": ("qemu-x86_64", "Nehalem"),
    "x86 with AVX2, without VNNI (Haswell, 2013)": ("qemu-x86_64", "Haswell"),
    "ARM64 (Cortex-A72, Raspberry Pi 4)": ("qemu-aarch64", "cortex-a72"),
}
SCORE = """
import sys
import numpy as np
from cxr_edge.session import open_session
session = open_session(open(sys.argv[1], "rb").read(), "model")
films = np.load(sys.argv[2])
np.save(sys.argv[3], np.array([session.run(["probability"], {"film": film[None]})[0][0] for film in films]))
"""


def emulated(emulator: str, cpu: str, folder: Path, arguments: list[str]) -> None:
    """Run `SCORE` with `arguments` on an emulated `cpu`."""
    if emulator == "qemu-aarch64":
        root = folder / "arm64"
        version = (folder / "python").read_text().strip()
        python = ["-L", str(root), str(root / "usr/bin" / version)]
        path = [root / "packages", RUNTIME]
    else:
        python, path = [sys.executable], [RUNTIME]
    command = [emulator, "-cpu", cpu, *python, "-c", SCORE, *arguments]
    output_of(command, PYTHONPATH=os.pathsep.join(map(str, path)), OPENBLAS_NUM_THREADS="1")


def why_not(emulator: str, folder: Path) -> str | None:
    """What is missing for an emulated CPU; None if nothing is."""
    if shutil.which(emulator) is None:
        return f"{emulator} is not installed: {SETUP}"
    if emulator == "qemu-aarch64" and not (folder / "python").is_file():
        return f"no ARM64 Python in {folder}: {SETUP}"
    return None


def films(count: int) -> tuple[str, list[Path]]:
    """What is compared, and on what."""
    test = Path(os.environ.get("CXR_EDGE_DATA", ""), "chest_xray", "test")
    found = sorted(test.glob("*/*.jp*g"))
    if not found:
        return "bundled phantoms (no films: CXR_EDGE_DATA is not set)", sorted(SAMPLES.glob("*.png"))
    return "test films", [found[i] for i in np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]


def compare(model: str, chosen: list[Path], folder: Path) -> dict[str, Any]:
    """|Δp| and changed decisions of `model` on each CPU, against this one."""
    classifier = Classifier.load(model)
    here = np.array([classifier.predict(path).probability for path in chosen])
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        file, pixels, answers = (str(Path(scratch, name)) for name in ("model.onnx", "films.npy", "answers.npy"))
        Path(file).write_bytes(read_verified(model)[1])
        np.save(pixels, [preprocess(path, classifier.card.input_size) for path in chosen])
        for cpu, (emulator, kind) in CPUS.items():
            missing = why_not(emulator, folder)
            if missing:
                rows[cpu] = {"skipped": missing}
            else:
                emulated(emulator, kind, folder, [file, pixels, answers])
                there = np.load(answers)
                threshold = classifier.card.threshold
                rows[cpu] = {
                    "max_difference": float(abs(there - here).max()),
                    "mean_difference": float(abs(there - here).mean()),
                    "decisions_changed": int(((there >= threshold) != (here >= threshold)).sum()),
                }
            print(f"{classifier.card.name}, {cpu}: {rows[cpu]}", flush=True)
    return {"model": classifier.card.name, "sha256": classifier.sha256, "films": len(chosen), "cpus": rows}


def main() -> int:
    """Compare, print and write; 1 if a decision changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", default=[model.name for model in list_models()], metavar="MODEL")
    parser.add_argument("--films", type=int, default=64)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    source, chosen = films(args.films)
    print(f"{len(chosen)} {source}")
    changed = 0
    for model in args.models:
        found = {"schema": 1, "machine": machine(), "source": source, **compare(model, chosen, args.folder)}
        changed += sum(row.get("decisions_changed", 0) for row in found["cpus"].values())
        if args.write:
            write_json(RESULTS / found["model"] / "other_cpus.json", found)
    return int(changed > 0)


if __name__ == "__main__":
    sys.exit(main())
