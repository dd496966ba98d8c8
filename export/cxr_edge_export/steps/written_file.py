"""The last step: the file itself, its hash, and the records that stand beside it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from cxr_edge import ModelCard
from cxr_edge.card import METADATA_KEY
from cxr_edge_export.steps.film_sets import ScoredFilms
from cxr_edge_export.steps.measured_file import Measured


@dataclass(frozen=True)
class Exported:
    """One written file.

    Attributes:
        path: of the ONNX file.
        measured: the file on the films of every part.
        failures: of its parity gate, on the test films; empty if it may be used.
        quantization: method and settings, without the calibration films.
    """

    path: Path
    measured: Measured
    failures: list[str]
    quantization: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for ``parity.json``."""
        return {
            "file": self.path.name,
            "bytes": self.path.stat().st_size,
            "quantization": self.quantization,
            "releasable": not self.failures,
            "failures": self.failures,
            "parity": {part: parity.to_dict() for part, parity in self.measured.parity.items()},
            "metrics": {part: metrics.to_dict() for part, metrics in self.measured.metrics.items()},
        }


def write_file(
    graph: onnx.ModelProto, card: ModelCard, path: Path, measured: Measured, failures: list[str]
) -> Exported:
    """Put the card in and write the file, with its hash only if there are no `failures`.

    Earlier files of that name, released or rejected, are removed.
    """
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {METADATA_KEY: card.to_json()})
    data = graph.SerializeToString()
    sidecar = path.with_name(path.name + ".sha256")
    rejected = path.with_name(f"rejected-{path.name}")
    for earlier in (path, sidecar, rejected):
        earlier.unlink(missing_ok=True)
    target = rejected if failures else path
    target.write_bytes(data)
    if not failures:
        sidecar.write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n", encoding="ascii")
    print(f"{target} ({len(data) / 1e6:.2f} MB), test: {measured.parity['test']}")
    for failure in failures:
        print(f"  NOT RELEASABLE: {failure}")
    settings = {key: value for key, value in card.quantization.items() if key != "calibration_films"}
    return Exported(target, measured, failures, settings)


def write_scores(path: Path, scored: Mapping[str, ScoredFilms], exported: Mapping[str, Exported]) -> None:
    """A row per film: part, sha256, label, and probability and logit of the original and of every file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [f"{source}_{kind}" for source in ("keras", *exported) for kind in ("probability", "logit")]
        writer.writerow(("part", "sha256", "label", *names))
        for part, films in scored.items():
            sources = (films.original, *(done.measured.answers[part] for done in exported.values()))
            columns = (column for given in sources for column in (given.probabilities, given.logits))
            for film, label, *values in zip(films.films, films.labels, *columns, strict=True):
                writer.writerow((part, film.sha256, int(label), *(f"{value:.9g}" for value in values)))
