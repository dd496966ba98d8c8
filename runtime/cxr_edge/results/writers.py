"""Predictions as a table, JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TextIO

from cxr_edge.calibration.intervals import Estimate
from cxr_edge.classifier import Classifier
from cxr_edge.errors import one_line
from cxr_edge.prediction import FIELDS, Prediction

SCHEMA = 1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = FIELDS


def write_table(
    predictions: Iterable[Prediction], classifier: Classifier, out: TextIO, prevalence: float | None = None
) -> None:
    """One line a film as they come, for people; then how to read them."""
    card, scored = classifier.card, 0
    for p in predictions:
        if p.probability is not None:
            if not scored:
                print("probability  decision    film", file=out)
            scored += 1
            doubts = f"  ({', '.join(p.quality)})" if p.quality else ""
            print(f"{p.probability:>11.3f}  {p.decision:<10}  {one_line(p.path)}{doubts}", file=out, flush=True)
    if not scored:
        return
    low, high = card.review_band
    between = f", no finding below {low:.3f}, review between" if low < high else ", no finding below"
    own = f" · operating points {classifier.operating_point_sha256[:12]}" if classifier.operating_point_sha256 else ""
    print(f"refer at or above {high:.3f}{between} · model {card.name} {card.version}{own}", file=out)
    if prevalence is not None:
        points = sorted(card.operating_points, key=lambda point: point.threshold)
        ppv, npv = points[-1].at_prevalence(prevalence).ppv, points[0].at_prevalence(prevalence).npv
        print(
            f"where {prevalence:.1%} of films show pneumonia: {_percent(ppv)} of those at or above {high:.3f} (PPV); "
            f"{_percent(npv)} of those below {low:.3f} do not (NPV)",
            file=out,
        )
    print("research triage aid, not a diagnosis", file=out)


def write_json(
    predictions: Iterable[Prediction], classifier: Classifier, out: TextIO, prevalence: float | None = None
) -> None:
    """One object: schema, model, films; docs/results.md describes it."""
    card = classifier.card
    model = {
        "name": card.name,
        "version": card.version,
        "sha256": classifier.sha256,
        "threshold": card.threshold,
        "review_band": card.review_band,
        "operating_point_sha256": classifier.operating_point_sha256 or None,
    }
    result: dict[str, Any] = {"schema": SCHEMA, "model": model}
    if prevalence is not None:
        result["predictive_values"] = [
            {"operating_point": point.name, "threshold": point.threshold, **asdict(point.at_prevalence(prevalence))}
            for point in card.operating_points
        ]
    result["films"] = [p.to_dict() for p in predictions]
    json.dump(result, out, indent=1)
    out.write("\n")


def write_jsonl(
    predictions: Iterable[Prediction], classifier: Classifier, out: TextIO, prevalence: float | None = None
) -> None:
    """The film objects of `write_json`, one a line as they come."""
    for p in predictions:
        print(json.dumps(p.to_dict()), file=out, flush=True)


def write_csv(
    predictions: Iterable[Prediction], classifier: Classifier, out: TextIO, prevalence: float | None = None
) -> None:
    """A header, then one row a film as they come; several quality reasons are joined by spaces."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for p in predictions:
        values = {**p.to_dict(), "quality": " ".join(p.quality)}
        writer.writerow(spreadsheet_safe(values[name] for name in COLUMNS))
        out.flush()


def spreadsheet_safe(cells: Iterable[object]) -> list[object]:
    """`cells` with an apostrophe before texts that a spreadsheet would run as a formula; a film's name can be one.

    Booleans become ``true`` and ``false``.
    """
    return [_cell(cell) for cell in cells]


def _cell(cell: object) -> object:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _percent(figure: Estimate) -> str:
    return f"{figure.value:.2%} ({figure.low:.2%} to {figure.high:.2%})"


Writer = Callable[[Iterable[Prediction], Classifier, TextIO, "float | None"], None]
WRITERS: dict[str, Writer] = {
    "table": write_table,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
