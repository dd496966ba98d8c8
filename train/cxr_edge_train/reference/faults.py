"""The faults of the two notebooks, reproduced and measured on the same networks that are evaluated correctly.

``python -m cxr_edge_train.reference.faults RUNS [OUT.json]``, where RUNS holds finished runs of the protocol
``published``, each in a folder of its model's name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge_train.data.films import LabelledFilm, data_folder, read_labelled
from cxr_edge_train.data.pixels import load_pixels
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.learning.networks import logits
from cxr_edge_train.learning.run_folder import read_scores
from cxr_edge_train.reference.published_figures import shuffled_accuracy
from cxr_edge_train.reference.registry import REFERENCE

SHUFFLES = 200
PASSES = 20
RANDOM = (keras.layers.RandomFlip, keras.layers.RandomRotation, keras.layers.RandomZoom)
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear without antialiasing": None,
    "bilinear with antialiasing": Image.Resampling.BILINEAR,
}


def reshuffled_labels(run: Path) -> dict[str, Any]:
    """Series B: predictions of one order against labels of another, beside the same predictions in one order."""
    _, labels, z = read_scores(run)["test"]
    p = sigmoid(z)
    right = measure(labels, p, 0.5)
    wrong = [shuffled_accuracy(labels, p, 0.5, seed) for seed in range(SHUFFLES)]
    names = ("accuracy", "sensitivity", "specificity")
    return {
        "right": {name: asdict(getattr(right, name)) for name in names},
        "labels reshuffled": {
            name: {
                "mean": float(np.mean([w[name] for w in wrong])),
                "low": float(np.quantile([w[name] for w in wrong], 0.025)),
                "high": float(np.quantile([w[name] for w in wrong], 0.975)),
            }
            for name in names
        },
        "published": REFERENCE[run.name].published,
    }


def threshold_on_logits(run: Path) -> dict[str, Any]:
    """Series B: logits cut at 0.5, which is a probability of 0.62, beside a probability of 0.5."""
    _, labels, z = read_scores(run)["test"]
    found = {"logit 0.5": measure(labels, sigmoid(z), float(sigmoid(np.float64(0.5)))), "probability 0.5": measure(
        labels, sigmoid(z), 0.5)}  # fmt: skip
    return {
        name: {side: asdict(getattr(m, side)) for side in ("accuracy", "sensitivity", "specificity")}
        for name, m in found.items()
    }


def augmentation_left_on(run: Path, films: list[LabelledFilm]) -> dict[str, Any]:
    """Series A's A4: the same film scored `PASSES` times with its random layers working, and dropout not, as there."""
    model = keras.models.load_model(run / "model.keras")
    keras.utils.set_random_seed(0)
    pixels = load_pixels(films, model.input_shape[1:3], run.name)
    passes = tqdm(range(PASSES), desc="passes", disable=None)
    noisy = np.stack([_predict(lambda x: _augmented(model, x), pixels) for _ in passes])
    steady = sigmoid(logits(model, pixels).astype(np.float64))
    changing = (noisy >= 0.5).any(axis=0) & (noisy < 0.5).any(axis=0)
    return {
        "films": len(films),
        "passes": PASSES,
        "mean standard deviation of the probability": float(noisy.std(axis=0).mean()),
        "largest range of the probability": float(np.ptp(noisy, axis=0).max()),
        "films with both decisions": asdict(proportion(int(changing.sum()), len(films))),
        "mean |Δp| from the answer without it": float(np.abs(noisy - steady).mean()),
    }


def other_filters(run: Path, folder: Path) -> dict[str, Any]:
    """Series A's application: nearest instead of bilinear, on films in their original size."""
    model = keras.models.load_model(run / "model.keras")
    films = read_labelled(folder)
    size = model.input_shape[1:3]
    p = {}
    for name, resampling in FILTERS.items():
        pixels = np.stack([_resized(film.path, size, resampling) for film in films])
        p[name] = _predict(lambda x: model(x, training=False), pixels)
    reference = p["bilinear without antialiasing"]
    return {
        "films": len(films),
        "against": "bilinear without antialiasing, which series A trained with",
        **{
            name: {
                "decisions changed": int(((q >= 0.5) != (reference >= 0.5)).sum()),
                "mean |Δp|": float(np.abs(q - reference).mean()),
                "max |Δp|": float(np.abs(q - reference).max()),
            }
            for name, q in p.items()
            if q is not reference
        },
    }


def _resized(path: Path, size: tuple[int, int], resampling: Image.Resampling | None) -> npt.NDArray[np.float32]:
    with Image.open(path) as film:
        grey = film.convert("L")
    if resampling is None:
        pixels = np.asarray(grey, np.float32)[..., None]
        return np.asarray(keras.ops.convert_to_numpy(keras.ops.image.resize(pixels, size, "bilinear")), np.float32)
    return np.asarray(grey.resize((size[1], size[0]), resampling), np.float32)[..., None]


def _augmented(model: keras.Model, x: Any) -> Any:
    for layer in model.layers[1:]:
        x = layer(x, training=True) if isinstance(layer, RANDOM) else layer(x)
    return x


def _predict(model: Callable[[Any], Any], pixels: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    batches = [np.asarray(model(pixels[i : i + 64]))[:, 0] for i in range(0, len(pixels), 64)]
    return np.asarray(sigmoid(np.concatenate(batches).astype(np.float64)), np.float64)


def main(runs: Path, out: Path | None = None) -> None:
    """Measure every fault of which there is a run, print and write."""
    data = data_folder()
    found: dict[str, Any] = {"reshuffled labels": {}, "threshold 0.5 on logits": {}, "other filters": {}}
    for run in sorted(path for path in runs.iterdir() if path.name in REFERENCE and (path / "model.keras").is_file()):
        if run.name.startswith("b"):
            found["reshuffled labels"][run.name] = reshuffled_labels(run)
        if run.name.startswith(("b4", "b5")):
            found["threshold 0.5 on logits"][run.name] = threshold_on_logits(run)
        if run.name.startswith("a4"):
            found["augmentation left on"] = {run.name: augmentation_left_on(run, read_labelled(data / "test"))}
        original = Path(os.environ.get("CXR_EDGE_DATA", data.parent)) / "full_resolution"
        if run.name.startswith(("a1", "a2", "a3")) and original.is_dir():
            found["other filters"][run.name] = other_filters(run, original)
    for fault, models in found.items():
        for name, figures in models.items():
            print(f"{fault}: {name}: {figures}")
    if out:
        write_json(out, {"schema": 1, **found})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
