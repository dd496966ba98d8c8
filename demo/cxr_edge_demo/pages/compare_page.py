"""Two models on one film, blind: which answer reads better?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.feedback_tables import vote_table
from cxr_edge_demo.html.rendering import done, problem, quiet, title
from cxr_edge_demo.html.wording import unreadable
from cxr_edge_demo.pages.controls import SCORING, clear, drop_place, forget_button, page_event, sample_buttons
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback import DIAGNOSES, PREFERENCES
from cxr_edge_demo.store.feedback_figures import vote_counts

Update = dict[Any, Any]
_WAITING = "The answers appear here."
_HOW = (
    "Compare two models: both answer the same film, in random order and without their names. Vote, and you see which "
    "they were. Your vote is kept with the film's hash; the film is not kept."
)


def compare_page(service: Service) -> Any:
    """Draw the page and connect it; returns where the votes are shown."""
    token = gr.State("")
    names = list(service.models.names)
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            place = drop_place("Film to compare on", "drop-compare")
            forget = forget_button("forget-compare")
            chosen = gr.CheckboxGroup(names, value=names, label="Models to draw two from", visible=len(names) > 2)
            buttons = sample_buttons()
        with gr.Column(scale=5, min_width=320):
            message = gr.HTML(quiet(_HOW), elem_id="compare-message")
            with gr.Row():
                with gr.Column(min_width=260):
                    a = gr.HTML(elem_id="answer-a")
                with gr.Column(min_width=260):
                    b = gr.HTML(elem_id="answer-b")
            with gr.Group(visible=False) as asked:
                preferred = gr.Radio(list(PREFERENCES), label="Which answer reads better?")
                shows = gr.Radio(list(DIAGNOSES), label="What does the film show?")
                vote = gr.Button("Vote", variant="primary")
            voted = gr.HTML(elem_id="voted")
            gr.HTML(title("Votes so far"))
            votes = gr.HTML(elem_id="votes")
    shown = [token, message, a, b, asked, preferred, shows, voted]

    def pair(read: Callable[[], tuple[str, bytes]], models: list[str]) -> Update:
        cleared = {preferred: None, shows: None, voted: ""}
        nothing = {token: "", a: "", b: "", asked: gr.update(visible=False), **cleared}
        try:
            if not models:
                raise CxrEdgeError("Choose at least two models to compare.")
            name, data = read()
            new = service.pair(data, name, tuple(models))
        except UnreadableFilm as error:
            return {**nothing, message: answers.refused(unreadable(error))}
        except CxrEdgeError as error:
            return {**nothing, message: problem(str(error))}
        first, second = service.held.get(new).answers
        return {
            token: new,
            message: answers.compared_film(first.prediction),
            a: answers.one_of_two("A", first),
            b: answers.one_of_two("B", second),
            asked: gr.update(visible=True),
            **cleared,
        }

    def uploaded(uploads: list[Any], models: list[str]) -> Update:
        return pair(lambda: service.uploads.take(uploads[0] if uploads else None), models)

    def of_sample(path: Path) -> Callable[[list[str]], Update]:
        return lambda models: pair(lambda: (path.name, path.read_bytes()), models)

    def count_vote(held: str, better: str | None, diagnosis: str | None) -> Update:
        try:
            first, second = service.vote(held, better or "", diagnosis or "")
        except CxrEdgeError as error:
            return {voted: problem(str(error))}
        return {
            token: "",
            a: answers.one_of_two("A", first, first.classifier.card.name),
            b: answers.one_of_two("B", second, second.classifier.card.name),
            asked: gr.update(visible=False),
            voted: done("Counted. The names of the models now stand above their answers."),
            votes: vote_table(vote_counts(service.feedback)),
        }

    emptied = [message, a, b, asked, preferred, shows, voted]
    empty = f"{json.dumps(quiet(_WAITING))}, '', '', hide, null, null, ''"
    last = page_event(trigger_mode="always_last", show_progress_on=message, **SCORING)
    for _, button in buttons:
        clear(button.click, emptied, empty)
    events = [
        place.arrived.then(uploaded, [place.sent, chosen], shown, **{**last, "trigger_mode": "multiple"}),
        *(button.click(of_sample(path), chosen, shown, **last) for path, button in buttons),
    ]
    clear(forget.click, emptied, empty, cancels=events)
    vote.click(count_vote, [token, preferred, shows], [token, a, b, asked, voted, votes], **page_event())
    return votes
