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

from cxr_edge.session import VIEW
from cxr_edge_export.graph import LINEAR_END
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.evaluation.statistics import Floats

MOST_PER_PAIR = 32767 // 255
"""The largest sum of the sizes of two int8 weights that, times the largest uint8 activation, fits into 16 bits."""


@dataclass(frozen=True)
class Quantization:
    """One way to quantize.

    Attributes:
        float_convolutions: how many of the first convolutions stay in float.
        calibration: ``MinMax``, ``Entropy`` or ``Percentile``.
        weights_only: keep weights in 8 bits and compute in float: a small file, as fast as fp32.
    """

    float_convolutions: int = 0
    calibration: str = "MinMax"
    weights_only: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For the card."""
        if self.weights_only:
            return {
                "method": "weights only",
                "weights": "int8 per channel, depthwise in float32",
                "activations": "float32",
            }
        weights = "int8 per channel, no pair above 128"
        return {"method": "static", "format": "QDQ", "weights": weights, "activations": "uint8", **asdict(self)}


VARIANTS = (*(Quantization(float_convolutions=count) for count in (0, 3, 6, 9, 12)), Quantization(weights_only=True))
"""From most int8 to least. MobileNetV2's first blocks have the widest spread of weights, so they go first.

Each of its blocks has three convolutions and ends where the maps are narrowest: to go from float to int8 there takes a
sixth of the numbers that it takes a convolution later (13 % of the time of `lung_short` at 96).
"""


def quantize(model: onnx.ModelProto, films: npt.NDArray[np.uint8], variant: Quantization) -> onnx.ModelProto:
    """Quantize a graph of `cxr_edge_export.graph.to_onnx`.

    Args:
        model: fp32, BatchNorm folded.
        films: calibration films, uint8 [N, H, W, 1].
        variant: of `VARIANTS`, or another.
    """
    if variant.weights_only:
        return _store_in_8_bits(model, smallest=256)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Reader(films),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod[variant.calibration],
            nodes_to_exclude=_float_nodes(model.graph, variant.float_convolutions),
            extra_options={"TensorQuantOverrides": _weights(model.graph)},
        )
        return _store_in_8_bits(onnx.load(target), smallest=10_000)  # of the linear end, if it is large


def _store_in_8_bits(model: onnx.ModelProto, smallest: int) -> onnx.ModelProto:
    """Keep float weights of at least `smallest` numbers as int8, one scale per output channel.

    They are made float again by Cast and Mul, which ONNX Runtime does once, when it loads the file; DequantizeLinear it
    would do for every film. Depthwise convolutions stay as they are: they are 3 % of a MobileNetV2, and have the widest
    spread of weights.
    """
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    depthwise = {node.input[1] for node in graph.node if node.op_type == "Conv" and _groups(node) > 1}
    columns = {node.input[1] for node in graph.node if node.op_type == "MatMul"}  # [input, output]; others output first
    for tensor in list(graph.initializer):
        weight = onnx.numpy_helper.to_array(tensor)
        if weight.dtype != np.float32 or weight.size < smallest or weight.ndim < 2 or tensor.name in depthwise:
            continue
        axis = 1 if tensor.name in columns else 0
        rest = tuple(i for i in range(weight.ndim) if i != axis)
        largest = np.abs(weight).max(axis=rest, keepdims=True)
        scale = np.maximum(largest / 127, np.finfo(np.float32).tiny).astype(np.float32)
        codes, scales, numbers = (f"{tensor.name}_{part}" for part in ("codes", "scale", "numbers"))
        values = {codes: np.rint(weight / scale).astype(np.int8), scales: scale}
        graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in values.items())
        graph.initializer.remove(tensor)
        graph.node.insert(0, onnx.helper.make_node("Cast", [codes], [numbers], to=onnx.TensorProto.FLOAT))
        graph.node.insert(1, onnx.helper.make_node("Mul", [numbers, scales], [tensor.name]))
    return model


def safe_scales(weight: Floats, depthwise: bool) -> Floats:
    """Scale of each output channel: as many of the 8 bits as every CPU can use without overflow.

    CPUs without VNNI instructions (before about 2019) add two products of uint8 × int8 in 16 bits, which saturate:
    255 (|a| + |b|) ≤ 32,767 needs |a| + |b| ≤ `MOST_PER_PAIR`, or one less before rounding. Weights of 7 bits keep to
    that, but few pairs have two large weights: a scale by the largest *pair* of a channel loses far less. Depthwise
    convolutions are added up in 32 bits, and have all 8.

    Args:
        weight: of a convolution, [output, input / group, h, w].
        depthwise: one input channel for each output channel.
    """
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1) / 127
    if not depthwise:
        largest = np.maximum(largest, largest_pair(weight) / (MOST_PER_PAIR - 1))
    return np.asarray(np.maximum(largest, np.finfo(np.float32).tiny), np.float32)


def largest_pair(weight: Floats) -> Floats:
    """Largest |a| + |b| of two weights whose products may be added in 16 bits, per output channel [output].

    Pointwise convolutions take their input channels in order, two by two. For others the order depends on the layout:
    any two might meet.
    """
    size = np.abs(weight.astype(np.float64)).reshape(len(weight), -1)
    if weight.shape[2:] != (1, 1):
        return np.asarray(np.sort(size, axis=1)[:, -2:].sum(axis=1))
    padded = np.pad(size, ((0, 0), (0, size.shape[1] % 2)))
    return np.asarray(padded.reshape(len(size), -1, 2).sum(axis=2).max(axis=1))


def overflowing(model: onnx.ModelProto) -> list[str]:
    """Names of the int8 convolutions of a file that CPUs without VNNI instructions may compute wrongly."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    made = {name: node for node in model.graph.node for name in node.output}
    found = []
    for node in model.graph.node:
        if node.op_type != "Conv" or _groups(node) > 1:
            continue
        dequantized, film = made.get(node.input[1]), made.get(node.input[0])
        if not (dequantized and film and {dequantized.op_type, film.op_type} == {"DequantizeLinear"}):
            continue
        codes = onnx.numpy_helper.to_array(constants[dequantized.input[0]])
        if largest_pair(codes).max() > MOST_PER_PAIR:
            found.append(node.name)
    return found


