"""A training run → fp32 and int8 files, each with its card, its hash and the evidence that it may be used.

Written to ``RUN/export``: ``NAME-fp32.onnx``, ``NAME-int8.onnx``, each with ``.sha256`` beside it, ``parity.json``, and
``scores.csv``: probability and logit of the Keras original and of both files for every validation and test film.
A file that fails its parity gate gets no ``.sha256`` and the prefix ``rejected-``: the runtime will not load it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from cxr_edge import CxrEdgeError
from cxr_edge.quality import QualityLimits
from cxr_edge_export.gate_limits import quality_limits
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.parity import FP32, INT8, ParityGate
from cxr_edge_export.steps.exported_card import Identity, card_of
from cxr_edge_export.steps.film_sets import FilmSets, load_film_sets
from cxr_edge_export.steps.finished_run import FinishedRun, load_run
from cxr_edge_export.steps.measured_file import measure_file
from cxr_edge_export.steps.quantization_choice import choose_quantization
from cxr_edge_export.steps.written_file import Exported, write_file, write_scores
from cxr_edge_export.view_output import ViewProbe, fit_view_probe
from cxr_edge_train.data.records import write_json
from cxr_edge_train.learning.lung_pooling import has_lungs


@dataclass(frozen=True)
class Candidate:
    """A graph that is to be measured, given its card and written.

    Attributes:
        precision: ``fp32`` or ``int8``.
        graph: without a card.
        quantization: method and settings.
        gate: what it must pass on the test films.
    """

    precision: str
    graph: onnx.ModelProto
    quantization: dict[str, Any]
    gate: ParityGate


def export(run: Path, data: Path, name: str | None, version: str) -> dict[str, Exported]:
    """Export a finished training run.

    Args:
        run: folder of `cxr_edge_train.learning.trainer.train`.
        data: the folder it was trained on; every file is checked against the manifest.
        name, version: of the model, for card and file names; by default it is called after network and input size.

    Returns:
        What was written, by precision: ``fp32`` and ``int8``.

    Raises:
        CxrEdgeError: the run is not finished, the films are others, or no quantization holds on validation films.
    """
    finished = load_run(run, data)
    films = load_film_sets(finished)
    identity = Identity(name or finished.model_name, version)
    folder = run / "export"
    probe = fit_view_probe(finished.model, films.quality.training, films.quality.adults) if films.quality else None
    candidates = _candidates(finished, films, probe)
    folder.mkdir(exist_ok=True)
    kinds = probe.kinds if probe else ()
    exported = {one.precision: _write(one, finished, films, identity, folder, kinds) for one in candidates}
    write_json(folder / "parity.json", {precision: done.to_dict() for precision, done in exported.items()})
    write_scores(folder / "scores.csv", films.scored, exported)
    return exported


def _candidates(run: FinishedRun, films: FilmSets, probe: ViewProbe | None) -> tuple[Candidate, Candidate]:
    """The fp32 graph and the quantized one."""
    fp32 = to_onnx(run.model, run.chosen.temperature, probe)
    int8 = choose_quantization(fp32, films.calibration, films.scored["validation"], run.chosen.first)
    if int8.recommended != "int8" and not run.is_reference:
        found = "found no quantization within the parity gate on validation films"
        raise CxrEdgeError(f"{found}; expected one of the variants")
    unquantized = {"method": "none", "recommended": int8.recommended}
    return Candidate("fp32", fp32, unquantized, FP32), Candidate("int8", int8.graph, int8.settings, INT8)


def _write(
    one: Candidate, run: FinishedRun, films: FilmSets, identity: Identity, folder: Path, kinds: tuple[str, ...]
) -> Exported:
    """Measure, put the card in, write; the hash only if the parity gate is passed on the test films."""
    data, test = one.graph.SerializeToString(), films.scored["test"]
    measured = measure_file(data, films.scored, run.chosen.first)
    quality: QualityLimits | None = None
    if films.quality:
        given = films.quality
        quality = quality_limits(data, kinds, given.exposure, given.validation, test.pixels, has_lungs(run.model))
    card = card_of(run, identity, test, measured, quality, one.quantization)
    path = folder / f"{identity.name}-{one.precision}.onnx"
    return write_file(one.graph, card, path, measured, one.gate.failures(measured.parity["test"]))
