"""What all these addresses share: Gradio's own log-in, and errors as sentences."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html.wording import why_unreadable

_LIKE = "/config"  # what Gradio's own page reads first: whoever may read it may use the page


def add_route(app: FastAPI, method: str, path: str, answer: Callable[..., Any]) -> None:
    """Have `answer` answer at `path` whoever may read the page.

    Args:
        app: Gradio's.
        method: of HTTP.
        path: as FastAPI writes it.
        answer: returns a response, or plain values for JSON. A `CxrEdgeError` becomes ``{"detail": sentence}``.
    """
    dependencies = next(route.dependencies for route in app.routes if getattr(route, "path", "") == _LIKE)
    app.add_api_route(path, _in_sentences(answer), methods=[method], dependencies=dependencies, response_model=None)


def _in_sentences(answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    def answered(*args: Any, **kwargs: Any) -> Response:
        try:
            found = answer(*args, **kwargs)
        except UnreadableFilm as error:
            return JSONResponse({"detail": why_unreadable(error)}, 422)
        except CxrEdgeError as error:
            return JSONResponse({"detail": str(error)}, 404)
        return found if isinstance(found, Response) else JSONResponse(found)

    return answered
