"""How many bytes the package takes: as a wheel, and installed with what it needs.

``python -m cxr_edge_bench.suites.installed_size``
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from cxr_edge_bench.checkout import ROOT, shipped_models
from cxr_edge_bench.child_process import output_of

SLIM = "slim environment (numpy, Pillow, onnxruntime and what they need)"


def installed_bytes(*packages: str) -> int:
    """Bytes of distributions and of everything that they need, as installed here; what two of them need counts once."""
    closure: dict[str, Distribution] = {}
    for package in packages:
        _add_closure(package, closure)
    return sum(_own_bytes(found) for found in closure.values())


def _add_closure(package: str, seen: dict[str, Distribution]) -> None:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return
    name = found.metadata["Name"].lower()
    if name in seen:
        return
    seen[name] = found
    for text in found.requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _add_closure(requirement.name, seen)


def _own_bytes(found: Distribution) -> int:
    return sum(path.stat().st_size for path in _files(found) if path.is_file())


def _files(found: Distribution) -> Iterator[Path]:
    return (Path(str(found.locate_file(file))) for file in found.files or [])


def wheel_bytes() -> int:
    """Size of this package as a wheel, built here."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT)]
        output_of(command)
        return next(Path(folder).glob("*.whl")).stat().st_size


def sizes() -> dict[str, int]:
    """Bytes of the wheel, of the environments, and of every shipped model."""
    return {
        "wheel": wheel_bytes(),
        SLIM: installed_bytes("numpy", "pillow", "onnxruntime"),
        "TensorFlow's environment": installed_bytes("tensorflow"),
        **{f"model {model.name}": model.path.stat().st_size for model in shipped_models()},
    }


if __name__ == "__main__":
    print(json.dumps(sizes(), indent=1))
