"""The figures of pages that tell whether models look at lungs, and whom their quality gate stops.

`LUNG_FIGURES` maps names between markers to functions, as `figure_tables.FIGURES` does for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cxr_edge_tools.figure_tables import bundled, record, share, spread
from cxr_edge_train.evaluation.markdown import table

SETS = {"test": "test films", "external_rsna": "RSNA", "external_nih": "NIH"}
PARTS = {"validation": "clean", "swapped": "lungs in a body of the other class"}


def left_out() -> str:
    """AUC of the five folds' networks on the films that each left out, by how these were changed."""
    found = {model.alias: record(model.name, "folds")["left_out"] for model in bundled()}
    parts = list(next(iter(found.values())))
    rows = [(PARTS.get(part, part), *(spread(parts[part]) for parts in found.values())) for part in parts]
    return table(("left-out films", *found), rows)


def by_cluster() -> str:
    """AUC of left-out films within and across acquisition clusters."""
    rows = []
    for model in bundled():
        for part, row in record(model.name, "left_out_by_cluster")["parts"].items():
            figures = (spread(row[name]) for name in ("within", "across", "difference"))
            rows.append((PARTS.get(part, part), model.alias, *figures))
    return table(("left-out films", "model", "within", "across", "across minus within"), rows)


def pointing() -> str:
    """Whether the heat of referred films lies where radiologists marked the opacity."""
    rows = []
    for model in bundled():
        for name, row in record(model.name, "evidence")["pointing"].items():
            figures = (share(row["peak in a box"]), share(row["share of heat in boxes"]), share(row["chance"]))
            rows.append((SETS[name], model.alias, row["referred"], *figures))
    head = ("films", "model", "referred", "peak in a mark", "heat in marks", "area of marks")
    return table(head, rows)


def gate_by_class() -> str:
    """Films flagged by other reasons than ``adult``, of either class, and how many are called an adult's."""
    rows = []
    for model in bundled():
        gate = record(model.name, "evidence")["quality gate"]
        for name, row in gate["flagged by other codes than adult"].items():
            adults = gate["called adult"].get(f"{name}, adults") or gate["called adult"].get(name)
            shares = (share(row["NORMAL"]), share(row["PNEUMONIA"]), share(row["sick minus healthy"]))
            rows.append((SETS[name], model.alias, *shares, share(adults["called adult"])))
    head = ("films", "model", "healthy flagged", "sick flagged", "sick minus healthy", "called `adult`")
    return table(head, rows)


def against() -> str:
    """AUC of both models and of those of version 2 on the same films, with the paired difference."""
    rows = []
    for model in bundled():
        for name, row in record(model.name, "evidence")["against"].items():
            if name != "model":
                auc = row["auc"]
                figures = (spread(auc["other"]), spread(auc["this"]), spread(auc["difference"]))
                rows.append((SETS.get(name, f"test films, {name}"), model.alias, *figures))
    return table(("films", "model", "AUC of version 2", "AUC", "difference"), rows)


def depth() -> str:
    """What 12 or 16 bits change for test films."""
    rows = []
    for model in bundled():
        for name, row in record("all", "storage_depth")["models"][model.name]["test films"].items():
            if "decisions changed" in row:
                counts = (row["across the threshold"]["films"], row["decisions changed"]["films"])
                rows.append((name, model.alias, row["films"], *counts, f"{row['largest change of probability']:.3f}"))
    head = ("stored as", "model", "films", "across the threshold", "another decision of four", "largest Δp")
    return table(head, rows)


LUNG_FIGURES: Mapping[str, Callable[..., str]] = {
    "left-out": left_out,
    "by-cluster": by_cluster,
    "pointing": pointing,
    "gate-by-class": gate_by_class,
    "against": against,
    "depth": depth,
}
