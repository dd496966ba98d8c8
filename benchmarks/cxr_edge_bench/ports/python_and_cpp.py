"""``examples/python`` as it stands, and ``examples/cpp``, built against what this computer has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from cxr_edge_bench.checkout import ROOT
from cxr_edge_bench.ports.port import MissingPort, Port

PYTHON, CPP = ROOT / "examples/python/score_films.py", ROOT / "examples/cpp"
VARIABLE = "CXR_EDGE_ONNXRUNTIME"
"""A folder that somewhere holds ONNX Runtime's C++ headers, and its library unless the package onnxruntime has it: an
unpacked release of ONNX Runtime, or the npm package com.github.asus4.onnxruntime."""
WELL_KNOWN = ("/usr/include/onnxruntime", "/usr/local/include/onnxruntime", "/usr/local/include", "/opt/onnxruntime")
HEADER = "onnxruntime_cxx_api.h"
SECONDS = 1200  # for a compiler on a busy computer

NO_COLOURS = "It does not look at colours: colour photographs and false colours are not told as such."
ONLY_JPEG_AND_PNG = "It reads 8-bit JPEG and 8- and 16-bit PNG; DICOM, TIFF, BMP and WebP are refused."
NO_CMYK = "A CMYK JPEG is refused."
NO_XMP = "The orientation is read from EXIF alone, not from XMP."
_NOT_HERE = re.compile(r"could not find|No CMAKE_CXX_COMPILER|unable to find a build program", re.IGNORECASE)
_DEBIAN = "on Debian: apt install cmake g++ libjpeg62-turbo-dev libpng-dev nlohmann-json3-dev"


def python(folder: Path) -> Port:
    """The command of ``examples/python``; nothing is made in `folder`."""
    versions = {
        "python": sys.version.split()[0],
        **{name: version(name) for name in ("numpy", "pillow", "onnxruntime")},
    }
    return Port("python", (sys.executable, str(PYTHON)), versions, (ONLY_JPEG_AND_PNG, NO_COLOURS))


def cpp(folder: Path) -> Port:
    """The command of ``examples/cpp``, built in `folder`.

    Raises:
        MissingPort: a program, a library or headers are missing.
        RuntimeError: all is there and it does not compile.
    """
    headers, library = onnxruntime_for_cpp()
    program = build(folder, headers, library)
    compiler = re.search(r"CMAKE_CXX_COMPILER:\w+=(.*)", (folder / "CMakeCache.txt").read_text(encoding="utf-8"))
    versions = {
        "compiler": _first_line(compiler[1] if compiler else "c++", "--version"),
        "onnxruntime": ".".join(re.findall(r"\d+", library.name)) or "of the folder",
        "libjpeg": _first_line("pkg-config", "--modversion", "libjpeg"),
        "libpng": _first_line("pkg-config", "--modversion", "libpng"),
    }
    return Port("cpp", (str(program),), versions, (ONLY_JPEG_AND_PNG, NO_CMYK, NO_XMP, NO_COLOURS))


def onnxruntime_for_cpp() -> tuple[Path, Path]:
    """A folder of ONNX Runtime's C++ headers, and its library: that of the Python package, if it has one.

    Raises:
        MissingPort: one of them is not here.
    """
    given = os.environ.get(VARIABLE)
    folders = [Path(folder) for folder in ([given] if given else WELL_KNOWN)]
    headers = next((header for folder in folders for header in sorted(folder.rglob(HEADER))), None)
    if headers is None:
        raise MissingPort(
            f"ONNX Runtime's C++ headers: found no {HEADER} in {', '.join(map(str, folders))}; name in {VARIABLE} the "
            "folder of an unpacked release of ONNX Runtime, or of the npm package com.github.asus4.onnxruntime"
        )
    spec = find_spec("onnxruntime")
    packages = [Path(folder) / "capi" for folder in (spec.submodule_search_locations or [])] if spec else []
    for folder in (*packages, *folders):
        for library in sorted(folder.rglob("libonnxruntime.so*")) + sorted(folder.rglob("libonnxruntime*.dylib")):
            return headers.parent, library
    raise MissingPort(
        f"ONNX Runtime's library: found no libonnxruntime.so beside the headers; name a folder in {VARIABLE}"
    )


def build(folder: Path, headers: Path, library: Path, flags: str = "") -> Path:
    """The program, compiled in `folder`, with `flags` for the compiler; raises as `cpp` does."""
    if not shutil.which("cmake"):
        raise MissingPort(f"cmake: not found on the PATH; {_DEBIAN}")
    places = [f"-DONNXRUNTIME_INCLUDE={headers}", f"-DONNXRUNTIME_LIBRARY={library}"]
    configured = _run("cmake", "-S", CPP, "-B", folder, *places, f"-DCMAKE_CXX_FLAGS={flags}")
    if configured.returncode:
        said = " ".join(configured.stderr.split())
        if _NOT_HERE.search(said):
            raise MissingPort(f"{said[:300]}; {_DEBIAN}")
        raise RuntimeError(f"cmake could not configure examples/cpp: {said}")
    built = _run("cmake", "--build", folder)
    if built.returncode:
        raise RuntimeError(f"examples/cpp does not compile:\n{built.stdout}\n{built.stderr}")
    return folder / "score_films"


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def _first_line(*command: str) -> str:
    try:
        return (_run(*command).stdout.splitlines() or ["unknown"])[0]
    except FileNotFoundError:
        return "unknown"
