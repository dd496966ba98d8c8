"""fp32 ONNX → int8 by static quantization: QDQ, weights per channel, the network's two ends in float."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from cxr_edge_train.films import LabelledFilm

_PROBE_OPERATORS = ("ReduceMean", "GlobalAveragePool", "MatMul", "Gemm", "Softmax")  # of the output ``view``


@dataclass(frozen=True)
class Int8:
    """One way to quantize.

    Attributes:
        float_convolutions: how many of the first convolutions stay in float.
        reduce_range: weights of 7 bits. With 8, CPUs without VNNI instructions (before about 2019) saturate
            their 16-bit sums and give other answers; with 7 every CPU gives the same.
        calibration: ``MinMax``, ``Entropy`` or ``Percentile``.
    """

    float_convolutions: int = 0
    reduce_range: bool = True
    calibration: str = "MinMax"

    def to_dict(self) -> dict[str, Any]:
        """For the card."""
        fixed = {"method": "static", "format": "QDQ", "weights": "int8 per channel", "activations": "uint8"}
        return {**fixed, **asdict(self)}


VARIANTS = tuple(Int8(float_convolutions=count) for count in (0, 4, 8, 12))
"""From most int8 to least. MobileNetV2's first blocks have the widest spread of weights, so they go first."""


def quantize(model: onnx.ModelProto, films: npt.NDArray[np.uint8], how: Int8) -> onnx.ModelProto:
    """Quantize a graph of `cxr_edge_export.graph.to_onnx`.

    Args:
        model: fp32, BatchNorm folded.
        films: calibration films, uint8 [N, H, W, 1].
        how: the variant.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Reader(films),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=how.reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod[how.calibration],
            nodes_to_exclude=_float_nodes(model.graph, how.float_convolutions),
        )
        return onnx.load(target)


def _float_nodes(graph: onnx.GraphProto, float_convolutions: int) -> list[str]:
    """Names of what stays in float: everything before the first quantized convolution, and the head.

    The head (the convolution that makes the heatmap, and what follows it) is a thousandth of the work and all of
    the answer; the input's scaling would lose grey levels.
    """
    convolutions = [i for i, node in enumerate(graph.node) if node.op_type == "Conv"]
    first, head = convolutions[float_convolutions], convolutions[-1]
    return [
        node.name for i, node in enumerate(graph.node) if i < first or i >= head or node.op_type in _PROBE_OPERATORS
    ]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, films: npt.NDArray[np.uint8]) -> None:
        self.batches: Iterator[dict[str, npt.NDArray[np.uint8]]] = iter({"film": film[None]} for film in films)

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        return next(self.batches, None)


def calibration_films(films: Sequence[LabelledFilm], count: int, seed: int) -> list[LabelledFilm]:
    """`count` of the training films, half of either class, chosen by `seed`."""
    rng = np.random.default_rng(seed)
    chosen = []
    for label in (0, 1):
        members = [film for film in films if film.label == label]
        picks = rng.choice(len(members), min(count // 2, len(members)), replace=False)
        chosen += [members[i] for i in sorted(picks)]
    return chosen
