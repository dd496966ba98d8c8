"""What the feedback says of each model so far."""

from __future__ import annotations

from typing import Any

import gradio as gr

_NOTE = (
    "Every film counts once for each model, under its latest diagnosis. Sensitivity and specificity are those of the "
    "probability against the model's first threshold, with 95 % intervals (Wilson). Films that users chose to send are "
    "no sample of any clinic's."
)


def figures_page() -> list[Any]:
    """Draw the page; returns what is filled whenever it is opened."""
    gr.HTML("<h3>Diagnoses by users, and what the models had said</h3>")
    accuracy = gr.HTML(elem_id="accuracy")
    gr.HTML(f'<p class="cxr-quiet">{_NOTE}</p>')
    return [accuracy]
