"""Our own wheel: built from the checkout that this runs in, or given; and what it says of itself."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit.wheels import Wheel, read_wheel

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class OwnWheel:
    """The wheel of cxr-edge that goes into a kit.

    Attributes:
        wheel: as any other.
        extras: that it has.
        models: sha256 of the file of each bundled model, by name.
    """

    wheel: Wheel
    extras: frozenset[str]
    models: dict[str, str]

    def text(self, member: str) -> str:
        """A text file inside it."""
        with ZipFile(self.wheel.path) as archive:
            return archive.read(member).decode("utf-8")


def checkout() -> Path | None:
    """The copy of the source that this runs in, if it is one."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "runtime/cxr_edge").is_dir() else None


def build(folder: Path) -> Path:
    """The wheel of the checkout, built into `folder`.

    Raises:
        CxrEdgeError: this runs from an installed package, or the build failed.
    """
    source = checkout()
    if source is None:
        raise CxrEdgeError(
            "found no source to build the wheel of cxr-edge from; expected --wheel FILE, or a copy of the source with "
            "cxr-edge installed from it by: pip install -e '.[kit]'"
        )
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CxrEdgeError(f"{source}: found a source that cannot be built ({' '.join(last)}); expected a wheel")
    return next(folder.glob("cxr_edge-*.whl"))


def read_own_wheel(path: Path) -> OwnWheel:
    """What the wheel of cxr-edge at `path` says of itself.

    Raises:
        CxrEdgeError: it is another file, or a model in it is not the one that it lists.
    """
    try:
        wheel = read_wheel(path)
        with ZipFile(path) as archive:
            index = json.loads(archive.read("cxr_edge/models/index.json"))
            models = {entry["name"]: entry["sha256"] for entry in index["models"]}
            for entry in index["models"]:
                found = hashlib.sha256(archive.read(f"cxr_edge/models/{entry['file']}")).hexdigest()
                if found != entry["sha256"]:
                    raise CxrEdgeError(
                        f"{path}: found model {entry['name']} of sha256 {found}; expected the one listed"
                    )
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise CxrEdgeError(f"{path}: found no wheel of cxr-edge ({error}); expected one") from None
    return OwnWheel(wheel, frozenset(wheel.metadata.get_all("Provides-Extra", [])), models)
