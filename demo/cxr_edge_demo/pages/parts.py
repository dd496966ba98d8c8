"""What several pages need."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.store import SAMPLES
from cxr_edge_demo.logs import place
from cxr_edge_demo.pictures import img

Result = TypeVar("Result")
log = logging.getLogger("cxr_edge_demo")
SCORING = {"concurrency_id": "scoring", "concurrency_limit": max(2, os.cpu_count() or 1)}
"""Of events that score films: no more at once than there are cores for."""
KEEP = (
    "This film may be kept on this server: its pixels alone, without name, tags or header. "
    "Do not tick it if a name is burned into the picture."
)


def drop(label: str, elem_id: str, many: bool = False) -> Any:
    """A place to drop one film, or many and zip files; hands on where each is, as `Uploads.take` takes it."""
    count = "multiple" if many else "single"
    place = gr.File(label=label, file_count=count, height=150, buttons=[], elem_id=elem_id)
    place.preprocess = _as_sent  # its own would make one more file
    return place


def _as_sent(payload: Any) -> list[dict[str, Any]]:
    if payload is None:
        return []
    sent = payload.model_dump()
    return sent if isinstance(sent, list) else [sent]


def told(function: Callable[..., Result]) -> Callable[..., Result]:
    """Say our own errors to the user as they are, and of any other one only that it happened.

    The log gets the place, not the message: messages may quote file names and comments.
    """

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Result:
        try:
            return function(*args, **kwargs)
        except CxrEdgeError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except Exception as error:
            log.error(place(error))
            raise gr.Error("The demo failed at this; its log says where.", print_exception=False) from None

    return wrapped


def samples() -> list[Path]:
    """The bundled phantoms, which are drawn and show no patient."""
    return sorted(SAMPLES.glob("*.png"))


def sample_buttons() -> list[tuple[Path, Any]]:
    """A picture and a button for each phantom."""
    buttons = []
    gr.HTML('<p class="cxr-quiet">Or try a phantom, which is drawn and shows no patient:</p>')
    with gr.Row(equal_height=True):
        for path in samples():
            name = path.stem.removeprefix("drawn_").replace("_", " ").capitalize()
            with gr.Column(min_width=90):
                with Image.open(path) as picture:
                    picture.thumbnail((160, 160))
                    gr.HTML(img(picture.convert("L"), f"phantom: {name}"), elem_classes="cxr-sample")
                buttons.append((path, gr.Button(name, size="sm", elem_classes="cxr-try")))
    return buttons


def private(**more: Any) -> dict[str, Any]:
    """Options of an event that belongs to a page alone and is no part of the API."""
    return {"api_visibility": "private", "show_progress": "minimal", **more}
