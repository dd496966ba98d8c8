"""The same network in every runtime one could use, on the same films, taking turns in one process, one thread each.

``python benchmarks/peers.py [MODEL] [--run RUN] [--rounds N] [--out FILE.json]``. MODEL is a bundled one. Its Keras
original is RUN's ``model.keras`` if given; else the same layers with random weights, which take the same time. Peers
that are not installed are left out by name.

Each peer has its best settings, which the record notes: ``tf.function`` and not ``predict``; OpenVINO with float32 and
with its default, which computes in bfloat16 where the CPU can; LiteRT with XNNPACK (its default); every int8 file is
quantized statically by its own tool on the same films.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from cxr_edge import Classifier
from cxr_edge.film.preprocess import preprocess
from cxr_edge.session import INPUT, OUTPUTS, open_session
from cxr_edge.store import read_verified
from cxr_edge_export.graph import to_onnx
from cxr_edge_train.data.records import write_json
from cxr_edge_train.learning.networks import NETWORKS
from cxr_edge_train.reference.registry import REFERENCE
from facts import facts
from sample_films import sample_films

Pixels = npt.NDArray[np.uint8]
WARM_UPS = 10
RELOADS = 3
CALIBRATION = 32


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


def original(classifier: Classifier, run: Path | None) -> keras.Model:
    """The Keras network of a bundled model."""
    if run:
        return keras.models.load_model(run / "model.keras")
    key = classifier.card.training["recipe"]["network"]
    if key in REFERENCE:
        return REFERENCE[key].build()
    return NETWORKS[key](classifier.card.input_size)


def peers(classifier: Classifier, name: str, model: keras.Model, calibration: Pixels, folder: Path) -> dict[str, Peer]:
    """Every peer that is installed; files that they need are written to `folder`."""
    size = classifier.card.input_size
    fp32 = to_onnx(model, 1.0).SerializeToString()
    found = {
        "cxr-edge int8 (ONNX Runtime)": _onnxruntime(read_verified(name)[1], "the bundled file with all its outputs"),
        "ONNX Runtime fp32": _onnxruntime(fp32, "default graph optimisation"),
        **_tensorflow(model, size),
    }
    for maker in (_litert, _openvino):
        try:
            found |= maker(model, fp32, calibration, folder)
        except ImportError as error:
            print(f"left out: {error}")
    found["end to end: cxr-edge"] = Peer(classifier.predict, "file bytes → decision with quality gate", True)
    found |= _tensorflow_end_to_end(model, size, folder)
    return found


def _onnxruntime(data: bytes, settings: str) -> Peer:
    session = open_session(data, "peer")
    names = [output.name for output in session.get_outputs() if output.name != "heatmap"]
    assert set(OUTPUTS) <= set(names)
    return Peer(lambda film: session.run(names, {INPUT: film}), settings)


def _tensorflow(model: keras.Model, size: tuple[int, int]) -> dict[str, Peer]:
    @tf.function(input_signature=[tf.TensorSpec((1, *size, 1), tf.uint8)])
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

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)])
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
        found[name] = Peer(
            lambda film, request=request: request.infer([film]), f"latency hint, one thread, {precision}"
        )
    return found


def take_turns(found: dict[str, Peer], pixels: Pixels, files: list[bytes], rounds: int) -> dict[str, Any]:
    """Time every peer on film after film, one after the other in each round; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for r in range(-WARM_UPS, rounds):
        for name, peer in found.items():
            if (peer.rounds and r >= peer.rounds) or (peer.rounds == RELOADS and r < 0):
                continue
            film: Any = files[r % len(files)] if peer.end_to_end else pixels[r % len(pixels)][None]
            start = time.perf_counter()
            peer.run(film)
            if r >= 0:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: {
            "median": float(np.median(values)),
            "p90": float(np.quantile(values, 0.9)),
            "p99": float(np.quantile(values, 0.99)),
            "films": len(values),
            "settings": found[name].settings,
            "milliseconds": [round(value, 4) for value in values],
        }
        for name, values in times.items()
    }


def measure(name: str, run: Path | None, rounds: int, keep: Path | None = None) -> dict[str, Any]:
    """Everything about one bundled model beside its peers; its Keras network is written to `keep` if given."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    classifier, films = Classifier.load(name), sample_films()
    size = classifier.card.input_size
    pixels = np.stack([preprocess(data, size) for data in films.small])
    model = original(classifier, run)
    if keep:
        model.save(keep)
    with tempfile.TemporaryDirectory() as folder:
        found = peers(classifier, name, model, pixels[:CALIBRATION], Path(folder))
        timed = take_turns(found, pixels, films.full, rounds)
    ours = timed["cxr-edge int8 (ONNX Runtime)"]["median"], timed["end to end: cxr-edge"]["median"]
    for peer, row in timed.items():
        row["ratio"] = row["median"] / ours[found[peer].end_to_end]
    return {
        "model": classifier.card.name,
        "sha256": classifier.sha256,
        "weights": "trained" if run else "random (same time)",
        "films": films.source,
        "machine": facts(),
        "peers": timed,
    }


def main() -> None:
    """Measure and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="default")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path, metavar="FILE.keras", help="write the Keras network there, too")
    args = parser.parse_args()
    result = measure(args.model, args.run, args.rounds, args.keep)
    for name, row in result["peers"].items():
        print(f"{name:<42} median {row['median']:8.2f} ms  p90 {row['p90']:8.2f} ms  {row['ratio']:7.2f} × cxr-edge")
    if args.out:
        write_json(args.out, result)


if __name__ == "__main__":
    main()
