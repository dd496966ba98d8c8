"""How far each stage is from what this computer could do at most.

Decoding: the JPEG decoder alone, at the same reduced scale. Inference: the network's multiply-adds over the highest
rate that ONNX Runtime reaches here in one large matrix product, in int8 and in float32.

``python -m cxr_edge_bench.suites.distance_from_limit [MODEL]``
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.film.preprocess import open_film, preprocess, resize
from cxr_edge.film.source import Limits
from cxr_edge.session import INPUT, open_session, silence_telemetry
from cxr_edge.store import read_verified
from cxr_edge_bench.suites.timed_films import timed_films

SIDE = 1024
ROUNDS = 20


def multiply_adds(model: bytes) -> dict[str, float]:
    """Multiply-adds of convolutions and matrix products for one film, by the precision that they run in.

    A convolution whose weights come from DequantizeLinear runs in int8: ONNX Runtime fuses the two.
    """
    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(model)).graph
    made = {name: node for node in graph.node for name in node.output}
    constants = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    shapes = {v.name: [d.dim_value or 1 for d in v.type.tensor_type.shape.dim] for v in
              (*graph.value_info, *graph.input, *graph.output)}  # fmt: skip
    counts = {"int8": 0.0, "float32": 0.0}
    for node in graph.node:
        if node.op_type not in ("Conv", "MatMul", "Gemm"):
            continue
        weights, precision = node.input[1], "float32"
        if weights in made and made[weights].op_type == "DequantizeLinear":
            weights, precision = made[weights].input[0], "int8"
        shape = constants.get(weights)
        if shape is None:
            continue
        places = np.prod(shapes[node.output[0]][2:]) if node.op_type == "Conv" else 1
        counts[precision] += float(places * np.prod(shape))
    return counts


def peak(int8: bool) -> float:
    """Multiply-adds a second of one product of two `SIDE` × `SIDE` matrices, one thread: the best of `ROUNDS`."""
    silence_telemetry()
    import onnxruntime

    rng = np.random.default_rng(0)
    kind = TensorProto.UINT8 if int8 else TensorProto.FLOAT
    weights = rng.integers(-63, 64, (SIDE, SIDE)).astype(np.int8) if int8 else rng.normal(size=(SIDE, SIDE))
    constant = onnx.numpy_helper.from_array(weights if int8 else weights.astype(np.float32), "w")
    node = helper.make_node("MatMulInteger" if int8 else "MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("x", kind, (SIDE, SIDE))],
        [helper.make_tensor_value_info("y", TensorProto.INT32 if int8 else TensorProto.FLOAT, (SIDE, SIDE))],
        [constant],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = rng.integers(0, 255, (SIDE, SIDE)).astype(np.uint8 if int8 else np.float32)
    return SIDE**3 / (best(lambda: session.run(None, {"x": x})) * 1e-3)


def best(function: Callable[[], Any]) -> float:
    """Shortest of `ROUNDS` runs, milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def median(function: Callable[[Any], Any], films: list[Any]) -> float:
    """Median over the films, each once after a warm-up, milliseconds."""
    times = []
    for film in (films[0], *films):
        start = time.perf_counter()
        function(film)
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[1:]))


def measure(name: str = "default") -> dict[str, Any]:
    """Per stage: milliseconds, the limit in milliseconds, and their ratio."""
    classifier, films, limits = Classifier.load(name), timed_films(), Limits()
    size, data = classifier.card.input_size, read_verified(name)[1]

    def decoder(film: bytes) -> None:
        image = Image.open(io.BytesIO(film))
        image.draft("L", (2 * size[1], 2 * size[0]))
        image.load()

    rates = {"int8": peak(int8=True), "float32": peak(int8=False)}
    work = multiply_adds(data)
    decoded = [open_film(film, size, limits).grey for film in films.full]
    pixels = [preprocess(film, size)[None] for film in films.full]
    session = open_session(data, name)
    decoding = median(decoder, films.full)
    computing = 1e3 * sum(work[kind] / rates[kind] for kind in work)
    stages: dict[str, tuple[float, float | None]] = {
        "decode": (median(lambda film: open_film(film, size, limits), films.full), decoding),
        "preprocess": (median(lambda image: resize(image, size), decoded), None),
        "infer": (median(lambda film: session.run(["probability", "logit"], {INPUT: film}), pixels), computing),
        "end to end": (median(classifier.predict, films.full), decoding + computing),
    }
    found = {
        stage: {"milliseconds": ms, "limit": limit, "times_above": ms / limit if limit else None}
        for stage, (ms, limit) in stages.items()
    }
    return {
        "model": classifier.card.name,
        "films": films.source,
        "multiply_adds": work,
        "multiply_adds_per_second": rates,
        "stages": found,
    }


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:]), indent=1))
