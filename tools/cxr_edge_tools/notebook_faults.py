"""What the faults of the published notebooks do to their figures, in words and tables."""

from __future__ import annotations

from typing import Any

from cxr_edge_tools.reference_tables import SIDES
from cxr_edge_train.evaluation.markdown import interval, table


def notebook_faults(faults: dict[str, Any]) -> str:
    """The part of the page about `faults`, as `cxr_edge_train.reference.faults` writes them."""
    parts = []
    if faults.get("reshuffled labels"):
        rows = [
            (
                name,
                *(f"{found['published'][side]:.3f}" for side in SIDES[:3]),
                *(f"{found['labels reshuffled'][side]['mean']:.3f}" for side in SIDES[:3]),
                *(interval(found["right"][side]) for side in SIDES[:3]),
            )
            for name, found in faults["reshuffled labels"].items()
        ]
        head = ("model", *(f"{when}: {side}" for when in ("published", "reshuffled", "right") for side in SIDES[:3]))
        parts.append(
            "**Series B compares predictions with labels in another order**: its test set is reshuffled whenever it "
            "is read. The same predictions against labels in 200 random orders (mean), and in the right one:\n\n"
            + table(head, rows)
        )
    if faults.get("threshold 0.5 on logits"):
        rows = [
            (name, cut, *(interval(figures[side]) for side in SIDES[:3]))
            for name, found in faults["threshold 0.5 on logits"].items()
            for cut, figures in found.items()
        ]
        parts.append(
            "**B4 and B5 cut logits at 0.5**, which is a probability of 0.62:\n\n"
            + table(("model", "cut at", *SIDES[:3]), rows)
        )
    for name, found in faults.get("augmentation left on", {}).items():
        parts.append(
            f"**{name} is asked with its augmentation switched on.** {found['films']} test films, each scored "
            f"{found['passes']} times: standard deviation of the probability "
            f"{found['mean standard deviation of the probability']:.3f} on average, largest range "
            f"{found['largest range of the probability']:.2f}, films that get both decisions "
            f"{interval(found['films with both decisions'])}. Here it is off, and checked by a test."
        )
    if faults.get("other filters"):
        rows = [
            (name, filter_, f"{change['decisions changed']} of {found['films']}", f"{change['mean |Δp|']:.3f}",
             f"{change['max |Δp|']:.2f}")
            for name, found in faults["other filters"].items()
            for filter_, change in found.items()
            if isinstance(change, dict)
        ]  # fmt: skip
        parts.append(
            "**Series A's application resizes with another filter than training** (nearest; training had bilinear "
            "without antialiasing); films in their original size:\n\n"
            + table(("model", "filter", "decisions changed", "mean Δp", "max Δp"), rows)
        )
    return "\n\n".join(parts)
