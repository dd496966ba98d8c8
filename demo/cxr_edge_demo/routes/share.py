"""What is reachable, for the page about it; and the end of the demo, asked for at this computer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, FastAPI, Request

from cxr_edge import CxrEdgeError
from cxr_edge_demo.html.sharing import sharing
from cxr_edge_demo.routes.answering import add_route
from cxr_edge_demo.web.reach import Reach, at_this_computer
from cxr_edge_demo.words import _


def add_share_routes(app: FastAPI, reach: Reach) -> None:
    """Say how the demo is reached, and stop it when somebody at this computer asks."""

    def shared(request: Request) -> dict[str, str]:
        return {"page": sharing(reach, here=at_this_computer(request))}

    def stop(request: Request, sent: Annotated[Any, Body()]) -> dict[str, bool]:
        if not at_this_computer(request) or sent != {"stop": True}:
            raise CxrEdgeError(_("Only the computer that runs the demo can stop it."))
        reach.stop.set()
        return {"stopped": True}

    add_route(app, "GET", "/cxr/share.json", shared)
    add_route(app, "POST", "/cxr/stop", stop)
