"""The same network in every runtime that one could use instead, each at its best.

``tf.function`` and not ``predict``; OpenVINO with float32 and with its default, which computes in bfloat16 where the
CPU can; LiteRT with XNNPACK (its default); one thread each. Every int8 file is quantized statically, by its own tool,
on the same films. What is not installed is left out by name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from cxr_edge import Classifier
from cxr_edge.session import INPUT, OUTPUTS, open_session
from cxr_edge_export.graph import to_onnx

Pixels = npt.NDArray[np.uint8]
OURS, OURS_END_TO_END = "cxr-edge int8 (ONNX Runtime)", "end to end: cxr-edge"
RELOADS = 3
"""How often a network is loaded for a film: seconds each."""


@dataclass(frozen=True)
class Peer:
    """One way to the answer.

    Attributes:
        run: of one film: pixels uint8 [1, H, W, 1], or file bytes where `end_to_end`.
        settings: what was chosen for it.
        end_to_end: takes file bytes.
        rounds: how often, if not as often as the others.
    """

    run: Callable[[Any], Any]
    settings: str
    end_to_end: bool = False
    rounds: int | None = None


def peer_runtimes(
    classifier: Classifier, bundled: bytes, model: keras.Model, calibration: Pixels, folder: Path
) -> tuple[dict[str, Peer], list[str]]:
    """Every peer that is installed, by name, and the packages of those that are not.

    Args:
        classifier: this package's, for the way from file bytes to the decision.
        bundled: its ONNX file.
        model: the Keras network of the same layers.
        calibration: uint8 [N, H, W, 1], for the other tools' quantization.
        folder: where they may write files.
    """
    size = classifier.card.input_size
    fp32 = to_onnx(model, 1.0).SerializeToString()
    found = {
        OURS: _onnxruntime(bundled, "the bundled file with all its outputs"),
        "ONNX Runtime fp32": _onnxruntime(fp32, "default graph optimisation"),
        **_tensorflow(model, size),
    }
    left_out = []
    for maker in (_litert, _openvino):
        try:
            found |= maker(model, fp32, calibration, folder)
        except ImportError as error:
            left_out.append(error.name or str(error))
    found[OURS_END_TO_END] = Peer(classifier.predict, "file bytes → decision with quality gate", True)
    return found | _tensorflow_end_to_end(model, size, folder), left_out


def _onnxruntime(data: bytes, settings: str) -> Peer:
    session = open_session(data, "peer")
    names = [output.name for output in session.get_outputs() if output.name != "heatmap"]
    assert set(OUTPUTS) <= set(names)
    return Peer(lambda film: session.run(names, {INPUT: film}), settings)


def _tensorflow(model: keras.Model, size: tuple[int, int]) -> dict[str, Peer]:
    @tf.function(input_signature=[tf.TensorSpec((1, *size, 1), tf.uint8)])  # type: ignore[untyped-decorator]
    def score(film: tf.Tensor) -> tf.Tensor:
        return model(tf.cast(film, tf.float32), training=False)

    return {
        "tf.function": Peer(lambda film: score(film).numpy(), "oneDNN, one thread, fixed signature"),
        "Keras predict": Peer(lambda film: model.predict(film, verbose=0), "verbose=0", rounds=40),
    }


def _tensorflow_end_to_end(model: keras.Model, size: tuple[int, int], folder: Path) -> dict[str, Peer]:
    """TensorFlow's own decode and resize before the network, and series A's application, which loads it per film."""

    def film_of(data: Any) -> Any:
        return tf.image.resize(tf.io.decode_jpeg(data, channels=1), size, antialias=True)[None]

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)])  # type: ignore[untyped-decorator]
    def decode_and_score(data: tf.Tensor) -> tf.Tensor:
        return model(film_of(data), training=False)

    file = folder / "model.keras"
    model.save(file)

    def reload(data: bytes) -> Any:
        return keras.models.load_model(file).predict(film_of(data), verbose=0)

    return {
        "end to end: tf.function": Peer(lambda data: decode_and_score(data).numpy(), "decode and resize inside", True),
        "end to end: Keras predict": Peer(lambda data: model.predict(film_of(data), verbose=0), "as above", True, 40),
        "end to end: Keras, loaded for each film": Peer(reload, "as series A's application", True, RELOADS),
    }


def _litert(model: keras.Model, _: bytes, calibration: Pixels, folder: Path) -> dict[str, Peer]:
    from ai_edge_litert.interpreter import Interpreter

    found = {}
    for precision in ("fp32", "int8"):
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if precision == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([film[None].astype(np.float32)] for film in calibration)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tf.uint8
        interpreter = Interpreter(model_content=converter.convert(), num_threads=1)
        interpreter.allocate_tensors()
        into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]

        def run(film: Pixels, interpreter: Any = interpreter, into: Any = into, out: Any = out) -> Any:
            interpreter.set_tensor(into["index"], film.astype(into["dtype"]))
            interpreter.invoke()
            return interpreter.get_tensor(out)

        found[f"LiteRT {precision}"] = Peer(run, "XNNPACK, one thread")
    return found


def _infer(request: Any, film: Pixels) -> Any:
    return request.infer([film])


def _openvino(model: keras.Model, fp32: bytes, calibration: Pixels, folder: Path) -> dict[str, Peer]:
    import nncf
    import openvino

    core = openvino.Core()
    file = folder / "fp32.onnx"
    file.write_bytes(fp32)
    network = core.read_model(file)
    network.reshape({INPUT: (1, *calibration.shape[1:])})
    small = nncf.quantize(network, nncf.Dataset([film[None] for film in calibration]), subset_size=len(calibration))
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    kinds = {
        "OpenVINO float32": (network, {"INFERENCE_PRECISION_HINT": "f32"}),
        "OpenVINO default": (network, {}),
        "OpenVINO int8": (small, {}),
    }
    found = {}
    for name, (graph, more) in kinds.items():
        request = core.compile_model(graph, "CPU", {**settings, **more}).create_infer_request()
        precision = request.get_compiled_model().get_property("INFERENCE_PRECISION_HINT").get_type_name()
        found[name] = Peer(partial(_infer, request), f"latency hint, one thread, {precision}")
    return found
