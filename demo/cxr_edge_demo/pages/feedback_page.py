"""What the feedback says of each model so far."""

from __future__ import annotations

from typing import Any

import gradio as gr

from cxr_edge_demo.html.rendering import quiet, title
from cxr_edge_demo.words import N_, _

_NOTE = N_(
    "Every film counts once for each model, under its latest diagnosis. Sensitivity and specificity compare the "
    "probability with the model's first threshold; their 95 % intervals are Wilson's. These are films that users chose "
    "to send: the figures describe no clinic."
)


def feedback_page() -> Any:
    """Draw the page; returns what is filled whenever it is opened."""
    gr.HTML(title(_("Diagnoses by users, and what the models had said")))
    accuracy = gr.HTML(elem_id="accuracy")
    gr.HTML(quiet(_(_NOTE)))
    return accuracy
