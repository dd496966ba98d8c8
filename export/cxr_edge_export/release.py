"""A training run → fp32 and int8 files, each with its card, its hash and the evidence that it may be used.

Written to ``RUN/export``: ``NAME-fp32.onnx``, ``NAME-int8.onnx``, each with ``.sha256`` beside it, ``parity.json``, and
``scores.csv``: probability and logit of the Keras original and of both files for every validation and test film.
A file that fails its gate gets no ``.sha256`` and the prefix ``rejected-``: the runtime will not load it.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from scipy.special import expit

from cxr_edge import CxrEdgeError, ModelCard
from cxr_edge.card import METADATA_KEY, OperatingPoint
from cxr_edge.film.preprocess import PREPROCESSING
from cxr_edge.quality import QualityLimits
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.parity import FP32, INT8, INT8_VALIDATION, Gate, Parity, answers, compare
from cxr_edge_export.quantize import VARIANTS, body_convolutions, calibration_films, overflowing, quantize
from cxr_edge_export.time_ratio import time_ratio
from cxr_edge_export.view_output import FILMS, fit_views, measured, quality_limits
from cxr_edge_train.data.films import CLASSES, LabelledFilm
from cxr_edge_train.data.pixels import labels_of, load_pixels
from cxr_edge_train.data.records import write_json
from cxr_edge_train.data.split import read_manifest
from cxr_edge_train.evaluation.metrics import Metrics, measure
from cxr_edge_train.learning.networks import logits

CALIBRATION_FILMS = 200
SLOWEST = 1.15  # int8 over fp32; medians of a busy computer differ by that
INTENDED_USE = (
    "Research on triage of frontal chest radiographs of children aged 1 to 5 for pneumonia. Not a cleared medical "
    "device; not for adults, lateral films or anything that is no chest X-ray; never the only reason for a decision "
    "about a patient."
)
COMPARISON = "Comparison with other models: a published network, trained as published. Not for any film of a patient."
"""Of the reference models."""

LICENCES = {
    "code": "Apache-2.0",
    "training data": "CC BY 4.0, Kermany, Zhang, Goldbaum, Mendeley Data 2018, doi:10.17632/rscbjbr9sj.2",
}
INITIAL_WEIGHTS = {
    "mobilenet": "Apache-2.0, Keras MobileNetV2 trained on ImageNet",
    "vgg19": "CC BY 4.0, VGG19 of the Visual Geometry Group, Oxford, trained on ImageNet",
}
"""By part of a network's name; the others start from random weights."""


@dataclass(frozen=True)
class Scores:
    """Probabilities and logits of some films, each [N]."""

    p: Any
    logits: Any


@dataclass(frozen=True)
class Part:
    """Films of one part of the split: pixels uint8 [N, H, W, 1], labels [N], and the original's `Scores`."""

    films: list[LabelledFilm]
    pixels: Any
    labels: Any
    reference: Scores


@dataclass(frozen=True)
class Exported:
    """One written file.

    Attributes:
        path: of the ONNX file.
        parity: with the Keras original, by part.
        metrics: of the file itself, by part.
        scores: of the file, by part.
        failures: of its gate, on the test films; empty if it may be used.
        quantization: method and settings, without the calibration films.
    """

    path: Path
    parity: dict[str, Parity]
    metrics: dict[str, Metrics]
    scores: dict[str, Scores]
    failures: list[str]
    quantization: dict[str, Any]