def _groups(convolution: onnx.NodeProto) -> int:
    return next((int(a.i) for a in convolution.attribute if a.name == "group"), 1)


def _weights(graph: onnx.GraphProto) -> dict[str, list[dict[str, Any]]]:
    """`safe_scales` of every convolution, as ONNX Runtime's quantizer takes them."""
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    overrides = {}
    for node in graph.node:
        if node.op_type == "Conv":
            weight = onnx.numpy_helper.to_array(initializers[node.input[1]])
            fixed = {"quant_type": QuantType.QInt8, "axis": 0, "zero_point": np.array(0, np.int8)}
            overrides[node.input[1]] = [{**fixed, "scale": s} for s in safe_scales(weight, _groups(node) > 1)]
    return overrides


def body_convolutions(graph: onnx.GraphProto) -> list[int]:
    """Where in ``graph.node`` the convolutions are, without that of the linear end."""
    return [i for i, node in enumerate(graph.node) if node.op_type == "Conv" and not _is_end(node)]


def _float_nodes(graph: onnx.GraphProto, float_convolutions: int) -> list[str]:
    """Names of what stays in float: everything before the first quantized convolution, and the network's ends.

    The linear end is a thousandth of the work and all of the answer; the input's scaling would lose grey levels.
    """
    first = body_convolutions(graph)[float_convolutions]
    return [node.name for i, node in enumerate(graph.node) if i < first or _is_end(node)]


def _is_end(node: onnx.NodeProto) -> bool:
    return str(node.name).startswith((f"{LINEAR_END}/", f"{VIEW}/"))


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
