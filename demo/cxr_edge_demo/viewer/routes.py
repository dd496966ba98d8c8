"""Addresses that the viewer in the browser reads a film from, for whoever may read the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge_demo.html.wording import why_unreadable
from cxr_edge_demo.service import Service
from cxr_edge_demo.viewer.shown_films import ShownFilms
from cxr_edge_demo.words import _

PREFIX = "/cxr/film"
_LIKE = "/config"  # what Gradio's own page reads first: whoever may read it may use the page


def add_film_routes(app: FastAPI, service: Service) -> ShownFilms:
    """Serve the films that `service` holds; returns the memory of those that were asked for.

    Args:
        app: Gradio's, whose log-in is asked for here as well.
        service: the demo's parts.
    """
    shown = ShownFilms()
    log_in: Any = next(route for route in app.routes if getattr(route, "path", "") == _LIKE)

    def described(token: str, answer: int = 0) -> Response:
        return JSONResponse(shown.description(token, service.held.get(token), answer))

    def pixels(token: str) -> Response:
        return _png(shown.ready(token, service.held.get(token)).png)

    def wash(token: str, answer: int = 0) -> Response:
        found = shown.wash(token, service.held.get(token), answer)
        if found is None:
            raise CxrEdgeError(_("This model does not say where it looked."))
        return _png(found)

    for ending, read in ((".json", described), (".wash.png", wash), (".png", pixels)):
        app.add_api_route(f"{PREFIX}/{{token}}{ending}", _answering(read), dependencies=log_in.dependencies)
    return shown


def _answering(read: Callable[..., Response]) -> Callable[..., Response]:
    """`read`, whose errors become sentences: that a film is gone is no fault of the program."""

    @wraps(read)
    def answer(*args: Any, **kwargs: Any) -> Response:
        try:
            return read(*args, **kwargs)
        except UnreadableFilm as error:
            return JSONResponse({"detail": why_unreadable(error)}, 422)
        except CxrEdgeError as error:
            return JSONResponse({"detail": str(error)}, 404)

    return answer


def _png(data: bytes) -> Response:
    return Response(data, media_type="image/png")
