"""Model files: which are bundled, and the check that a file is the one that was listed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cxr_edge.errors import ModelIntegrityError

FOLDER = Path(__file__).parent / "models"
SAMPLES = Path(__file__).parent / "samples"
"""The drawn phantoms, which show no patient."""
MAX_MODEL_BYTES = 512 * 2**20


@dataclass(frozen=True)
class BundledModel:
    """A model inside a package.

    Attributes:
        name: what `Classifier.load` takes.
        path: of the ONNX file.
        sha256: of its bytes, lower-case hexadecimal.
        summary: one line.
        alias: what else it may be called: ``default``, the one used when none is named; ``accurate``, the best one;
            or nothing.
    """

    name: str
    path: Path
    sha256: str
    summary: str
    alias: str

    @property
    def default(self) -> bool:
        """Whether it is the one used when none is named."""
        return self.alias == "default"


@cache
def list_models() -> tuple[BundledModel, ...]:
    """The models in this package, the default first, then the other one with an alias."""
    return read_index(FOLDER)


def read_index(folder: Path) -> tuple[BundledModel, ...]:
    """The models that ``index.json`` of `folder` lists, the default first, then others with an alias."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    aliases = {name: alias for alias, name in index["aliases"].items()}
    models = [
        BundledModel(path=folder / entry.pop("file"), alias=aliases.get(entry["name"], ""), **entry)
        for entry in index["models"]
    ]
    return tuple(sorted(models, key=lambda model: (not model.default, not model.alias)))


def read_verified(model: str | os.PathLike[str], sha256: str | None = None) -> tuple[str, bytes, str]:
    """Find a model, read it once, and check its hash.

    Args:
        model: the name or alias of a bundled model, or the path of an ONNX file.
        sha256: expected hash. By default the one listed in this package for a bundled model, and for a path
            the one in ``PATH.sha256`` beside it (the format of ``sha256sum``).

    Returns:
        Its name or path, its bytes, its sha256.

    Raises:
        ModelIntegrityError: unknown, missing, unlisted, or of another hash.
    """
    for bundled in list_models():
        if model and model in (bundled.name, bundled.alias):
            return bundled.name, *_check(bundled.path, bundled.sha256 if sha256 is None else sha256)
    path = Path(model)
    if os.path.isdir(path) or not os.path.lexists(path):
        names = ", ".join(bundled.name for bundled in list_models())
        raise ModelIntegrityError(f"{model}: found no such model; expected one of {names}, or an ONNX file")
    return os.fspath(path), *_check(path, _listed(path) if sha256 is None else sha256)


def _listed(path: Path) -> str:
    sidecar = path.with_name(path.name + ".sha256")
    try:
        return sidecar.read_text(encoding="ascii").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise ModelIntegrityError(
            f"{path}: found no listed hash; expected its sha256 in {sidecar.name} beside it, or given"
        ) from None


def _check(path: Path, expected: str) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        raise ModelIntegrityError(f"{path}: found {error.strerror}; expected a readable file") from None
    if len(data) > MAX_MODEL_BYTES:
        raise ModelIntegrityError(f"{path}: found more than {MAX_MODEL_BYTES:,} bytes; expected fewer")
    found = hashlib.sha256(data).hexdigest()
    if found != expected.lower():
        raise ModelIntegrityError(f"{path}: found sha256 {found}; expected {expected.lower()}")
    return data, found
