"""One film: drop it, read the answer, say what it really shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import UnreadableFilm
from cxr_edge_demo import render
from cxr_edge_demo.feedback import DIAGNOSES, MAX_COMMENT, Diagnosis
from cxr_edge_demo.pages.parts import KEEP, SCORING, drop, private, sample_buttons, told
from cxr_edge_demo.service import Service

OPACITY = 0.6
_WAITING = render.EMPTY.format("The answer appears here.")


def film_page(service: Service) -> None:
    """Draw the page and connect it."""
    token = gr.State("")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            dropped = drop("Film: JPEG, PNG, TIFF or DICOM", "drop-film")
            model = gr.Dropdown(list(service.models.names), value=service.models.names[0], label="Model")
            buttons = sample_buttons()
        with gr.Column(scale=5, min_width=320):
            answer = gr.HTML(_WAITING, elem_id="answer")
            with gr.Row(visible=False) as pictures:
                with gr.Column(min_width=260):
                    film = gr.HTML(elem_id="film")
                with gr.Column(min_width=260):
                    looked = gr.HTML(elem_id="looked")
            opacity = gr.Slider(0, 1, OPACITY, step=0.05, label="Opacity of the heatmap", visible=False)
            with gr.Group(visible=False) as asked:
                diagnosis = gr.Radio(list(DIAGNOSES), label="What does the film really show?")
                comment = gr.Textbox(label="Comment (no names, please)", max_length=MAX_COMMENT, lines=1)
                keep = gr.Checkbox(label=KEEP, value=False)
                save = gr.Button("Save", variant="primary")
            saved = gr.HTML(elem_id="saved")
    shown = [token, answer, film, looked, pictures, opacity, asked, saved]

    def show(new: str, strength: float) -> dict[Any, Any]:
        scored = service.shelf.get(new).answers[0]
        return {
            token: new,
            answer: render.answer(scored),
            film: render.film(scored.prediction),
            looked: render.looked(scored.prediction, strength),
            pictures: gr.update(visible=True),
            opacity: gr.update(visible=scored.prediction.heatmap is not None),
            asked: gr.update(visible=True),
            saved: "",
        }

    def refuse(error: UnreadableFilm) -> dict[Any, Any]:
        hidden = dict.fromkeys((pictures, opacity, asked), gr.update(visible=False))
        return {token: "", answer: render.refused(str(error)), film: "", looked: "", saved: "", **hidden}

    def score(data: bytes, name: str, chosen: str, strength: float) -> dict[Any, Any]:
        try:
            return show(service.answer(data, name, chosen), strength)
        except UnreadableFilm as error:
            return refuse(error)

    @told
    def uploaded(uploads: list[Any], chosen: str, strength: float) -> dict[Any, Any]:
        try:
            name, data = service.uploads.take(uploads[0] if uploads else None)
        except UnreadableFilm as error:
            return {dropped: None, **refuse(error)}
        return {dropped: None, **score(data, name, chosen, strength)}

    @told
    def again(held: str, chosen: str, strength: float) -> dict[Any, Any]:
        if not held:
            return {token: ""}
        kept = service.shelf.get(held)
        return score(kept.film, kept.name, chosen, strength)

    @told
    def redraw(held: str, strength: float) -> str:
        return render.looked(service.shelf.get(held).answers[0].prediction, strength)

    @told
    def note(held: str, said: str | None, text: str, may_keep: bool) -> tuple[str, Any, str, bool]:
        service.diagnose(held, Diagnosis(said or "", text), may_keep)
        return '<p role="status">✓ Saved. Thank you.</p>', None, "", False

    dropped.upload(uploaded, [dropped, model, opacity], [dropped, *shown], **private(scroll_to_output=True, **SCORING))
    model.input(again, [token, model, opacity], shown, **private(**SCORING))
    quiet = private(show_progress="hidden", trigger_mode="always_last")
    opacity.input(redraw, [token, opacity], looked, **quiet)
    save.click(note, [token, diagnosis, comment, keep], [saved, diagnosis, comment, keep], **private())
    for path, button in buttons:
        button.click(_of_sample(path, score), [model, opacity], shown, **private(**SCORING))


def _of_sample(path: Path, score: Any) -> Any:
    @told
    def scored(chosen: str, strength: float) -> dict[Any, Any]:
        answer: dict[Any, Any] = score(path.read_bytes(), path.name, chosen, strength)
        return answer

    return scored
