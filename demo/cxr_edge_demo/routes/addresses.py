"""Every address beside Gradio's, there before the first request is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from cxr_edge_demo.routes.report import add_report_routes
from cxr_edge_demo.routes.share import add_share_routes
from cxr_edge_demo.routes.statements import add_statement_routes
from cxr_edge_demo.routes.worklists import add_worklist_routes
from cxr_edge_demo.service import Service
from cxr_edge_demo.viewer.routes import add_film_routes
from cxr_edge_demo.viewer.shown_films import ShownFilms
from cxr_edge_demo.web.reach import Reach


class Addresses:
    """Adds the addresses when Gradio's application starts: it has its own by then, and answers nobody yet.

    Args:
        service: the demo's parts.
        reach: how it is reached.
    """

    def __init__(self, service: Service, reach: Reach) -> None:
        self._service, self._reach = service, reach
        self._shown: ShownFilms | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """What FastAPI runs around the life of an application."""
        self._shown = add_film_routes(app, self._service)
        add_report_routes(app, self._service)
        add_worklist_routes(app, self._service)
        add_statement_routes(app, self._service)
        add_share_routes(app, self._reach)
        yield

    def drop_old(self) -> None:
        """Let go of what is too old, of the service and of the viewer."""
        self._service.drop_old()
        if self._shown is not None:
            self._shown.drop_old()
