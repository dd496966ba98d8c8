"""What each model says of itself."""

from __future__ import annotations

from typing import Any

import gradio as gr

from cxr_edge_demo.pages.parts import private, told
from cxr_edge_demo.service import Service
from cxr_edge_demo.tables import about


def about_page(service: Service) -> tuple[Any, Any]:
    """Draw the page and connect it; returns the choice of a model and where its card is shown."""
    names = list(service.models.names)
    model = gr.Dropdown(names, value=names[0], label="Model")
    card = gr.HTML(elem_id="card")
    model.input(card_of(service), model, card, **private())
    return model, card


def card_of(service: Service) -> Any:
    """From a model's name to its card as HTML."""

    @told
    def shown(name: str) -> str:
        return about(service.models.get(name))

    return shown
