"""Two models on one film, blind: which answer reads better?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.compared import compared
from cxr_edge_demo.html.feedback_tables import vote_table
from cxr_edge_demo.html.rendering import problem, quiet
from cxr_edge_demo.html.wording import unreadable
from cxr_edge_demo.pages.controls import SCORING, clear, drop_place, forget_button, page_event, sample_buttons
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback_figures import vote_counts
from cxr_edge_demo.words import _


def compare_page(service: Service) -> Any:
    """Draw the page and connect it; returns where the votes are shown."""
    names = list(service.models.names)
    with gr.Row(elem_id="compare-head"):
        with gr.Column(scale=3, min_width=280):
            place = drop_place(_("Film to compare on"), "drop-compare")
            forget = forget_button("forget-compare")
        with gr.Column(scale=2, min_width=280), gr.Accordion(_("Examples and models"), open=False):
            buttons = sample_buttons()
            chosen = gr.CheckboxGroup(names, value=names, label=_("Models to draw two from"), visible=len(names) > 2)
    answered = gr.HTML(quiet(_how()), elem_id="compared", apply_default_css=False)
    with gr.Accordion(_("Votes so far"), open=False):
        votes = gr.HTML(elem_id="votes")
    recount = gr.Button(_("Count the votes"), elem_id="recount-votes", visible="hidden")

    def pair(read: Callable[[], tuple[str, bytes]], models: list[str]) -> str:
        try:
            if not models:
                raise CxrEdgeError(_("Choose at least two models to compare."))
            name, data = read()
            token = service.pair(data, name, tuple(models))
        except UnreadableFilm as error:
            return answers.refused(unreadable(error))
        except CxrEdgeError as error:
            return problem(str(error))
        return compared(token, name, service.held.get(token).answers)

    def uploaded(uploads: list[Any], models: list[str]) -> str:
        return pair(lambda: service.uploads.take(uploads[0] if uploads else None), models)

    def of_sample(path: Path) -> Callable[[list[str]], str]:
        return lambda models: pair(lambda: (path.name, path.read_bytes()), models)

    empty = json.dumps(quiet(_("The answers appear here.")))
    last = page_event(trigger_mode="always_last", show_progress_on=answered, **SCORING)
    for _path, button in buttons:
        clear(button.click, [answered], empty)
    events = [
        place.arrived.then(uploaded, [place.sent, chosen], answered, **{**last, "trigger_mode": "multiple"}),
        *(button.click(of_sample(path), chosen, answered, **last) for path, button in buttons),
    ]
    clear(forget.click, [answered], empty, cancels=events)
    recount.click(lambda: vote_table(vote_counts(service.feedback)), None, votes, **page_event(show_progress="hidden"))
    return votes


def _how() -> str:
    return _(
        "Two models answer the same film, in random order and without their names. Say which answer reads better, and "
        "you see whose it was. Your vote is kept with the film's hash; the film is not kept."
    )
