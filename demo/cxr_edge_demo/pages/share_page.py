"""Who reaches the demo, at which address, until when; and how to end it."""

from __future__ import annotations

import gradio as gr

from cxr_edge_demo.html.rendering import rendered


def share_page() -> None:
    """Draw the page; what it says is asked for by the element in it whenever the page is opened."""
    gr.HTML(rendered("share_page"), apply_default_css=False)
