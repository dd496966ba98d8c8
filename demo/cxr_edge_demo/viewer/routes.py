"""Addresses that the viewer in the browser reads a film from, for whoever may read the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

from cxr_edge import CxrEdgeError
from cxr_edge_demo.routes.answering import add_route
from cxr_edge_demo.service import Service
from cxr_edge_demo.viewer.shown_films import ShownFilms
from cxr_edge_demo.web.request_bounds import FILMS
from cxr_edge_demo.words import _


def add_film_routes(app: FastAPI, service: Service) -> ShownFilms:
    """Serve the films that `service` holds; returns the memory of those that were asked for.

    Args:
        app: Gradio's, whose log-in is asked for here as well.
        service: the demo's parts.
    """
    shown = ShownFilms()

    def described(token: str, answer: int = 0) -> dict[str, Any]:
        return shown.description(token, service.held.get(token), answer)

    def pixels(token: str) -> Response:
        return _png(shown.ready(token, service.held.get(token)).png)

    def wash(token: str, answer: int = 0) -> Response:
        found = shown.wash(token, service.held.get(token), answer)
        if found is None:
            raise CxrEdgeError(_("This model does not say where it looked."))
        return _png(found)

    endings: tuple[tuple[str, Callable[..., Any]], ...] = ((".json", described), (".wash.png", wash), (".png", pixels))
    for ending, read in endings:
        add_route(app, "GET", f"{FILMS}{{token}}{ending}", read)
    return shown


def _png(data: bytes) -> Response:
    return Response(data, media_type="image/png")
