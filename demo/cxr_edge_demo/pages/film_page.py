"""One film: the film large, its answer beside it, and what it really shows under that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.rendering import problem, rendered
from cxr_edge_demo.html.wording import unreadable
from cxr_edge_demo.pages.controls import (
    SCORING,
    clear,
    drop_place,
    example_film,
    forget_button,
    page_event,
    sample_buttons,
)
from cxr_edge_demo.pages.feedback_controls import feedback_controls
from cxr_edge_demo.service import Service
from cxr_edge_demo.words import _

Update = dict[Any, Any]
Film = tuple[str, bytes]


def film_page(service: Service, opened: Any) -> None:
    """Draw the page and connect it; `opened` is the event of opening the whole demo."""
    token = gr.State("")
    names = list(service.models.for_films)
    with gr.Row(elem_id="film-room"):
        with gr.Column(elem_id="film-answer", min_width=0):
            place = drop_place(_("Choose a film, or drop it here"), "drop-film")
            forget = forget_button("forget-film")
            gr.HTML(rendered("camera"), elem_id="camera", apply_default_css=False)
            answer = gr.HTML(_step(_("Opening an example")), elem_id="answer", apply_default_css=False)
        with gr.Column(elem_id="film-viewer", min_width=0):
            viewer = gr.HTML(elem_id="viewer", apply_default_css=False)
        with gr.Column(elem_id="film-more", min_width=0):
            said = gr.HTML(elem_id="said", apply_default_css=False)
            with gr.Accordion(_("Examples and models"), open=False):
                buttons = sample_buttons()
                model = gr.Dropdown(names, value=names[0], label=_("Model"))
    examples: dict[str, str] = {}  # by model, the token that its example is held under, for all pages
    hidden = {token: "", viewer: "", said: ""}

    def show_answer(read: Callable[[], Film], chosen: str, **how: bool) -> Iterator[Update]:
        try:
            yield {**hidden, answer: _step(_("Reading the film"))}
            name, data = read()
            yield {answer: _step(_("Scoring the film"))}
            new = service.answer(data, name, chosen)
            scored = service.held.get(new).answers[0]
        except UnreadableFilm as error:
            yield {**hidden, answer: answers.refused(unreadable(error))}
        except CxrEdgeError as error:
            yield {**hidden, answer: problem(str(error))}
        else:
            yield {
                token: new,
                answer: answers.answer(scored, new, **how),
                viewer: answers.viewer(new, scored),
                said: feedback_controls(new),
            }

    def uploaded(uploads: list[Any], photographed: bool, chosen: str) -> Iterator[Update]:
        upload = uploads[0] if uploads else None
        yield from show_answer(lambda: service.uploads.take(upload), chosen, photographed=photographed)

    def of_another_model(held: str, chosen: str) -> Iterator[Update]:
        if held:
            yield from show_answer(lambda: (service.held.get(held).name, service.held.get(held).film), chosen)
        else:
            yield {token: ""}

    def of_sample(path: Path) -> Callable[[str], Iterator[Update]]:
        def show(chosen: str) -> Iterator[Update]:
            yield from show_answer(lambda: (path.name, path.read_bytes()), chosen)

        return show

    def of_example(chosen: str) -> Update:
        try:
            new = examples.get(chosen, "")
            scored = service.held.get(new).answers[0]
        except CxrEdgeError:
            path = example_film()
            new = examples[chosen] = service.answer(path.read_bytes(), path.name, chosen)
            scored = service.held.get(new).answers[0]
        return {
            token: new,
            answer: answers.answer(scored, new, example=True),
            viewer: answers.viewer(new, scored),
            said: "",
        }

    shown, emptied = [token, answer, viewer, said], [answer, viewer, said]
    sending, opening = (json.dumps(_step(step)) for step in (_("Sending the film"), _("Opening an example")))
    last = page_event(trigger_mode="always_last", show_progress="hidden", **SCORING)
    for _path, button in buttons:
        clear(button.click, emptied, f"{opening}, '', ''")
    events = [
        opened(of_example, [model], shown, **last),
        place.arrived.then(
            uploaded, [place.sent, place.photographed, model], shown, **{**last, "trigger_mode": "multiple"}
        ),
        model.input(of_another_model, [token, model], shown, **last),
        *(button.click(of_sample(path), [model], shown, **last) for path, button in buttons),
    ]
    clear(forget.click, emptied, f"{sending}, '', ''", cancels=events)


def _step(sentence: str) -> str:
    """What is being done, in the place of the answer to come."""
    return rendered("waiting", step=sentence)
