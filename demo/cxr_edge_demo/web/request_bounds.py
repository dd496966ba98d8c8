"""What stands between the network and the pages: bounds on requests, and headers on answers. ASGI middleware."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cxr_edge_demo.web.rate_limit import RateLimit
from cxr_edge_demo.words import _

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_UPLOAD = 512 * 2**20
"""Bytes of all files that are sent at once; each of them is bounded as the runtime's `Limits` say."""
MAX_MESSAGE = 2**20
"""Bytes of any other request."""
LOGINS_PER_MINUTE = 10
FILMS = "/cxr/film/"
"""Begins the addresses that films are read from, which costs as much as scoring them."""

# Scripts and styles of the page itself are inline; anything from another host is refused by the browser.
_HEADERS = {
    "content-security-policy": "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; "
    "form-action 'self'; base-uri 'self'; object-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",  # answers are not to lie about in a browser's cache
}
# Parts of Gradio that the demo has no use for: they keep states or recordings on disk, or look into others' use.
_CLOSED = ("deep_link", "process_recording", "monitoring", "run-history", "runs", "vibe-edit", "vibe-code")
_CACHED = ("/assets/", "/static/")  # the program's own files


class TooLarge(Exception):
    """A request that does not end where it should."""


class RequestBounds:
    """Bounds on the requests of each client, and headers that keep a browser at home.

    Args:
        app: to be guarded.
        per_minute: requests that ask for something (POST) or for a film, for each client.
        behind_tunnel: requests come through a share link, whose end says who sent them.
    """

    def __init__(self, app: Any, per_minute: float, behind_tunnel: bool = False) -> None:
        self._app, self._behind_tunnel = app, behind_tunnel
        self._rate, self._logins = RateLimit(per_minute), RateLimit(min(per_minute, LOGINS_PER_MINUTE))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, scope["path"])
        if not set(_CLOSED).isdisjoint(scope["path"].split("/")):
            await _refuse(send, 404, _("There is no such page here."))
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS") and FILMS not in scope["path"]:
            await self._app(scope, receive, send)
            return
        path = scope["path"].rstrip("/")
        limit = self._logins if path.endswith("/login") else self._rate
        seconds = limit.wait(self._client(scope))
        if seconds:
            wait = str(math.ceil(seconds))
            found = _("You sent more than {most} requests in a minute. Wait {seconds} s and try again.")
            sentence = _as_read(path, found.format(most=f"{limit.per_minute:.0f}", seconds=wait))
            await _refuse(send, 429, sentence, (b"retry-after", wait.encode()))
            return
        most = MAX_UPLOAD if path.endswith("/upload") else MAX_MESSAGE
        refusal = _as_read(path, _("This is more than {most} MiB at once. Send less.").format(most=most // 2**20))
        if _announced(scope) > most:
            await _refuse(send, 413, refusal)
            return
        try:
            await self._app(scope, _bounded(receive, most), send)
        except TooLarge:
            await _refuse(send, 413, refusal)

    def _client(self, scope: Scope) -> str:
        address = str((scope.get("client") or ("unknown",))[0])
        if self._behind_tunnel:  # all requests come from the tunnel's end here; the last entry is not the sender's own
            named = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
            return named or address
        return address


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _bounded(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooLarge
        return message

    return counted


def _with_headers(send: Send, path: str) -> Send:
    added = [
        (name.encode(), value.encode())
        for name, value in _HEADERS.items()
        if not (name == "cache-control" and path.startswith(_CACHED))
    ]
    names = {name for name, _ in added}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [h for h in message.get("headers", ()) if h[0].lower() not in names] + added
        await send(message)

    return sending


def _as_read(path: str, sentence: str) -> str:
    """The form in which Gradio's page shows a refusal: plain text of an upload, else JSON."""
    return sentence if path.endswith("/upload") else json.dumps({"detail": sentence})


async def _refuse(send: Send, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
    body = sentence.encode()
    kind = b"application/json" if sentence.startswith("{") else b"text/plain; charset=utf-8"
    start = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
