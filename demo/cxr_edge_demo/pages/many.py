"""Many films: a worklist, most urgent first."""

from __future__ import annotations

from typing import Any

import gradio as gr

from cxr_edge_demo import render
from cxr_edge_demo.archive import MAX_FILMS
from cxr_edge_demo.downloads import links
from cxr_edge_demo.pages.parts import SCORING, drop, private, told
from cxr_edge_demo.service import Service
from cxr_edge_demo.shelf import MAX_SECONDS
from cxr_edge_demo.worklist import ORDERS, summary, worklist_table

_WAITING = render.EMPTY.format(f"Up to {MAX_FILMS} films at once, as files or in zip files. Most urgent first.")


def many_page(service: Service) -> None:
    """Draw the page and connect it."""
    listed = gr.State([], time_to_live=MAX_SECONDS)
    with gr.Row():
        with gr.Column(scale=3, min_width=300):
            dropped = drop("Films, or zip files of films", "drop-many", many=True)
        with gr.Column(scale=1, min_width=280):
            model = gr.Dropdown(list(service.models.names), value=service.models.names[0], label="Model")
    said = gr.HTML(_WAITING, elem_id="summary")
    order = gr.Radio(list(ORDERS), value=next(iter(ORDERS)), label="Order", visible=False)
    table = gr.HTML(elem_id="worklist")
    downloads = gr.HTML(elem_id="downloads")

    @told
    def uploaded(
        uploads: list[Any],
        chosen: str,
        ordered: str,
        progress: Any = gr.Progress(),  # noqa: B008, where Gradio looks for it
    ) -> dict[Any, Any]:
        films = service.worklist(uploads, chosen, progress=lambda done: progress((done, None), unit="films"))
        return {
            dropped: None,
            listed: films,
            said: summary(films),
            order: gr.update(visible=True),
            table: worklist_table(films, ordered),
            downloads: links([entry.prediction for entry in films], service.models.get(chosen)),
        }

    outputs = [dropped, listed, said, order, table, downloads]
    dropped.upload(uploaded, [dropped, model, order], outputs, **private(show_progress="full", **SCORING))
    order.input(told(worklist_table), [listed, order], table, **private(show_progress="hidden"))