def export(run: Path, data: Path, name: str | None, version: str) -> dict[str, Exported]:
    """Export a finished training run.

    Args:
        run: folder of `cxr_edge_train.learning.run.train`.
        data: the folder it was trained on; every file is checked against the manifest.
        name, version: of the model, for card and file names; by default it is called after network and input size.

    Returns:
        What was written, by precision: ``fp32`` and ``int8``.

    Raises:
        CxrEdgeError: the run is not finished, the films are others, or no quantization holds on validation films.
    """
    if not (run / "operating_point.json").is_file():
        raise CxrEdgeError(f"{run}: found no finished training run; expected one made by `cxr-edge train`")
    point = json.loads((run / "operating_point.json").read_text())
    if "chosen_on" not in point:
        raise CxrEdgeError(f"{run}: found a run of an older version; expected one that `cxr-edge train` finished")
    model = keras.models.load_model(run / "model.keras")
    films = read_manifest(run / "manifest.csv", data)
    size = model.input_shape[1:3]
    parts = {part: _load(model, films[part], size, part, point["temperature"]) for part in ("validation", "test")}
    calibration = calibration_films(films["train"], CALIBRATION_FILMS, seed=0)

    record = json.loads((run / "recipe.json").read_text())
    network, reference = record["run"]["recipe"]["network"], "protocol" in record["run"]["recipe"]
    name = name or (network if reference else f"{network.replace('_', '')}-{size[1]}")
    gate = None if reference else _gate_films(films, size, record)
    views = fit_views(model, gate.training) if gate else None
    fp32 = to_onnx(model, point["temperature"], views)
    threshold = next(iter(point["thresholds"].values()))
    int8, how = _quantize(fp32, load_pixels(calibration, size, "calibration"), parts["validation"], threshold)
    if how["recommended"] != "int8" and not reference:
        raise CxrEdgeError("found no quantization within the gate on validation films; expected one of the variants")
    how["calibration_films"] = [film.sha256 for film in calibration]
    folder = run / "export"
    folder.mkdir(exist_ok=True)
    common = (parts, point, run, name, version, gate if views else None)
    exported = {
        "fp32": _write(
            fp32, folder / f"{name}-fp32.onnx", FP32, {"method": "none", "recommended": how["recommended"]}, *common
        ),
        "int8": _write(int8, folder / f"{name}-int8.onnx", INT8, how, *common),
    }
    write_json(
        folder / "parity.json",
        {
            precision: {
                "file": done.path.name,
                "bytes": done.path.stat().st_size,
                "quantization": done.quantization,
                "releasable": not done.failures,
                "failures": done.failures,
                "parity": {part: parity.to_dict() for part, parity in done.parity.items()},
                "metrics": {part: metrics.to_dict() for part, metrics in done.metrics.items()},
            }
            for precision, done in exported.items()
        },
    )
    _write_scores(folder / "scores.csv", parts, exported)
    return exported


