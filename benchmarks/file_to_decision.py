"""One median: bytes of a full-size film → decision, one thread, beside the Keras original in TensorFlow, in one run.

``python benchmarks/file_to_decision.py RUN`` with RUN a folder of ``cxr-edge train``. Films: those of
``$CXR_EDGE_DATA/full_resolution``, else the drawn samples blown up to 1,400 × 1,000 pixels.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.cli.predict import SAMPLES
from cxr_edge.preprocess import preprocess

WARM_UPS, ROUNDS = 5, 3


def films() -> tuple[str, list[bytes]]:
    """JPEG files and what to call them."""
    folder = Path(os.environ.get("CXR_EDGE_DATA", ""), "full_resolution")
    if folder.is_dir():
        return "real films in original size", [path.read_bytes() for path in sorted(folder.glob("*/*.jpeg"))]
    drawn = []
    for path in sorted(SAMPLES.glob("*.png")):
        buffer = io.BytesIO()
        Image.open(path).resize((1400, 1000)).save(buffer, "JPEG", quality=90)
        drawn.append(buffer.getvalue())
    return "drawn phantoms, enlarged (no data folder)", drawn


def contenders(run: Path) -> dict[str, Callable[[bytes], bool]]:
    """Functions from file bytes to "refer or not"."""
    classifier = Classifier.load(threads=1)
    model = keras.models.load_model(run / "model.keras")
    point = json.loads((run / "operating_point.json").read_text())
    size = classifier.card.input_size

    def network(film: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(model(tf.cast(film, tf.float32), training=False)[0, 0] / point["temperature"])

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)])
    def decode_and_score(data: tf.Tensor) -> tf.Tensor:
        film = tf.image.resize(tf.io.decode_jpeg(data, channels=1), size, antialias=True)
        return network(film[None])

    @tf.function(input_signature=[tf.TensorSpec((1, *size, 1), tf.uint8)])
    def score(film: tf.Tensor) -> tf.Tensor:
        return network(film)

    threshold = point["threshold"]
    return {
        "cxr-edge int8": lambda data: classifier.predict(data).decision == "refer",
        "tf.function, TensorFlow's decode and resize": lambda data: float(decode_and_score(data)) >= threshold,
        "tf.function, cxr-edge's decode and resize": lambda data: (
            float(score(preprocess(data, size)[None])) >= threshold
        ),
    }


def main() -> None:
    """Time all contenders in turn on each film; print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    name, data = films()
    functions = contenders(run)
    times: dict[str, list[float]] = {key: [] for key in functions}
    referred = dict.fromkeys(functions, 0)
    for function in functions.values():
        for film in data[:WARM_UPS]:
            function(film)
    for _ in range(ROUNDS):
        for film in data:
            for key, function in functions.items():
                start = time.perf_counter()
                referred[key] += function(film)
                times[key].append(time.perf_counter() - start)
    ours = statistics.median(times["cxr-edge int8"])
    print(f"{len(data)} {name}, {ROUNDS} rounds, interleaved, 1 thread")
    for key, values in times.items():
        median, p90 = statistics.median(values), statistics.quantiles(values, n=10)[-1]
        print(
            f"{key:<45} median {median * 1e3:6.2f} ms  p90 {p90 * 1e3:6.2f} ms  "
            f"{median / ours:5.2f} × cxr-edge  {referred[key] // ROUNDS} referred"
        )


if __name__ == "__main__":
    main()
