"""Many films: a worklist, most urgent first, that grows with every drop."""

from __future__ import annotations

from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError
from cxr_edge_demo.html.downloads import download_links
from cxr_edge_demo.html.rendering import problem, quiet
from cxr_edge_demo.html.worklist_table import ORDERS, in_order, summary, worklist_table
from cxr_edge_demo.pages.controls import SCORING, drop_place, page_event
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.film_list import MAX_FILMS

Update = dict[Any, Any]
_WAITING = (
    f"Drop films or zip files of films, up to {MAX_FILMS} in all. The most urgent come first. Films that you drop "
    "later join the list."
)
_FIRST = next(iter(ORDERS))


def worklist_page(service: Service) -> None:
    """Draw the page and connect it."""
    names = list(service.models.for_films)
    with gr.Row():
        with gr.Column(scale=3, min_width=300):
            place = drop_place("Films, or zip files of films", "drop-worklist", many=True)
        with gr.Column(scale=1, min_width=280):
            model = gr.Dropdown(names, value=names[0], label="Model")
            start_again = gr.Button("Start a new list", visible=False)
    message = gr.HTML(elem_id="worklist-message")
    overview = gr.HTML(quiet(_WAITING), elem_id="summary")
    order = gr.Radio(list(ORDERS), value=_FIRST, label="Order", visible=False)
    table = gr.HTML(elem_id="worklist")
    downloads = gr.HTML(elem_id="downloads")
    shown = [message, overview, order, table, downloads, start_again, model]

    def show(session: str, chosen: str, ordered: str, sentence: str = "") -> Update:
        films = service.film_list(session, chosen)
        listed, some = films.films, bool(films.films)
        card = films.classifier.card
        predictions = [film.prediction for film in in_order(listed, _FIRST)]
        return {
            message: problem(sentence) if sentence else "",
            overview: summary(listed, f"{card.name} {card.version}") if some else quiet(_WAITING),
            order: gr.update(visible=some),
            table: worklist_table(listed, ordered) if some else "",
            downloads: download_links(predictions, films.classifier) if some else "",
            start_again: gr.update(visible=some),
            model: gr.update(interactive=not some, info="Start a new list to change it." if some else None),
        }

    def uploaded(
        uploads: list[Any],
        chosen: str,
        ordered: str,
        request: gr.Request,
        progress: Any = gr.Progress(),  # noqa: B008, where Gradio looks for it
    ) -> Update:
        session, sentence = _session(request), ""
        try:
            for count in service.extend(service.film_list(session, chosen), uploads):
                progress((count, None), unit="films")
        except CxrEdgeError as error:
            sentence = str(error)
        return show(session, chosen, ordered, sentence)

    def reorder(chosen: str, ordered: str, request: gr.Request) -> str:
        listed = service.film_list(_session(request), chosen).films
        return worklist_table(listed, ordered) if listed else problem("This list is no longer in memory. Start again.")

    def forget(chosen: str, ordered: str, request: gr.Request) -> Update:
        service.lists.discard(_session(request))
        return show(_session(request), chosen, ordered)

    # Several drops are scored side by side or one after the other, as there is room, and all of them join the list.
    scoring = page_event(show_progress="full", show_progress_on=overview, trigger_mode="multiple", **SCORING)
    place.arrived.then(uploaded, [place.sent, model, order], shown, **scoring)
    order.input(reorder, [model, order], table, **page_event(show_progress="hidden"))
    start_again.click(forget, [model, order], shown, **page_event())


def _session(request: Any) -> str:
    """Of one open page; Gradio makes it by chance."""
    return str(request.session_hash)
