"""What the depth that a film is stored in does to its answer.

``python -m cxr_edge_tools.storage_depth`` writes ``results/storage_depth.json``: the test films of
``$CXR_EDGE_DATA/chest_xray``, and the bundled phantoms, with 8 bits and as copies with 12 and 16, scored by every
bundled model.

A film and its copy show the same and should get the same answer. With preprocessing version 1 they did not: it windowed
films of more than 8 bits and left 8 bits as they were. Version 2 windows all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge import Classifier, Prediction, list_models
from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.thresholds import sensitivity_specificity
from cxr_edge.film.preprocess import PREPROCESSING, Film
from cxr_edge.store import SAMPLES
from cxr_edge_train.data.films import data_folder, read_labelled
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.film_depths import DEPTHS, Grey

RECORD = Path(__file__).parents[2] / "results/storage_depth.json"
Floats = npt.NDArray[np.float64]


def against_8_bits(classifier: Classifier, films: Sequence[Grey], stored: Callable[[Grey], Film]) -> dict[str, Any]:
    """How the answers to deep copies of films differ from those to the films.

    Args:
        classifier: the model.
        films: uint8 [H, W].
        stored: one of `DEPTHS`.

    Returns:
        Numbers of films whose decision (one of four) changed, and whose probability crossed the threshold, as counts
        and shares with Wilson intervals; largest and mean change of probability.
    """
    before = [classifier.predict(film) for film in films]
    return _differences(classifier, before, [classifier.predict(stored(film)) for film in films])


def _differences(classifier: Classifier, before: Sequence[Prediction], after: Sequence[Prediction]) -> dict[str, Any]:
    p, q = (np.array([prediction.probability for prediction in part], float) for part in (before, after))
    threshold, n = classifier.card.threshold, len(before)
    decisions = sum(one.decision != other.decision for one, other in zip(before, after, strict=True))
    up, down = (int(found.sum()) for found in ((p < threshold) & (q >= threshold), (p >= threshold) & (q < threshold)))
    return {
        "films": n,
        "decisions changed": {"films": decisions, **asdict(proportion(decisions, n))},
        "across the threshold": {"films": up + down, "up": up, "down": down, **asdict(proportion(up + down, n))},
        "largest change of probability": float(np.abs(q - p).max()),
        "mean change of probability": float(np.abs(q - p).mean()),
    }


def of_model(classifier: Classifier, films: Sequence[Grey], labels: Floats) -> dict[str, Any]:
    """`against_8_bits` for all `DEPTHS`, with sensitivity and specificity of films [N] and copies, labels [N]."""
    before = [classifier.predict(film) for film in tqdm(films, desc="8 bits", disable=None, leave=False)]
    rows: dict[str, Any] = {"8 bits": _accuracy(classifier, before, labels)}
    for name, stored in DEPTHS.items():
        after = [classifier.predict(stored(film)) for film in tqdm(films, desc=name, disable=None, leave=False)]
        rows[name] = _differences(classifier, before, after) | _accuracy(classifier, after, labels)
    return rows


def _accuracy(classifier: Classifier, answers: Sequence[Prediction], labels: Floats) -> dict[str, Any]:
    p = np.array([answer.probability for answer in answers], float)
    sensitivity, specificity = sensitivity_specificity(labels, p, classifier.card.threshold)
    return {"sensitivity": asdict(sensitivity), "specificity": asdict(specificity)}


def grey_levels(path: Path) -> Grey:
    """The grey levels [H, W] of a film of 8 bits."""
    with Image.open(path) as film:
        return np.asarray(film.convert("L"))


def main() -> None:
    """Measure and write."""
    films = read_labelled(data_folder() / "test")
    pixels, labels = [grey_levels(film.path) for film in films], np.array([film.label for film in films], float)
    phantoms = [grey_levels(path) for path in sorted(SAMPLES.glob("*.png"))]
    models: dict[str, dict[str, Any]] = {}
    for model in list_models():
        classifier = Classifier.load(model.name)
        models[model.name] = {
            "sha256": model.sha256,
            "test films": of_model(classifier, pixels, labels),
            "phantoms": {name: against_8_bits(classifier, phantoms, stored) for name, stored in DEPTHS.items()},
        }
    record = {"schema": 1, "preprocessing": PREPROCESSING, "models": models}
    write_json(RECORD, record)
    for name, parts in models.items():
        for depth, row in parts["test films"].items():
            if depth in DEPTHS:
                changed, across = (row[key]["films"] for key in ("decisions changed", "across the threshold"))
                print(f"{name}, {depth}: {changed} of {row['films']} decisions, {across} across the threshold")
    print(f"wrote {RECORD}")


if __name__ == "__main__":
    main()
