"""Predictions as a table, JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from typing import TextIO

from cxr_edge.classifier import Classifier
from cxr_edge.errors import one_line
from cxr_edge.prediction import Prediction

SCHEMA = 1
COLUMNS = ("path", "probability", "logit", "decision", "quality", "error")


def write_table(predictions: Iterable[Prediction], classifier: Classifier, out: TextIO) -> None:
    """One line a film as they come, for people."""
    card = classifier.card
    print("probability  decision    film", file=out)
    for p in predictions:
        if p.probability is not None:
            doubts = f"  ({', '.join(p.quality)})" if p.quality else ""
            print(f"{p.probability:>11.3f}  {p.decision:<10}  {one_line(p.path)}{doubts}", file=out, flush=True)
    print(
        f"refer at or above {card.threshold:.3f} · model {card.name} {card.version} · "
        "research triage aid, not a diagnosis",
        file=out,
    )


def write_json(predictions: Iterable[Prediction], classifier: Classifier, out: TextIO) -> None:
    """One object: schema, model, films."""
    card = classifier.card
    model = {
        "name": card.name,
        "version": card.version,
        "sha256": classifier.sha256,
        "threshold": card.threshold,
    }
    films = [p.to_dict() for p in predictions]
    json.dump({"schema": SCHEMA, "model": model, "films": films}, out, indent=1)
    out.write("\n")


def write_jsonl(predictions: Iterable[Prediction], classifier: Classifier, out: TextIO) -> None:
    """The film objects of `write_json`, one a line as they come."""
    for p in predictions:
        print(json.dumps(p.to_dict()), file=out, flush=True)


def write_csv(predictions: Iterable[Prediction], classifier: Classifier, out: TextIO) -> None:
    """A header, then one row a film as they come; several quality reasons are joined by spaces."""
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for p in predictions:
        writer.writerow({**p.to_dict(), "quality": " ".join(p.quality)})
        out.flush()


Writer = Callable[[Iterable[Prediction], Classifier, TextIO], None]
WRITERS: dict[str, Writer] = {
    "table": write_table,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
