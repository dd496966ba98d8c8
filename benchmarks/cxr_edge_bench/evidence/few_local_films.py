"""How many labelled films does a clinic need for thresholds of its own?

``python -m cxr_edge_bench.evidence.few_local_films [MODEL]`` writes ``results/NAME/few_local_films.json``. Two hundred
times, some films of another hospital are drawn, thresholds are chosen on them as `cxr-edge calibrate` does, with the
clinic's films alone and beside left-out films of the model's own, and sensitivity and specificity are measured on the
rest. Half of the drawn films are of each class, or as many as chance brings. Nothing was chosen by these figures. Films
with a quality reason count as well (``--include-flagged``), since a gate for children's films flags most adults.

Means over draws carry the range of the middle 95 % of draws, shares of draws their 95 % interval. Needs
``$CXR_EDGE_DATA`` with ``external_rsna`` and ``external_nih``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import BORROWED, Estimate, proportion
from cxr_edge.calibration.left_out import LeftOut, beside_borrowed
from cxr_edge.calibration.next_films import next_films
from cxr_edge.calibration.thresholds import AIMS, fit_temperature, sigmoid, threshold_for
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.evidence.film_scores import COPIES, score
from cxr_edge_bench.evidence.other_hospitals import HOSPITALS
from cxr_edge_train.data.films import data_folder
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.statistics import Floats

Films = npt.NDArray[np.intp]
SIZES = (25, 50, 100, 200)
DRAWS = 200
LEFT = 20
"""Films of either class that must be left to measure on."""
LOW = 0.90
"""A sensitivity or specificity below which thresholds for 0.95 have gone wrong."""
LEVELS = np.linspace(0, 1, 51)


def main(model: str = "default") -> None:
    """Measure, write, and print the default operating point."""
    data, classifier = data_folder().parent, Classifier.load(model)
    left_out, source = left_out_films(classifier)
    record: dict[str, Any] = {"schema": 1, "model": classifier.card.name, "sha256": classifier.sha256}
    record |= {"draws": DRAWS, "borrowed of each class": BORROWED, "borrowed from": source, "hospitals": {}}
    for name in HOSPITALS:
        scored = score(classifier, data / name)
        logits = np.array([prediction.logit for prediction in scored.predictions], float)
        found = in_a_hospital(scored.labels, logits, left_out)
        record["hospitals"][name] = found | ({"copies": COPIES[name]} if name in COPIES else {})
    path = RESULTS / classifier.card.name / "few_local_films.json"
    write_json(path, record)
    for line in summary(record):
        print(line)
    print(f"wrote {path}")


def summary(record: dict[str, Any]) -> Iterator[str]:
    """One line for each hospital, mix, number of films and kind, at the first operating point."""
    aim, value = AIMS[0]
    for name, mixes in record["hospitals"].items():
        for mix in MIXES:
            for films, kinds in mixes[mix].items():
                for kind, points in kinds.items():
                    row = points[f"{aim} {value:.2f}"]
                    reached = Estimate(*(row[aim][key] for key in ("value", "low", "high")))
                    below = row[f"{aim} below {LOW:.2f}"]["value"]
                    yield f"{name}, {films} films, {mix}, {kind}: {aim} {reached}, below {LOW:.2f} in {below:.0%}"


def left_out_films(classifier: Classifier) -> tuple[LeftOut, str]:
    """What the card says of them, or for a model without that what its record says; and which of the two."""
    if classifier.card.left_out is not None:
        return classifier.card.left_out, "the card"
    with (RESULTS / classifier.card.name / "predictions.csv").open(newline="") as file:
        rows = [(row["label"], float(row["logit"])) for row in csv.DictReader(file) if row["part"] == "validation"]
    classes = ([logit for label, logit in rows if label == wanted] for wanted in "01")
    normal, pneumonia = (tuple(np.quantile(logits, LEVELS).tolist()) for logits in classes)
    return LeftOut(normal, pneumonia), "the validation films of predictions.csv"


def half_each(labels: Floats, size: int, rng: np.random.Generator) -> Films:
    """`size` films, half of them of each class; raises `ValueError` if there are too few."""
    wanted = (size // 2, size - size // 2)
    return np.concatenate([rng.choice(np.flatnonzero(labels == k), wanted[k], replace=False) for k in (0, 1)])


def as_they_come(labels: Floats, size: int, rng: np.random.Generator) -> Films:
    """`size` films by chance; raises `ValueError` if there are too few."""
    return rng.choice(len(labels), size, replace=False)


MIXES = {"half of each class": half_each, "as they come": as_they_come}


def in_a_hospital(labels: Floats, logits: Floats, left_out: LeftOut, draws: int = DRAWS) -> dict[str, Any]:
    """By mix, number of films, and whether left-out films were borrowed: `spread` of each operating point.

    Sizes that leave fewer than `LEFT` films of either class in any draw are not there.
    """
    found: dict[str, Any] = {}
    for mix in MIXES:
        found[mix] = {}
        for size in tqdm(SIZES, desc=mix, disable=None, leave=False):
            drawn = list(draw(labels, mix, size, draws))
            if len(drawn) == draws:
                kinds = {"own films alone": None, "with borrowed films": left_out}
                found[mix][str(size)] = {kind: spread(labels, logits, drawn, lent) for kind, lent in kinds.items()}
    return found


def draw(labels: Floats, mix: str, size: int, draws: int) -> Iterator[Films]:
    """The films of each draw, the same for every model; ends early where too few would be left."""
    for i in range(draws):
        try:
            films = MIXES[mix](labels, size, np.random.default_rng((size, i)))
        except ValueError:
            return
        left = np.delete(labels, films)
        if min((left == 0).sum(), (left == 1).sum()) < LEFT:
            return
        yield films


def spread(labels: Floats, logits: Floats, drawn: list[Films], left_out: LeftOut | None) -> dict[str, Any]:
    """Over draws, by operating point: threshold, what it reaches on the rest, and how often that is what was told."""
    rows: dict[tuple[str, float], list[tuple[float, ...]]] = {aim: [] for aim in AIMS}
    for films in drawn:
        y, z = beside_borrowed(labels[films], logits[films], left_out)
        temperature = fit_temperature(y, z)
        rest, p = np.delete(labels, films), sigmoid(np.delete(logits, films) / temperature)
        for aim, value in AIMS:
            threshold = threshold_for(y, sigmoid(z / temperature), aim, value)
            referred = p >= threshold
            reached = {"sensitivity": referred[rest == 1].mean(), "specificity": 1 - referred[rest == 0].mean()}
            own = int((labels[films] == (aim == "sensitivity")).sum())
            told = next_films(own, value, BORROWED if left_out else 0)
            inside = told.low <= reached[aim] <= told.high
            rows[aim, value].append((threshold, *reached.values(), reached[aim] < LOW, inside))
    found = {}
    for (aim, value), columns in rows.items():
        threshold, sensitivity, specificity, below, inside = np.array(columns, float).T
        found[f"{aim} {value:.2f}"] = {
            "threshold": over_draws(threshold),
            "sensitivity": over_draws(sensitivity),
            "specificity": over_draws(specificity),
            f"{aim} below {LOW:.2f}": asdict(proportion(int(below.sum()), len(drawn))),
            "inside the range told": asdict(proportion(int(inside.sum()), len(drawn))),
        }
    return found


def over_draws(values: Floats) -> dict[str, float]:
    """Mean, range of the middle 95 % of draws, standard deviation and 5th percentile."""
    low, fifth, high = np.percentile(values, (2.5, 5, 97.5))
    row = {"value": values.mean(), "low": low, "high": high, "sd": values.std(ddof=1), "5th percentile": fifth}
    return {name: float(figure) for name, figure in row.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
