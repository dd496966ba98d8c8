"""Wheels of a few bytes, a kit made of them, and one of cxr-edge whose self-test passes at once."""

from __future__ import annotations

import ensurepip
import hashlib
import json
import platform
import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

from cxr_edge_kit.make import make
from cxr_edge_kit.resolve import Asked
from cxr_edge_kit.targets import TARGETS

PYTHON = "{}.{}".format(*sys.version_info[:2])
SELFTEST = """
import sys
def main():
    print("asked for", *sys.argv[1:])
    return int(sys.argv[1:] != ["selftest"])
"""


def here():
    """The name of this computer's platform; None if kits are made for others alone."""
    found = platform.system(), platform.machine()
    return next((name for name, target in TARGETS.items() if (target.system, target.machine) == found), None)


def wheel(folder: Path, name: str, version="1.0", tag="py3-none-any", headers=(), files=()) -> Path:
    """A wheel in `folder` with more `headers` in its METADATA, and `files` beside it."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *headers, "", ""]
    held = {
        f"{info}/METADATA": "\n".join(lines),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
        **dict(files),
    }
    record = "".join(f"{member},,\n" for member in (*held, f"{info}/RECORD"))
    path = folder / f"{stem}-{tag}.whl"
    with ZipFile(path, "w") as archive:
        for member, text in {**held, f"{info}/RECORD": record}.items():
            archive.writestr(member, text)
    return path


def own_wheel(folder: Path, sha256=None) -> Path:
    """One of cxr-edge with two extras and one model, of which it says that it has `sha256`."""
    models = {"models": [{"name": "m", "file": "m.onnx", "sha256": sha256 or hashlib.sha256(b"model").hexdigest()}]}
    headers = [
        "Requires-Python: >=3.10",
        "License-Expression: Apache-2.0",
        "Provides-Extra: dicom",
        "Provides-Extra: node",
        "Requires-Dist: numpy>=2",
        'Requires-Dist: python-gdcm>=3; extra == "dicom"',
        'Requires-Dist: cxr-edge[dicom]; extra == "node"',
        'Requires-Dist: rare; extra == "node"',
    ]
    files = {
        "cxr_edge/__init__.py": SELFTEST,
        "cxr_edge/models/index.json": json.dumps(models),
        "cxr_edge/models/m.onnx": "model",
        "cxr_edge_node/cxr-edge-node.service": "[Service]\n",
        "cxr_edge_node/node.toml": "port = 11112\n",
        "cxr_edge-9.9.dist-info/entry_points.txt": "[console_scripts]\ncxr-edge = cxr_edge:main\n",
    }
    return wheel(folder, "cxr-edge", "9.9", headers=headers, files=files)


def wheelhouse(folder: Path) -> Path:
    """What the wheel above needs: numpy needs colorama on Windows; macOS gets no python-gdcm; rare is nowhere."""
    folder.mkdir()
    headers = ['Requires-Dist: colorama; sys_platform == "win32"', "License: BSD-3-Clause"]
    wheel(folder, "numpy", "2.1", headers=headers, files={"numpy-2.1.dist-info/licenses/LICENSE.txt": "three clauses"})
    wheel(folder, "numpy", "3.0", headers=headers)
    wheel(folder, "colorama", headers=["Classifier: License :: OSI Approved :: BSD License"])
    for tag in ("manylinux_2_17_x86_64", "manylinux_2_28_aarch64", "win_amd64"):
        headers = ["Classifier: License :: OSI Approved :: Apache Software License"]
        wheel(folder, "python-gdcm", "3.2", f"cp310-abi3-{tag}", headers, {"gdcm/NOTICE": "of others"})
    bundled = list((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    if bundled:
        (folder / bundled[0].name).write_bytes(bundled[0].read_bytes())
    else:  # Debian's
        wheel(folder, "pip", "25.0", files={"pip/__init__.py": ""})
    return folder


def small_kit(folder: Path, platform: str | None = None, extras=("dicom",), python=PYTHON, fetched=True, **changes):
    """Make a kit of such wheels in ``folder/kit``; returns its folder and its manifest.

    With `fetched`, its wheels lie where an attempt that was interrupted would have left them, which saves pip's time.
    """
    house = folder / "wheelhouse"
    if not house.exists():
        wheelhouse(house)
        (folder / "own").mkdir()
        own_wheel(folder / "own")
    limits = folder / "constraints.txt"
    limits.write_text("numpy==2.1\n")
    asked = Asked(TARGETS[platform or here() or "linux_x86_64"], python, tuple(extras), limits, house)
    own = next((folder / "own").iterdir())
    out = changes.get("out", folder / "kit")
    if fetched:
        shutil.copytree(house, out.with_name(out.name + ".partial") / "wheels", dirs_exist_ok=True)
    return out, make(asked, out, changes.get("wheel", own), lambda step: None)
