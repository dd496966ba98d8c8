"""One film: drop it, read the answer, say what it really shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.answers import OPACITY
from cxr_edge_demo.html.rendering import done, problem, quiet
from cxr_edge_demo.html.wording import unreadable
from cxr_edge_demo.pages.controls import KEEP, SCORING, clear, drop_place, forget_button, page_event, sample_buttons
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback import DIAGNOSES, MAX_COMMENT, Diagnosis

Update = dict[Any, Any]
_WAITING = "The answer appears here."


def film_page(service: Service) -> None:
    """Draw the page and connect it."""
    token = gr.State("")
    names = list(service.models.for_films)
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            place = drop_place("Film: JPEG, PNG, TIFF or DICOM", "drop-film")
            forget = forget_button("forget-film")
            model = gr.Dropdown(names, value=names[0], label="Model")
            buttons = sample_buttons()
        with gr.Column(scale=5, min_width=320):
            answer = gr.HTML(quiet(_WAITING), elem_id="answer")
            with gr.Row(visible=False) as pictures:
                with gr.Column(min_width=260):
                    film = gr.HTML(elem_id="film")
                with gr.Column(min_width=260):
                    heatmap = gr.HTML(elem_id="heatmap")
            opacity = gr.Slider(0, 1, OPACITY, step=0.05, label="Opacity of the heatmap", visible=False)
            with gr.Group(visible=False) as asked:
                diagnosis = gr.Radio(list(DIAGNOSES), label="What does the film really show?")
                comment = gr.Textbox(label="Comment (no names, please)", max_length=MAX_COMMENT, lines=1)
                keep = gr.Checkbox(label=KEEP, value=False)
                save = gr.Button("Save", variant="primary")
            saved = gr.HTML(elem_id="saved")
    shown = [token, answer, film, heatmap, pictures, opacity, asked, saved]
    said = [diagnosis, comment, keep]

    def show(new: str, strength: float) -> Update:
        scored = service.held.get(new).answers[0]
        prediction = scored.prediction
        slides = prediction.heatmap is not None and prediction.decision != "retake"
        return {
            token: new,
            answer: answers.answer(scored),
            film: answers.film(prediction),
            heatmap: answers.heatmap(prediction, strength),
            pictures: gr.update(visible=True),
            opacity: gr.update(visible=slides),
            asked: gr.update(visible=True),
            saved: "",
        }

    def show_answer(read: Callable[[], tuple[str, bytes]], chosen: str, strength: float) -> Update:
        hidden = dict.fromkeys((pictures, opacity, asked), gr.update(visible=False))
        nothing = {token: "", film: "", heatmap: "", saved: "", **hidden}
        try:
            name, data = read()
            return show(service.answer(data, name, chosen), strength)
        except UnreadableFilm as error:
            return {**nothing, answer: answers.refused(unreadable(error))}
        except CxrEdgeError as error:
            return {**nothing, answer: problem(str(error))}

    def uploaded(uploads: list[Any], chosen: str, strength: float) -> Update:
        return show_answer(lambda: service.uploads.take(uploads[0] if uploads else None), chosen, strength)

    def of_another_model(held: str, chosen: str, strength: float) -> Update:
        if not held:
            return {token: ""}
        return show_answer(lambda: (service.held.get(held).name, service.held.get(held).film), chosen, strength)

    def of_sample(path: Path) -> Callable[[str, float], Update]:
        return lambda chosen, strength: show_answer(lambda: (path.name, path.read_bytes()), chosen, strength)

    def redraw(held: str, strength: float) -> str:
        try:
            return answers.heatmap(service.held.get(held).answers[0].prediction, strength)
        except CxrEdgeError as error:
            return problem(str(error))

    def note(held: str, shows: str | None, text: str, may_keep: bool) -> tuple[str, Any, Any, Any]:
        try:
            service.diagnose(held, Diagnosis(shows or "", text), may_keep)
        except CxrEdgeError as error:
            return problem(str(error)), gr.skip(), gr.skip(), gr.skip()
        return done("Saved. Thank you."), None, "", False

    emptied = [answer, film, heatmap, pictures, opacity, asked, saved, *said]
    empty = f"{json.dumps(quiet(_WAITING))}, '', '', hide, hide, hide, '', null, '', false"
    last = page_event(trigger_mode="always_last", show_progress_on=answer, **SCORING)
    for _, button in buttons:
        clear(button.click, emptied, empty)
    events = [
        place.arrived.then(uploaded, [place.sent, model, opacity], shown, **{**last, "trigger_mode": "multiple"}),
        model.input(of_another_model, [token, model, opacity], shown, **last),
        *(button.click(of_sample(path), [model, opacity], shown, **last) for path, button in buttons),
    ]
    clear(forget.click, emptied, empty, cancels=events)
    quietly = page_event(show_progress="hidden", trigger_mode="always_last")
    opacity.input(redraw, [token, opacity], heatmap, **quietly)
    save.click(note, [token, *said], [saved, *said], **page_event())
