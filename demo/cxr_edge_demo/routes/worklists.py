"""A worklist for the browser: its rows as JSON, their thumbnails, a row opened, and the list to save or print."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response

from cxr_edge import CxrEdgeError
from cxr_edge_demo.html.answers import answer
from cxr_edge_demo.html.downloads import FORMATS, as_text, printable
from cxr_edge_demo.html.worklist_table import described, in_order
from cxr_edge_demo.pages.feedback_controls import feedback_controls
from cxr_edge_demo.routes.answering import add_route
from cxr_edge_demo.service import Service
from cxr_edge_demo.words import _

PREFIX = "/cxr/list/{token}"


def add_worklist_routes(app: FastAPI, service: Service) -> None:
    """Serve the lists that `service` holds."""

    def rows(token: str, after: int = 0) -> dict[str, Any]:
        return described(service.lists.get(token), after)

    def thumbnail(token: str, number: int) -> Response:
        small = service.lists.get(token).film(number).thumbnail
        if not small:
            raise CxrEdgeError(_("This film has no picture."))
        return Response(small, media_type="image/jpeg")

    def opened(token: str, number: int) -> dict[str, str]:
        film = service.open_row(token, number)
        scored = service.held.get(film).answers[0]
        return {"film": film, "answer": answer(scored, film) + feedback_controls(film)}

    def saved(token: str, format: str) -> Response:
        films = service.lists.get(token)
        if format not in FORMATS:
            raise CxrEdgeError(_("A list is saved as CSV or JSON."))
        predictions = [film.prediction for film in in_order(films.films)]
        name = f"cxr-edge-worklist.{format}"
        return Response(
            as_text(predictions, films.classifier, format),
            media_type=FORMATS[format][1],
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    def printed(token: str) -> Response:
        return Response(printable(service.lists.get(token)), media_type="text/html")

    for path, read in (
        (".json", rows),
        ("/{number}.jpg", thumbnail),
        ("/print.html", printed),
        ("/list.{format}", saved),
    ):
        add_route(app, "GET", PREFIX + path, read)
    add_route(app, "POST", PREFIX + "/{number}", opened)
