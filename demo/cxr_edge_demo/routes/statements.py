"""What a reader says of a film in one tap: asked, written, changed and taken back by the film's token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, FastAPI

from cxr_edge import CxrEdgeError
from cxr_edge_demo.html.compared import revealed
from cxr_edge_demo.routes.answering import add_route
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback import Diagnosis
from cxr_edge_demo.store.places import as_plain, read_places
from cxr_edge_demo.words import _

PREFIX = "/cxr/said/{token}"
VOTES = "/cxr/vote/{token}"
Sent = Annotated[Any, Body()]


def add_statement_routes(app: FastAPI, service: Service) -> None:
    """Serve the statements and votes that `service` holds, and write new ones."""
    statements = service.statements

    def said(token: str) -> dict[str, Any]:
        statement = statements.said(token)
        if statement is None:
            return {}
        return {
            "diagnosis": statement.said.diagnosis,
            "comment": statement.said.comment,
            "places": as_plain(statement.said.places),
            "keep": statement.keep,
        }

    def say(token: str, sent: Sent) -> dict[str, Any]:
        sent = _mapping(sent)
        diagnosis, comment, keep = sent.get("diagnosis"), sent.get("comment", ""), sent.get("keep", False)
        if not (isinstance(diagnosis, str) and isinstance(comment, str) and isinstance(keep, bool)):
            raise _nonsense()
        statements.say(token, Diagnosis(diagnosis, comment, read_places(sent.get("places"))), keep)
        return said(token)

    def unsay(token: str) -> dict[str, Any]:
        statements.unsay(token)
        return {}

    def vote(token: str, sent: Sent) -> dict[str, Any]:
        preferred = _mapping(sent).get("preferred")
        if not isinstance(preferred, str):
            raise _nonsense()
        a, b = statements.vote(token, preferred)
        return {"preferred": preferred, "models": revealed(a, b, preferred)}

    def voted(token: str) -> dict[str, Any]:
        found = statements.voted(token)
        if found is None:
            return {}
        a, b = service.held.get(token).answers
        return {"preferred": found.preferred, "models": revealed(a, b, found.preferred)}

    def unvote(token: str) -> dict[str, Any]:
        statements.unvote(token)
        return {}

    for path, read, write, undo in ((PREFIX, said, say, unsay), (VOTES, voted, vote, unvote)):
        add_route(app, "GET", path, read)
        add_route(app, "POST", path, write)
        add_route(app, "DELETE", path, undo)


def _mapping(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise _nonsense()
    return sent


def _nonsense() -> CxrEdgeError:
    return CxrEdgeError(_("The page sent something else than a statement. Reload it and try again."))
