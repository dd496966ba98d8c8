"""Figures from feedback and votes as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_edge_demo.html.rendering import quiet, rendered
from cxr_edge_demo.store.feedback_figures import Accuracy, VoteCount
from cxr_edge_demo.words import _


def accuracy_table(rows: Sequence[Accuracy]) -> str:
    """Running sensitivity and specificity per model."""
    if not rows:
        return quiet(_("Nobody has said yet what a film shows."))
    return rendered("accuracy", rows=rows)


def vote_table(rows: Sequence[VoteCount]) -> str:
    """Votes per model."""
    if not rows:
        return quiet(_("Nobody has voted yet."))
    return rendered("votes", rows=rows)
