"""Many films: a worklist, most urgent first."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

import gradio as gr

from cxr_edge.quality import Decision
from cxr_edge_demo import render
from cxr_edge_demo.archive import MAX_FILMS
from cxr_edge_demo.downloads import links
from cxr_edge_demo.pages.parts import SCORING, drop, private, told
from cxr_edge_demo.service import Listed, Service
from cxr_edge_demo.words import decision, reason

_HEAD = ["", "Decision", "Probability", "Film", "Why, or what is wrong"]
_KINDS = ["html", "str", "number", "str", "str"]
_WIDTHS = ["80px", "140px", "120px", "300px", "460px"]
_WAITING = render.EMPTY.format(f"Up to {MAX_FILMS} films at once, as files or in a zip file. Most urgent first.")


def many_page(service: Service) -> None:
    """Draw the page and connect it."""
    with gr.Row():
        with gr.Column(scale=3, min_width=300):
            dropped = drop("Films, or zip files of films", "drop-many", many=True)
        with gr.Column(scale=1, min_width=280):
            model = gr.Dropdown(list(service.models.names), value=service.models.names[0], label="Model")
    summary = gr.HTML(_WAITING, elem_id="summary")
    listing = gr.Dataframe(
        headers=_HEAD,
        datatype=_KINDS,
        type="array",
        interactive=False,
        wrap=True,
        visible=False,
        show_label=False,
        buttons=[],
        column_widths=_WIDTHS,
        max_height=620,
        elem_id="worklist",
    )
    downloads = gr.HTML(elem_id="downloads")

    @told
    def uploaded(uploads: list[Any], chosen: str, progress: Any = gr.Progress()) -> dict[Any, Any]:  # noqa: B008, Gradio looks for it there
        def tell(done: int) -> None:
            progress((done, None), unit="films")

        listed = service.worklist(uploads, chosen, progress=tell)
        predictions = [entry.prediction for entry in listed]
        return {
            dropped: None,
            summary: _summary(listed),
            listing: gr.update(value=[_row(entry) for entry in listed], visible=True),
            downloads: links(predictions, service.models.get(chosen)),
        }

    outputs = [dropped, summary, listing, downloads]
    dropped.upload(uploaded, [dropped, model], outputs, **private(show_progress="full", **SCORING))


def _summary(listed: list[Listed]) -> str:
    counts = Counter(entry.prediction.decision for entry in listed)
    order: tuple[Decision | None, ...] = ("refer", "review", "retake", None, "no finding")
    parts = [f"{decision(d).symbol} {counts[d]} {decision(d).word.lower()}" for d in order if counts[d]]
    broken = "".join(f"<li>{escape(e.prediction.error)}</li>" for e in listed if e.prediction.error)
    named = f'<p class="cxr-reasons">Not scored:</p><ul class="cxr-reasons">{broken}</ul>' if broken else ""
    return f'<p role="status"><b>{len(listed)} films</b>: {" · ".join(parts)}</p>{named}'


def _row(entry: Listed) -> list[Any]:
    p = entry.prediction
    words = decision(p.decision)
    why = p.error.removeprefix(f"{p.path}: ") if p.error else " ".join(map(reason, p.quality))
    value = None if p.probability is None else round(p.probability, 3)
    return [entry.thumbnail, f"{words.symbol} {words.word}", value, p.path, why]
