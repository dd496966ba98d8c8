"""The pages and the API, put together."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr
from gradio.context import Context

from cxr_edge_demo.api import add_api
from cxr_edge_demo.html.feedback_tables import accuracy_table, vote_table
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.theme import head
from cxr_edge_demo.html.wording import research_only
from cxr_edge_demo.pages.about_page import about_page
from cxr_edge_demo.pages.compare_page import compare_page
from cxr_edge_demo.pages.controls import page_event
from cxr_edge_demo.pages.feedback_page import feedback_page
from cxr_edge_demo.pages.film_page import film_page
from cxr_edge_demo.pages.share_page import share_page
from cxr_edge_demo.pages.worklist_page import worklist_page
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback_figures import accuracies, vote_counts
from cxr_edge_demo.web.spoken_pages import SpokenBlocks
from cxr_edge_demo.web.uploads import FORGOTTEN
from cxr_edge_demo.words import Catalogue, _, current

TITLE = "cxr-edge"
_QUEUE = 500  # requests that may wait; the next one is told so


def build(service: Service, catalogue: Catalogue | None = None) -> Any:
    """The application, not yet served, in the languages of `catalogue`; by default those that come with the demo."""
    first = Context.id
    app = _pages(service)
    app.speak(catalogue or Catalogue(), first, lambda: _pages(service))
    app.head_of = head
    return app


def _pages(service: Service) -> Any:
    filled_when_opened = page_event(show_progress="hidden")
    with SpokenBlocks(title=TITLE, analytics_enabled=False, delete_cache=(60, FORGOTTEN)) as app:
        gr.HTML(rendered("page_head", title=TITLE, research_only=research_only(), reviewed=current().reviewed))
        with gr.Tabs():
            with gr.Tab(_("Film"), id="film"):
                film_page(service, app.load)
            with gr.Tab(_("Compare"), id="compare") as compare:
                votes = compare_page(service)
                compare.select(lambda: vote_table(vote_counts(service.feedback)), None, votes, **filled_when_opened)
            with gr.Tab(_("Worklist"), id="worklist"):
                worklist_page(service)
            with gr.Tab(_("Feedback"), id="feedback") as feedback:
                accuracy = feedback_page()
                feedback.select(
                    lambda: accuracy_table(accuracies(service.feedback)), None, accuracy, **filled_when_opened
                )
            with gr.Tab(_("Share"), id="share"):
                share_page()
            with gr.Tab(_("About"), id="about") as about:
                about_page(service, about.select)
        add_api(service)
    app.queue(default_concurrency_limit=max(4, 2 * (os.cpu_count() or 1)), max_size=_QUEUE)
    return app
