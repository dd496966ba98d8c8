"""Many films: a worklist, most urgent first, that grows with every drop and opens its films beside itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError
from cxr_edge_demo.html.rendering import problem, quiet, rendered
from cxr_edge_demo.pages.controls import SCORING, drop_place, page_event
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.film_list import MAX_FILMS
from cxr_edge_demo.words import _

Update = dict[Any, Any]


def worklist_page(service: Service) -> None:
    """Draw the page and connect it; the rows themselves are asked for by ``<cxr-worklist>`` in the browser."""
    names = list(service.models.for_films)
    with gr.Row(elem_id="worklist-head"):
        with gr.Column(scale=5, min_width=280):
            place = drop_place(_("Films, or zip files of films"), "drop-worklist", many=True)
        with gr.Column(scale=2, min_width=150):
            model = gr.Dropdown(names, value=names[0], label=_("Model"))
        with gr.Column(scale=1, min_width=150):
            # The model stays while there is a list: films of one list are to be compared with each other.
            start_again = gr.Button(_("Start a new list"), visible=False)
    message = gr.HTML(elem_id="worklist-message")
    rows = gr.HTML(quiet(_waiting()), elem_id="worklist", apply_default_css=False)
    news = gr.HTML(elem_id="worklist-news")
    shown = [message, rows, news, start_again, model]

    def show(session: str, chosen: str, sentence: str = "") -> Update:
        films = service.film_list(session, chosen)
        some = bool(films.films or films.progress)
        return {
            message: problem(sentence) if sentence else "",
            rows: rendered("worklist", token=films.token) if some else quiet(_waiting()),
            news: rendered("worklist_news", films=len(films.films)),
            start_again: gr.update(visible=some),
            model: gr.update(interactive=not some),
        }

    def uploaded(uploads: list[Any], chosen: str, request: gr.Request) -> Iterator[Update]:
        session, sentence, begun = _session(request), "", False
        try:
            for _done in service.extend(service.film_list(session, chosen), uploads):
                if not begun:
                    yield show(session, chosen)  # the element is there, and asks for the rest by itself
                    begun = True
        except CxrEdgeError as error:
            sentence = str(error)
        yield show(session, chosen, sentence)

    def forget(chosen: str, request: gr.Request) -> Update:
        service.lists.discard(_session(request))
        return show(_session(request), chosen)

    # Several drops are scored side by side or one after the other, as there is room, and all of them join the list.
    scoring = page_event(show_progress="hidden", trigger_mode="multiple", **SCORING)
    place.arrived.then(uploaded, [place.sent, model], shown, **scoring)
    start_again.click(forget, model, shown, **page_event())


def _waiting() -> str:
    return _(
        "Drop films or zip files of films, up to {most} in all. The most urgent come first. Films that you drop later "
        "join the list."
    ).format(most=MAX_FILMS)


def _session(request: Any) -> str:
    """Of one open page; Gradio makes it by chance."""
    return str(request.session_hash)