def _write_scores(path: Path, parts: dict[str, Part], exported: dict[str, Exported]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [f"{source}_{kind}" for source in ("keras", *exported) for kind in ("probability", "logit")]
        writer.writerow(("part", "sha256", "label", *names))
        for part, films in parts.items():
            scores = (films.reference, *(done.scores[part] for done in exported.values()))
            columns = (column for score in scores for column in (score.p, score.logits))
            for film, label, *values in zip(films.films, films.labels, *columns, strict=True):
                writer.writerow((part, film.sha256, int(label), *(f"{value:.9g}" for value in values)))


@dataclass(frozen=True)
class GateFilms:
    """What the quality gate is made from.

    uint8 [N, h, w, 1]: `training` and `validation` as large as training holds films, `small` (training) as the input.
    """

    training: Any
    validation: Any
    small: Any


def _gate_films(films: dict[str, list[LabelledFilm]], size: tuple[int, int], record: dict[str, Any]) -> GateFilms:
    source = tuple(record["run"]["recipe"]["source_size"])
    rng = np.random.default_rng(0)
    some = [films["train"][i] for i in rng.permutation(len(films["train"]))[:FILMS]]
    return GateFilms(
        training=load_pixels(some, source, "quality gate, training"),
        validation=load_pixels(films["validation"], source, "quality gate, validation"),
        small=load_pixels(films["train"], size, "exposure"),
    )


def _load(model: keras.Model, films: list[LabelledFilm], size: tuple[int, int], title: str, temperature: float) -> Part:
    pixels = load_pixels(films, size, title)
    z = logits(model, pixels).astype(np.float64)
    return Part(films, pixels, labels_of(films).astype(np.float64), Scores(expit(z / temperature), z))


def _scores(model: bytes, pixels: Any) -> Scores:
    return Scores(*answers(model, pixels, "probability", "logit"))


def _parity(scores: Scores, part: Part, threshold: float) -> Parity:
    return compare(part.labels, scores.p, part.reference.p, threshold, (scores.logits, part.reference.logits))


def _quantize(
    fp32: onnx.ModelProto, calibration: Any, validation: Part, threshold: float
) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """The variant with the most int8 that holds on the validation films and is not slower than fp32, and its facts.

    If none does, the one that changes the fewest decisions; its facts then recommend fp32.
    """
    best: tuple[int, onnx.ModelProto, dict[str, Any]] | None = None
    for how in VARIANTS:
        if how.float_convolutions >= len(body_convolutions(fp32.graph)):
            continue
        int8 = quantize(fp32, calibration, how)
        parity = _parity(_scores(int8.SerializeToString(), validation.pixels), validation, threshold)
        ratio = time_ratio(int8.SerializeToString(), fp32.SerializeToString(), validation.pixels[:50])
        failures = INT8_VALIDATION.failures(parity)
        if overflowing(int8):
            failures.append("overflows on CPUs without VNNI instructions")
        if ratio > SLOWEST:
            failures.append(f"takes {ratio:.2f} times as long as fp32")
        facts = {**how.to_dict(), "time_over_fp32": round(ratio, 2)}
        print(f"{', '.join(f'{key} {value}' for key, value in facts.items())}; validation: {parity}")
        print(f"  {'not kept: ' + '; '.join(failures) if failures else 'kept'}")
        if not failures:
            return int8, {**facts, "recommended": "int8"}
        if best is None or parity.decisions_changed < best[0]:
            best = parity.decisions_changed, int8, {**facts, "recommended": "fp32", "because": "; ".join(failures)}
    assert best is not None
    return best[1:]


def _write(
    model: onnx.ModelProto,
    path: Path,
    gate: Gate,
    quantization: dict[str, Any],
    parts: dict[str, Part],
    point: dict[str, Any],
    run: Path,
    name: str,
    version: str,
    gate_films: GateFilms | None,
) -> Exported:
    """Measure, put the card in, write; the hash only if the gate is passed on the test films."""
    threshold, data = next(iter(point["thresholds"].values())), model.SerializeToString()
    scores = {part: _scores(data, films.pixels) for part, films in parts.items()}
    metrics = {
        part: measure(films.labels, scores[part].p, threshold, scores[part].logits) for part, films in parts.items()
    }
    parity = {part: _parity(scores[part], films, threshold) for part, films in parts.items()}
    failures = gate.failures(parity["test"])
    record = json.loads((run / "recipe.json").read_text())
    height, width, _ = parts["test"].pixels.shape[1:]
    precision = "fp32" if quantization["method"] == "none" else "int8"
    network = record["run"]["recipe"]["network"]
    card = ModelCard(
        name=name,
        version=version,
        summary=f"{network} at {height} × {width}, {precision}: pneumonia in children",
        classes=CLASSES,
        input_size=(height, width),
        preprocessing=PREPROCESSING,
        temperature=point["temperature"],
        operating_points=tuple(
            _operating_point(aim, value, point["chosen_on"], parts["test"], scores["test"].p)
            for aim, value in point["thresholds"].items()
        ),
        quality=_limits(data, (height, width), gate_films, parts["test"].pixels) if gate_films else None,
        metrics={part: m.to_dict() for part, m in metrics.items()},
        training={
            "data": "Kermany et al. 2018, published split; validation by patient from its training part",
            **record["run"],
            "versions": record["versions"],
        },
        quantization=quantization,
        parity={part: p.to_dict() for part, p in parity.items()},
        licences=LICENCES | {"initial weights": _initial_weights(network)},
        intended_use=COMPARISON if "protocol" in record["run"]["recipe"] else INTENDED_USE,
    )
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    data = model.SerializeToString()
    sidecar = path.with_name(path.name + ".sha256")
    rejected = path.with_name(f"rejected-{path.name}")
    for earlier in (path, sidecar, rejected):
        earlier.unlink(missing_ok=True)
    target = rejected if failures else path
    target.write_bytes(data)
    if not failures:
        sidecar.write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n", encoding="ascii")
    print(f"{target} ({len(data) / 1e6:.2f} MB), test: {parity['test']}")
    for failure in failures:
        print(f"  NOT RELEASABLE: {failure}")
    how = {key: value for key, value in quantization.items() if key != "calibration_films"}
    return Exported(target, parity, metrics, scores, failures, how)


def _initial_weights(network: str) -> str:
    return next((text for part, text in INITIAL_WEIGHTS.items() if part in network), "none: random")


def _operating_point(aim: str, threshold: float, chosen_on: str, test: Part, scores: Any) -> OperatingPoint:
    figures = measure(test.labels, scores, threshold)
    return OperatingPoint(
        name=aim,
        threshold=threshold,
        chosen_on=f"{chosen_on}, by the Keras original",
        measured_on=f"{len(test.films)} test films",
        sensitivity=figures.sensitivity,
        specificity=figures.specificity,
    )


def _limits(model: bytes, size: tuple[int, int], films: GateFilms, test: Any) -> QualityLimits:
    limits = quality_limits(model, size, films.small, films.validation)
    return replace(limits, flagged=measured(model, test, limits))
