"""Two models on one film, blind: which answer reads better?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import UnreadableFilm
from cxr_edge_demo import render
from cxr_edge_demo.feedback import DIAGNOSES, PREFERENCES
from cxr_edge_demo.figures import tallies
from cxr_edge_demo.pages.parts import SCORING, drop, private, sample_buttons, told
from cxr_edge_demo.service import Service
from cxr_edge_demo.tables import tally_table

_HOW = render.EMPTY.format(
    "Two models answer, in random order and without their names. Vote, and the names are told. "
    "Votes are kept with the film's hash; the film is not."
)


def compare_page(service: Service) -> list[Any]:
    """Draw the page and connect it; returns what `refreshed` fills."""
    token = gr.State("")
    names = list(service.models.names)
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            dropped = drop("Film to compare on", "drop-compare")
            chosen = gr.CheckboxGroup(names, value=names, label="Models to draw two from", visible=len(names) > 2)
            buttons = sample_buttons()
        with gr.Column(scale=5, min_width=320):
            said = gr.HTML(_HOW, elem_id="compare-said")
            with gr.Row():
                with gr.Column(min_width=260):
                    a = gr.HTML(elem_id="answer-a")
                with gr.Column(min_width=260):
                    b = gr.HTML(elem_id="answer-b")
            with gr.Group(visible=False) as asked:
                preferred = gr.Radio(list(PREFERENCES), label="Which answer reads better?")
                shows = gr.Radio(list(DIAGNOSES), label="What does the film show?")
                vote = gr.Button("Vote", variant="primary")
            gr.HTML("<h3>Votes so far</h3>")
            tally = gr.HTML(elem_id="tally")
    shown = [token, said, a, b, asked, preferred, shows]

    def pair(data: bytes, name: str, models: list[str]) -> dict[Any, Any]:
        cleared = {preferred: None, shows: None}
        try:
            new = service.pair(data, name, tuple(models))
        except UnreadableFilm as error:
            hidden = gr.update(visible=False)
            return {token: "", said: render.refused(str(error)), a: "", b: "", asked: hidden, **cleared}
        first, second = service.shelf.get(new).answers
        return {
            token: new,
            said: "",
            a: render.blind("A", first.prediction),
            b: render.blind("B", second.prediction),
            asked: gr.update(visible=True),
            **cleared,
        }

    @told
    def uploaded(uploads: list[Any], models: list[str]) -> dict[Any, Any]:
        try:
            name, data = service.uploads.take(uploads[0] if uploads else None)
        except UnreadableFilm as error:
            return {dropped: None, said: render.refused(str(error)), a: "", b: "", asked: gr.update(visible=False)}
        return {dropped: None, **pair(data, name, models)}

    @told
    def voted(held: str, better: str | None, diagnosis: str | None) -> dict[Any, Any]:
        first, second = service.vote(held, better or "", diagnosis or "")
        return {
            token: "",
            said: '<p role="status">✓ Counted. These were the models:</p>',
            a: render.blind("A", first.prediction, first.classifier.card.name),
            b: render.blind("B", second.prediction, second.classifier.card.name),
            asked: gr.update(visible=False),
            tally: tally_table(tallies(service.feedback)),
        }

    def of_sample(path: Path) -> Any:
        @told
        def compared(models: list[str]) -> dict[Any, Any]:
            return pair(path.read_bytes(), path.name, models)

        return compared

    dropped.upload(uploaded, [dropped, chosen], [dropped, *shown], **private(**SCORING))
    vote.click(voted, [token, preferred, shows], [*shown, tally], **private())
    for path, button in buttons:
        button.click(of_sample(path), chosen, shown, **private(**SCORING))
    return [tally]
