"""Where outputs are made: a folder with drawn films in it, and the Python whose cxr-edge is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from cxr_edge.store import SAMPLES
from cxr_edge_train.data.phantom import Opacity, Phantom, draw

PER_CLASS = 52
"""Labelled films of each class: a few more than calibrate asks for."""
_SIDE = 100
_SICK = (Opacity(-0.36, 0.5), Opacity(0.4, 0.46))
_GOLDEN = SAMPLES.parent / "golden"
_SECONDS = 600


@dataclass(frozen=True)
class Workshop:
    """Commands run in `work`, so that outputs name films by short relative paths; their outputs go to `out`.

    Attributes:
        python: of the environment whose cxr-edge is asked; it may be another version's.
        work: an empty folder.
        out: folder for outputs.
    """

    python: Path
    work: Path
    out: Path

    def fill(self) -> None:
        """Draw ``films`` (three good, one cut), ``turned.png``, ``golden`` and ``clinic``; ``=page.jpg`` is no film."""
        for folder in (self.out, self.work / "films", self.work / "golden"):
            folder.mkdir(parents=True)
        for sample in sorted(SAMPLES.glob("*.png")):
            shutil.copyfile(sample, self.work / "films" / sample.name)
        clear = self.work / "films/drawn_clear.png"
        Image.open(clear).rotate(90).save(self.work / "turned.png")
        (self.work / "films/half.png").write_bytes(clear.read_bytes()[:2000])
        (self.work / "=page.jpg").write_text("<html>\n")
        for golden in (*_GOLDEN.glob("*.dcm"), *_GOLDEN.glob("*.jpg"), *_GOLDEN.glob("*-16-bit.png")):
            shutil.copyfile(golden, self.work / "golden" / golden.name)
        for seed in range(PER_CLASS):
            for label, phantom in (("NORMAL", Phantom(seed)), ("PNEUMONIA", Phantom(seed + 500, _SICK))):
                folder = self.work / "clinic" / label
                folder.mkdir(parents=True, exist_ok=True)
                draw(phantom, _SIDE).save(folder / f"{seed:02}.png")

    def has(self, *packages: str) -> bool:
        """Whether that Python has `packages`."""
        return all(package in self._packages for package in packages)

    @cached_property
    def _packages(self) -> frozenset[str]:
        names = ("pydicom", "sklearn", "gradio", "pynetdicom", "cxr_edge_node")
        code = f"from importlib.util import find_spec; print(*[n for n in {names!r} if find_spec(n)])"
        return frozenset(self.ran([self.python, "-c", code]).split())

    def ran(self, command: Sequence[str | Path], statuses: tuple[int, ...] = (0,)) -> str:
        """What `command` prints.

        Raises:
            RuntimeError: it ended with another status than `statuses`.
        """
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [os.fspath(part) for part in command], cwd=self.work, env=environment, capture_output=True, timeout=_SECONDS
        )
        if done.returncode not in statuses:
            raise RuntimeError(f"{command}: status {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def cxr_edge(self, *arguments: str, statuses: tuple[int, ...] = (0,)) -> str:
        """What ``cxr-edge`` prints when it is given `arguments`."""
        return self.ran([self.python, "-m", "cxr_edge", *arguments], statuses)

    def keep(self, name: str, text: str, cut: Callable[[str], str] = str) -> None:
        """Write an output under its `name`, cut if it is too long to be kept."""
        (self.out / name).write_text(cut(text), encoding="utf-8", newline="")

    def keep_value(self, name: str, value: object) -> None:
        """Write what was answered in another way than by printing."""
        self.keep(name, json.dumps(value, indent=1) + "\n")
