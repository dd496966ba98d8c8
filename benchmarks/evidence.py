"""What one model is worth: on the test films, by kind of film, at other prevalences, and in other hospitals.

``python benchmarks/evidence.py [MODEL]`` writes ``results/NAME/evidence.json`` and ``curves.png`` for a bundled model
or a file. Everything goes through the released file, as in the clinic. Needs ``$CXR_EDGE_DATA`` with ``chest_xray``;
``external_rsna`` and ``external_nih`` are measured if they are there.

Other hospitals: nothing was trained, tuned or chosen on their films. ``local threshold`` shows what `cxr-edge
calibrate` gives back: thresholds from every other film, measured on the rest.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve
from tqdm import tqdm

from cxr_edge import Classifier, Prediction
from cxr_edge.calibration.clinic import calibrate
from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.prevalence import predictive_values
from cxr_edge.calibration.thresholds import sensitivity_specificity, sigmoid
from cxr_edge_train.data.films import LabelledFilm, read_labelled
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.audit import full_size
from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.evaluation.statistics import Floats, auc

RESULTS = Path(__file__).parents[1] / "results"
PREVALENCES = (0.05, 0.10, 0.20)
BINS = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class Scored:
    """Films with their predictions, labels [N] and probabilities [N]."""

    films: Sequence[LabelledFilm]
    predictions: Sequence[Prediction]
    labels: Floats
    p: Floats

    def where(self, chosen: Sequence[bool]) -> Scored:
        """Some of them."""
        k = np.flatnonzero(chosen)
        return Scored([self.films[i] for i in k], [self.predictions[i] for i in k], self.labels[k], self.p[k])


def score(classifier: Classifier, folder: Path) -> Scored:
    """Every film of a folder in Kaggle's layout; a film that cannot be read is an error here."""
    films = read_labelled(folder)
    predictions = [classifier.predict(film.path) for film in tqdm(films, desc=folder.name, disable=None, leave=False)]
    p = np.array([prediction.probability for prediction in predictions], float)
    return Scored(films, predictions, np.array([film.label for film in films], float), p)


def decisions(scored: Scored) -> dict[str, Any]:
    """How many films get which decision, and the share that a person has to look at again."""
    count = Counter(prediction.decision for prediction in scored.predictions)
    again = sum(bool(prediction.quality) for prediction in scored.predictions)
    between = count["review"] + count["retake"] - again
    n = len(scored.films)
    return {
        "counts": dict(sorted(count.items())),
        "marked for quality": asdict(proportion(again, n)),
        "too close to call": asdict(proportion(between, n)),
    }


def on_test(classifier: Classifier, test: Scored) -> dict[str, Any]:
    """Metrics at each operating point, by kind of film, predictive values, reliability and decision curve."""
    points, threshold = {}, classifier.card.threshold
    for point in classifier.card.operating_points:
        sensitivity, specificity = sensitivity_specificity(test.labels, test.p, point.threshold)
        values = [predictive_values(sensitivity, specificity, prevalence) for prevalence in PREVALENCES]
        points[point.name] = {
            "threshold": point.threshold,
            "sensitivity": asdict(sensitivity),
            "specificity": asdict(specificity),
            "predictive values": [asdict(value) for value in values],
        }
    series = np.array([film.series for film in test.films])
    subgroups = {}
    for kind in sorted(set(series)):
        members = series == kind
        sick = bool(test.labels[members][0])
        right = int(((test.p >= threshold) == sick)[members].sum())
        against = members | (test.labels != sick)
        subgroups[kind] = {
            "films": int(members.sum()),
            "sensitivity" if sick else "specificity": asdict(proportion(right, int(members.sum()))),
            "auc against the other class": asdict(auc(test.labels[against], test.p[against])),
        }
    return {
        "metrics": measure(test.labels, test.p, threshold).to_dict(),
        "operating points": points,
        "subgroups": subgroups,
        "decisions": decisions(test),
        "reliability": reliability(test),
        "decision curve": decision_curve(test),
    }


def reliability(scored: Scored) -> list[dict[str, Any]]:
    """Observed share of pneumonia in ten bins of the probability."""
    bins = np.minimum((scored.p * 10).astype(int), 9)
    return [
        {
            "from": float(BINS[b]),
            "to": float(BINS[b + 1]),
            "mean probability": float(scored.p[bins == b].mean()),
            "films": int((bins == b).sum()),
            "pneumonia": asdict(proportion(int(scored.labels[bins == b].sum()), int((bins == b).sum()))),
        }
        for b in range(10)
        if (bins == b).any()
    ]


def decision_curve(scored: Scored) -> list[dict[str, float]]:
    """Net benefit per film of referring at a probability, against referring all (Vickers and Elkin 2006)."""
    rows, n, prevalence = [], len(scored.films), float(scored.labels.mean())
    for t in np.arange(0.05, 0.96, 0.05):
        referred = scored.p >= t
        true, false = (float((referred & (scored.labels == label)).sum()) / n for label in (1, 0))
        harm = t / (1 - t)
        everybody = prevalence - (1 - prevalence) * harm
        rows.append({"threshold": float(t), "model": float(true - false * harm), "refer all": float(everybody)})
    return rows


