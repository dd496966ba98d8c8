"""The third step: the variant with the most int8 that answers as the original does, and is not slower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import onnx

from cxr_edge_export.parity import INT8_VALIDATION, Parity
from cxr_edge_export.quantize import VARIANTS, body_convolutions, overflowing, quantize
from cxr_edge_export.steps.film_sets import CalibrationFilms, ScoredFilms
from cxr_edge_export.steps.measured_file import answers_of, parity_of
from cxr_edge_export.time_ratio import time_ratio

SLOWEST = 1.15
"""int8 over fp32; medians of a busy computer differ by that."""


@dataclass(frozen=True)
class Quantized:
    """A quantized graph.

    Attributes:
        graph: without a card.
        settings: method, float parts, calibration films by sha256, time, and which precision they recommend.
    """

    graph: onnx.ModelProto
    settings: dict[str, Any]

    @property
    def recommended(self) -> str:
        """``int8``, or ``fp32`` where no variant held."""
        precision: str = self.settings["recommended"]
        return precision


@dataclass(frozen=True)
class _Tried:
    graph: onnx.ModelProto
    settings: dict[str, Any]
    parity: Parity
    failures: list[str]


def choose_quantization(
    fp32: onnx.ModelProto, calibration: CalibrationFilms, validation: ScoredFilms, threshold: float
) -> Quantized:
    """The first of `VARIANTS` that holds on the validation films.

    If none does, the one that changes the fewest decisions; its settings then recommend fp32 and say why.
    """
    films, best = {"calibration_films": calibration.sha256}, None
    for variant in VARIANTS:
        if variant.float_convolutions >= len(body_convolutions(fp32.graph)):
            continue
        graph = quantize(fp32, calibration.pixels, variant)
        tried = _try(graph, fp32, variant.to_dict(), validation, threshold)
        if not tried.failures:
            return Quantized(graph, {**tried.settings, "recommended": "int8", **films})
        if best is None or tried.parity.decisions_changed < best.parity.decisions_changed:
            best = tried
    assert best is not None
    refusal = {"recommended": "fp32", "because": "; ".join(best.failures)}
    return Quantized(best.graph, {**best.settings, **refusal, **films})


def _try(
    graph: onnx.ModelProto, fp32: onnx.ModelProto, settings: dict[str, Any], validation: ScoredFilms, threshold: float
) -> _Tried:
    """Measure one variant on the validation films, and print it."""
    int8 = graph.SerializeToString()
    parity = parity_of(answers_of(int8, validation.pixels), validation, threshold)
    ratio = time_ratio(int8, fp32.SerializeToString(), validation.pixels[:50])
    failures = INT8_VALIDATION.failures(parity)
    if overflowing(graph):
        failures.append("overflows on CPUs without VNNI instructions")
    if ratio > SLOWEST:
        failures.append(f"takes {ratio:.2f} times as long as fp32")
    settings = {**settings, "time_over_fp32": round(ratio, 2)}
    print(f"{', '.join(f'{key} {value}' for key, value in settings.items())}; validation: {parity}")
    print(f"  {'not kept: ' + '; '.join(failures) if failures else 'kept'}")
    return _Tried(graph, settings, parity, failures)
