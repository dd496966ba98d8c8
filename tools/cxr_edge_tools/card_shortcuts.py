"""What a model card says of shortcuts and limits: does the model look at lungs, and where does it fail?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxr_edge_train.evaluation.markdown import interval, percent, table

Record = Mapping[str, Any]
COVERED = ("lungs covered (drawn masks)", "lungs covered")
"""What an audit calls films without their lungs: by drawn masks, or by boxes where nobody drew them."""


def shortcuts(record: Record) -> str:
    """The section on robustness and shortcuts; empty without an audit.

    Args:
        record: of the model, by the name of its file: ``audit`` and ``evidence``.
    """
    if "audit" not in record:
        return ""
    audit, evidence = record["audit"], record.get("evidence", {})
    rows = [
        (name, interval(row["auc"]), f"{row['auc_change']['value']:+.4f}", percent(row["sensitivity"]),
         percent(row["specificity"]), percent(row["decisions_changed"]), percent(row["flagged"]))
        for name, row in audit["changes"].items()
    ]  # fmt: skip
    head = ("test films", "AUC", "change", "sensitivity", "specificity", "decisions changed", "marked")
    parts = [
        "## Robustness and shortcuts (CLAIM 36)",
        table(head, rows),
        " ".join([*_of_the_file(audit), *_where_the_heat_lies(audit)]),
        _pointing(evidence),
        _views(evidence),
        _gate(evidence),
        _against(evidence),
    ]
    return "\n\n".join(part for part in parts if part)


def limits(record: Record) -> str:
    """The section on limits, with figures as far as they were measured."""
    gate = record.get("evidence", {}).get("quality gate", {})
    lines = [
        "One hospital, one age group, labels from the film alone: nothing is known of other children.",
        _adults(gate),
        "A normal answer does not exclude anything but what the labels call pneumonia.",
    ]
    changes = record.get("audit", {}).get("changes", {})
    if name := next((name for name in COVERED if name in changes), None):
        covered = interval(changes[name]["auc"])
        lines.append(f"The framing of these films goes with their label: with the lungs covered the AUC is {covered}.")
    return "## Limits (TRIPOD+AI 26, CLAIM 39)\n\n" + "\n".join(f"- {line}" for line in lines)


def _of_the_file(audit: Record) -> list[str]:
    if "file_facts" not in audit:
        return []
    return [f"A regression on facts of the file, without the picture: AUC {interval(audit['file_facts'])}."]


def _where_the_heat_lies(audit: Record) -> list[str]:
    sentences = []
    if lungs := audit.get("heat in the drawn lungs"):
        text = f"Of what speaks for pneumonia, {percent(lungs)} lies within the drawn lungs of the {lungs['films']} "
        sentences.append(text + f"referred films; these lungs are {percent(lungs['if everywhere alike'])} of a film.")
    if inside := audit.get("heatmap_inside"):
        text = f"Of what speaks for pneumonia, {inside['value']:.3f} lies within the inner "
        sentences.append(text + f"{inside['if everywhere alike']:.3f} of the picture.")
    return sentences


def _pointing(evidence: Record) -> str:
    if not evidence.get("pointing"):
        return ""
    rows = [
        (name, row["referred"], *(percent(row[key]) for key in ("peak in a box", "share of heat in boxes", "chance")))
        for name, row in evidence["pointing"].items()
    ]
    head = ("referred films with boxes", "films", "peak of the heat in a box", "heat in boxes", "area of the boxes")
    return f"Against boxes that radiologists drew around opacities:\n\n{table(head, rows)}"


def _views(evidence: Record) -> str:
    found = evidence.get("AP against PA, healthy films", {})
    parts = [f"{interval(row['auc'])} in {name} ({row['AP']} and {row['PA']} films)" for name, row in found.items()]
    what = "The score tells bedside (AP) from standing (PA) films of healthy patients with an AUC of"
    return f"{what} {'; '.join(parts)}. It should be .5." if parts else ""


def _gate(evidence: Record) -> str:
    gate = evidence.get("quality gate")
    if not gate:
        return ""
    rows = [
        (name, *(percent(row[key]) for key in ("NORMAL", "PNEUMONIA", "sick minus healthy")))
        for name, row in gate["flagged by other codes than adult"].items()
    ]
    left = gate["review or retake"]["test"]
    text = table(("marked, but not as an adult's", "healthy", "sick", "sick minus healthy"), rows)
    return f"{text}\n\nLeft to people (review or retake), test films: {percent(left['NORMAL'])} of the healthy, " + (
        f"{percent(left['PNEUMONIA'])} of the sick."
    )


def _against(evidence: Record) -> str:
    if "against" not in evidence:
        return ""
    other = evidence["against"]["model"]
    rows = [
        (name, row["films"], *(interval(row[key]["difference"]) for key in ("auc", "sensitivity", "specificity")))
        for name, row in evidence["against"].items()
        if name != "model"
    ]
    head = ("the same films", "films", "AUC", "sensitivity", "specificity")
    return f"Minus {other['name']}, version {other['version']}, each at its own threshold:\n\n{table(head, rows)}"


def _adults(gate: Record) -> str:
    called = gate.get("called adult")
    if not called:
        return "Adults are not noticed as such; bedside (AP) films of adults are nearly all referred."
    shares = [f"{percent(row['called adult'])} ({name})" for name, row in called.items() if name != "test"]
    return (
        f"Of films of adults it calls so {' and '.join(shares)}, of the children's test films "
        f"{percent(called['test']['called adult'])}; the others get an answer that is meant for children."
    )