def elsewhere(classifier: Classifier, scored: Scored) -> dict[str, Any]:
    """AUC and what the model's own threshold does to films of another hospital."""
    sensitivity, specificity = sensitivity_specificity(scored.labels, scored.p, classifier.card.threshold)
    return {
        "films": len(scored.films),
        "pneumonia": int(scored.labels.sum()),
        "auc": asdict(auc(scored.labels, scored.p)),
        "sensitivity": asdict(sensitivity),
        "specificity": asdict(specificity),
        "decisions": decisions(scored),
    }


def local_threshold(classifier: Classifier, scored: Scored) -> dict[str, Any]:
    """Operating points from every other film, measured on the other half, beside the model's own threshold there."""
    half = np.arange(len(scored.films)) % 2 == 0
    chosen, left = scored.where(half), scored.where(~half)
    overlay = calibrate(classifier, chosen.predictions, chosen.labels.astype(int))
    logits = np.array([prediction.logit for prediction in left.predictions], float)
    own = sigmoid(logits / overlay.temperature.value)
    thresholds = {"the model's own": (left.p, classifier.card.threshold)}
    thresholds |= {f"local, {point.name}": (own, point.threshold) for point in overlay.operating_points}
    rows = {}
    for name, (p, threshold) in thresholds.items():
        sensitivity, specificity = sensitivity_specificity(left.labels, p, threshold)
        rows[name] = {"sensitivity": asdict(sensitivity), "specificity": asdict(specificity)}
    return {"chosen on": len(chosen.films), "measured on": len(left.films), **rows}


def plot(title: str, test: Scored, record: dict[str, Any], path: Path) -> None:
    """ROC with the operating points, reliability, and decision curve."""
    figure = Figure(figsize=(13.5, 4.4), layout="constrained")
    roc, calibration, benefit = figure.subplots(1, 3)
    false, true, _ = roc_curve(test.labels, test.p)
    area = record["metrics"]["auc"]
    roc.plot(false, true, label=f"AUC {area['value']:.3f} [{area['low']:.3f}, {area['high']:.3f}]")
    for name, point in record["operating points"].items():
        x, y = (point[side] for side in ("specificity", "sensitivity"))
        roc.errorbar(
            1 - x["value"],
            y["value"],
            xerr=[[x["high"] - x["value"]], [x["value"] - x["low"]]],
            yerr=[[y["value"] - y["low"]], [y["high"] - y["value"]]],
            fmt="o",
            capsize=3,
            label=f"threshold for {name}",
        )
    roc.set(xlabel="1 − specificity", ylabel="sensitivity", title=f"{title}: ROC, {len(test.films)} test films")
    roc.legend(loc="lower right", fontsize=8)
    bins = record["reliability"]
    observed = [row["pneumonia"] for row in bins]
    calibration.plot([0, 1], [0, 1], ":", color="grey")
    calibration.errorbar(
        [row["mean probability"] for row in bins],
        [o["value"] for o in observed],
        yerr=[[o["value"] - o["low"] for o in observed], [o["high"] - o["value"] for o in observed]],
        fmt="o-",
        capsize=3,
    )
    for row in bins:
        calibration.annotate(
            row["films"],
            (row["mean probability"], row["pneumonia"]["value"]),
            textcoords="offset points",
            xytext=(7, -10),
            fontsize=7,
        )
    calibration.set(xlabel="probability", ylabel="share with pneumonia", title="reliability (films per bin)")
    curve = record["decision curve"]
    at = [row["threshold"] for row in curve]
    benefit.plot(at, [row["model"] for row in curve], label="the model")
    benefit.plot(at, [row["refer all"] for row in curve], "--", label="refer all")
    benefit.axhline(0, color="grey", linestyle=":", label="refer none")
    benefit.set(xlabel="probability at which one refers", ylabel="net benefit per film", title="decision curve")
    benefit.set_ylim(-0.1, None)
    benefit.legend(fontsize=8)
    for axis in figure.axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def main(model: str = "default") -> None:
    """Measure, write, and print what matters most."""
    data = Path(os.environ.get("CXR_EDGE_DATA", ""))
    classifier = Classifier.load(model)
    folder = RESULTS / classifier.card.name
    test = score(classifier, data / "chest_xray/test")
    record: dict[str, Any] = {"schema": 1, "sha256": classifier.sha256, "test": on_test(classifier, test)}
    plot(classifier.card.name, test, record["test"], folder / "curves.png")
    hospitals: dict[str, Any] = {}
    for name in ("external_rsna", "external_nih"):
        if not (data / name).is_dir():
            continue
        scored = score(classifier, data / name)
        hospitals[name] = elsewhere(classifier, scored)
        if name == "external_rsna":
            hospitals["external_rsna, local threshold"] = local_threshold(classifier, scored)
            continue
        with (data / name / "metadata.csv").open(newline="") as file:
            views = {row["file"]: row["view"] for row in csv.DictReader(file)}
        for view in ("AP", "PA"):
            members = [views[f"{film.path.parent.name}/{film.path.name}"] == view for film in scored.films]
            hospitals[f"{name}, {view} only"] = elsewhere(classifier, scored.where(members))
    record["other hospitals"] = hospitals
    if (data / "full_resolution").is_dir():
        pairs, changed = full_size(classifier, read_labelled(data / "chest_xray/train"), data / "full_resolution")
        record["full size against copies"] = {"pairs": pairs, "decisions changed": changed}
    write_json(folder / "evidence.json", record)
    for name, row in {"test": record["test"]["metrics"], **hospitals}.items():
        print(name, {key: value for key, value in row.items() if key in ("auc", "sensitivity", "specificity")})
    print(f"wrote {folder / 'evidence.json'} and curves.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
