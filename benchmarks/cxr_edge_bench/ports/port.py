"""What a port is: a command that scores films without the package, and says what it found in a fixed form.

``PROGRAM [--pixels] MODEL.onnx [FILM…]``; without films it reads their paths from stdin, one a line. It prints one JSON
object a line, in the order of the films, and nothing else:

    path, probability, logit, decision   as `cxr_edge.Prediction` has them; null for a film that was not scored
    reasons                              codes of `cxr_edge.quality`; those that it cannot see are missing
    error                                a sentence of the form "found …; expected …", or null
    milliseconds                         decode, preprocess and network; null for a film that was not scored
    pixels, heatmap                      with --pixels: what the network saw (base64), and its output (a flat list)

A binary PGM of exactly the network's size is fed to the network as it is. Exit status: 0 all scored, 1 some film was
not, 2 wrong usage or no usable model.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxr_edge_bench.child_process import ChildFailed

SECONDS = 1800  # for all films of one call
SCORED, SOME_NOT_SCORED = 0, 1


class MissingPort(RuntimeError):
    """A port that cannot run here, since a program or library of it is missing. Callers may leave it out, and say so.

    Its message names what is missing, and the cure.
    """


@dataclass(frozen=True)
class Port:
    """A program in another language.

    Attributes:
        language: the key of its entry in the record.
        command: what comes before ``[--pixels] MODEL.onnx [FILM…]``.
        versions: of the program that runs it and of its libraries, by name.
        differs_by: what it does otherwise than the package, a sentence each.
    """

    language: str
    command: tuple[str, ...]
    versions: dict[str, str] = field(default_factory=dict)
    differs_by: tuple[str, ...] = ()

    def answers(self, model: Path, films: Sequence[Path], *, pixels: bool = False) -> list[dict[str, Any]]:
        """Its answers for `films`, in their order.

        Raises:
            ChildFailed: it ended otherwise than after a line for each film.
        """
        command = [*self.command, *(["--pixels"] if pixels else []), str(model)]
        paths = "".join(f"{film}\n" for film in films)
        done = subprocess.run(command, input=paths, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS)
        lines = done.stdout.splitlines()
        if done.returncode not in (SCORED, SOME_NOT_SCORED) or len(lines) != len(films):
            raise ChildFailed(command, done.returncode, f"{len(lines)} of {len(films)} answers\n{done.stderr}")
        return [json.loads(line) for line in lines]
