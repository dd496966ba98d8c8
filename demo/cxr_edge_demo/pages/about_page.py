"""What each model says of itself."""

from __future__ import annotations

from typing import Any

import gradio as gr

from cxr_edge_demo.html.card_page import card_page
from cxr_edge_demo.pages.controls import page_event
from cxr_edge_demo.service import Service
from cxr_edge_demo.words import _


def about_page(service: Service, opened: Any) -> None:
    """Draw the page and connect it; `opened` is the event of opening it."""

    def show_card(name: str) -> str:
        return card_page(service.models.get(name))

    names = list(service.models.names)
    model = gr.Dropdown(names, value=names[0], label=_("Model"))
    card = gr.HTML(elem_id="card")
    model.input(show_card, model, card, **page_event())
    opened(show_card, model, card, **page_event(show_progress="hidden"))
