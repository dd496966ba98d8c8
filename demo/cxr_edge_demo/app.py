"""The pages and the API, put together."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from cxr_edge_demo.api import add_api
from cxr_edge_demo.figures import accuracies, tallies
from cxr_edge_demo.pages.about import about_page, card_of
from cxr_edge_demo.pages.compare import compare_page
from cxr_edge_demo.pages.figures import figures_page
from cxr_edge_demo.pages.film import film_page
from cxr_edge_demo.pages.many import many_page
from cxr_edge_demo.pages.parts import private, told
from cxr_edge_demo.service import Service
from cxr_edge_demo.tables import accuracy_table, tally_table
from cxr_edge_demo.uploads import FORGOTTEN
from cxr_edge_demo.words import RESEARCH_ONLY

TITLE = "cxr-edge"
_HEAD = (
    f'<div class="cxr-head"><h1>{TITLE}: does this chest X-ray of a child look like pneumonia?</h1>'
    f'<p class="cxr-research">{RESEARCH_ONLY}</p></div>'
)
_QUEUE = 500  # requests that may wait; the next one is told so


def build(service: Service) -> Any:
    """The application, not yet served."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(60, FORGOTTEN)) as app:
        gr.HTML(_HEAD)
        with gr.Tabs():
            with gr.Tab("Film", id="film"):
                film_page(service)
            with gr.Tab("A/B", id="compare") as compare:
                tally = compare_page(service)
            with gr.Tab("Many", id="many"):
                many_page(service)
            with gr.Tab("Feedback", id="feedback") as figures:
                accuracy = figures_page()
            with gr.Tab("About", id="about") as about:
                model, card = about_page(service)

        @told
        def counted() -> str:
            return tally_table(tallies(service.feedback))

        @told
        def measured() -> str:
            return accuracy_table(accuracies(service.feedback))

        quiet = private(show_progress="hidden")
        compare.select(counted, None, tally, **quiet)
        figures.select(measured, None, accuracy, **quiet)
        about.select(card_of(service), model, card, **quiet)
        add_api(service)
    app.queue(default_concurrency_limit=max(4, 2 * (os.cpu_count() or 1)), max_size=_QUEUE)
    return app
