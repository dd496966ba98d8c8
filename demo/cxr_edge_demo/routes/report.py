"""A film's report to print, and a word that the server is there."""

from __future__ import annotations

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from cxr_edge_demo.html.report import report
from cxr_edge_demo.routes.answering import add_route
from cxr_edge_demo.service import Service

REPORT = "/cxr/report/{token}"
ALIVE = "/cxr/alive"
"""Asked by an open page now and then, to say so when nobody answers; answers without a log-in, as it tells nothing."""


def add_report_routes(app: FastAPI, service: Service) -> None:
    """Serve reports of the films that `service` holds."""

    def printed(token: str, answer: int = 0) -> Response:
        held = service.held.get(token)
        return HTMLResponse(report(held.answers[min(max(answer, 0), len(held.answers) - 1)]))

    def alive() -> Response:
        return Response(status_code=204)

    add_route(app, "GET", REPORT, printed)
    app.add_api_route(ALIVE, alive, methods=["GET"])
