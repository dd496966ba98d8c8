"""Under every answer: what does the film show? One tap says it, and another takes it back."""

from __future__ import annotations

from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.store.feedback import DIAGNOSES, MAX_COMMENT
from cxr_edge_demo.words import _


def feedback_controls(token: str) -> str:
    """A fragment for the film of this token; the element in it asks the server for what was said before.

    A place is drawn in whichever ``<cxr-viewer>`` of the page shows the same film.
    """
    words = (_("Pneumonia"), _("Normal"), _("Something else"), _("Not sure"))
    return rendered(
        "feedback_controls",
        token=token,
        diagnoses=list(zip(DIAGNOSES, words, strict=True)),
        max_comment=MAX_COMMENT,
    )
