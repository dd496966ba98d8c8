"""What several pages need: places to drop films, sample films, and the options of their events."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from cxr_edge.store import SAMPLES
from cxr_edge_demo.html.pictures import address
from cxr_edge_demo.html.rendering import quiet, rendered
from cxr_edge_demo.words import N_, _

SCORING = {"concurrency_id": "scoring", "concurrency_limit": max(2, os.cpu_count() or 1)}
"""Of events that score films: no more at once than there are cores for."""
KEEP = N_(
    "This film may be kept on this server: its pixels alone, without name, tags or header. "
    "Do not tick this if a name is burned into the picture."
)
_SAMPLE_NAMES = {
    "drawn_clear": N_("Clear lungs"),
    "drawn_opacity_both": N_("Opacity on both sides"),
    "drawn_opacity_right_lower": N_("Opacity, right lower"),
}
_EXAMPLE = "drawn_opacity_right_lower"
_HAND_ON = """(films) => {
  const photographed = window.cxrPhotographed?.("%(id)s") ?? false;
  document.dispatchEvent(new CustomEvent("cxr-handed-on", {detail: "%(id)s"}));
  return [films === null ? [] : [films].flat(), null, photographed];
}"""


def page_event(**more: Any) -> dict[str, Any]:
    """Options of an event that belongs to a page alone and is no part of the API."""
    return {"api_visibility": "private", "show_progress": "minimal", **more}


@dataclass(frozen=True)
class DropPlace:
    """A place to drop films, which is free again as soon as they are sent.

    Attributes:
        sent: what the last drop sent: a list of mappings, as `Uploads.take` takes them.
        photographed: whether it came from the phone's camera.
        arrived: the event after which `sent` may be read; its ``then`` connects what is to be done.
    """

    sent: Any
    photographed: Any
    arrived: Any


def drop_place(label: str, elem_id: str, many: bool = False) -> DropPlace:
    """Draw a place to drop one film, or many and zip files."""
    place = gr.File(
        label=label,
        file_count="multiple" if many else "single",
        height=56,
        buttons=[],
        elem_id=elem_id,
        elem_classes="cxr-drop",
    )
    # Gradio's own reading of a file would write one more, so the page hands on where each upload is, as it is.
    sent = gr.JSON([], visible="hidden")
    options = page_event(show_progress="hidden", trigger_mode="multiple")
    photographed = gr.Checkbox(visible="hidden")
    arrived = place.upload(None, place, [sent, place, photographed], js=_HAND_ON % {"id": elem_id}, **options)
    return DropPlace(sent, photographed, arrived)


def forget_button(elem_id: str) -> Any:
    """A hidden button that dropped_films.js presses when a new film is chosen, before it is sent."""
    return gr.Button(_("Forget the last film"), elem_id=elem_id, visible="hidden")


def clear(trigger: Any, outputs: Sequence[Any], values: str, cancels: Sequence[Any] = ()) -> None:
    """Empty a page in the browser itself, without waiting for the server.

    Args:
        trigger: an event's method, such as ``button.click``.
        outputs: what is emptied.
        values: JavaScript of as many values; ``hide`` and ``show`` change what is seen.
        cancels: events whose answer is no longer wanted.
    """
    change = "const hide = {visible: false, __type__: 'update'}, show = {visible: true, __type__: 'update'};"
    script = f"() => {{ {change} return [{values}]; }}"
    trigger(None, None, list(outputs), js=script, **page_event(show_progress="hidden"))
    if cancels:
        trigger(None, None, None, cancels=list(cancels), **page_event(show_progress="hidden"))


def sample_films() -> list[Path]:
    """The bundled phantoms, which are drawn and show no patient."""
    return sorted(SAMPLES.glob("*.png"))


def example_film() -> Path:
    """The phantom that the page opens with, whose answer explains the page."""
    return SAMPLES / f"{_EXAMPLE}.png"


def sample_buttons() -> list[tuple[Path, Any]]:
    """A picture and a button for each phantom."""
    buttons = []
    gr.HTML(quiet(_("Phantoms are drawn and show no patient:")))
    with gr.Row(equal_height=True):
        for path in sample_films():
            name = _(_SAMPLE_NAMES.get(path.stem, path.stem))
            with gr.Column(min_width=90):
                with Image.open(path) as picture:
                    picture.thumbnail((160, 160))
                    small = rendered("sample", name=name, address=address(picture.convert("L")))
                gr.HTML(small, elem_classes="cxr-sample")
                buttons.append((path, gr.Button(name, size="sm", elem_classes="cxr-try")))
    return buttons
