"""The pages and the API, put together."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from cxr_edge.wording import RESEARCH_ONLY
from cxr_edge_demo.api import add_api
from cxr_edge_demo.html.feedback_tables import accuracy_table, vote_table
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.pages.about_page import about_page
from cxr_edge_demo.pages.compare_page import compare_page
from cxr_edge_demo.pages.controls import page_event
from cxr_edge_demo.pages.feedback_page import feedback_page
from cxr_edge_demo.pages.film_page import film_page
from cxr_edge_demo.pages.worklist_page import worklist_page
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback_figures import accuracies, vote_counts
from cxr_edge_demo.web.private_errors import PrivateBlocks
from cxr_edge_demo.web.uploads import FORGOTTEN

TITLE = "cxr-edge"
_QUEUE = 500  # requests that may wait; the next one is told so


def build(service: Service) -> Any:
    """The application, not yet served."""
    filled_when_opened = page_event(show_progress="hidden")
    with PrivateBlocks(title=TITLE, analytics_enabled=False, delete_cache=(60, FORGOTTEN)) as app:
        gr.HTML(rendered("page_head", title=TITLE, research_only=RESEARCH_ONLY))
        with gr.Tabs():
            with gr.Tab("Film", id="film"):
                film_page(service)
            with gr.Tab("Compare", id="compare") as compare:
                votes = compare_page(service)
                compare.select(lambda: vote_table(vote_counts(service.feedback)), None, votes, **filled_when_opened)
            with gr.Tab("Worklist", id="worklist"):
                worklist_page(service)
            with gr.Tab("Feedback", id="feedback") as feedback:
                accuracy = feedback_page()
                feedback.select(
                    lambda: accuracy_table(accuracies(service.feedback)), None, accuracy, **filled_when_opened
                )
            with gr.Tab("About", id="about") as about:
                about_page(service, about.select)
        add_api(service)
    app.queue(default_concurrency_limit=max(4, 2 * (os.cpu_count() or 1)), max_size=_QUEUE)
    return app
