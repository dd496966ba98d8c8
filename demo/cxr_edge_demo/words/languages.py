"""Which language a browser is answered in. ASGI middleware."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from cxr_edge_demo.web.request_bounds import Message, Receive, Scope, Send
from cxr_edge_demo.words.translator import ENGLISH, Catalogue, speaking

COOKIE = "cxr-lang"
"""Remembers until the browser closes what ``?lang=`` asked for: a page's own requests do not repeat it."""


class Languages:
    """Answer each request in the language that its browser asks for, by `chosen`.

    Args:
        app: answers requests.
        catalogue: the languages that there are.
    """

    def __init__(self, app: Any, catalogue: Catalogue) -> None:
        self._app, self._catalogue = app, catalogue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[-1].lower()
        language = asked if asked in self._catalogue.languages else chosen(self._catalogue, headers)

        async def remembering(message: Message) -> None:
            if message["type"] == "http.response.start" and asked == language:
                cookie = f"{COOKIE}={language}; Path=/; SameSite=Lax; HttpOnly"
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            await send(message)

        with speaking(self._catalogue.words(language)):
            await self._app(scope, receive, remembering)


def chosen(catalogue: Catalogue, headers: Any) -> str:
    """The language of a request without ``?lang=``: the remembered one, else the best of ``Accept-Language``.

    Args:
        catalogue: the languages that there are.
        headers: of the request, a mapping of lower-case names.
    """
    try:
        remembered = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        remembered = None
    if remembered is not None and remembered.value in catalogue.languages:
        return str(remembered.value)
    for wanted in _accepted(headers.get("accept-language", "")):
        for language in (wanted, wanted.partition("-")[0]):  # fr-CA is served by fr
            if language in catalogue.languages:
                return language
    return ENGLISH


def _accepted(header: str) -> list[str]:
    """Languages of an ``Accept-Language`` header, the most wanted first; those with weight 0 are refused."""
    weighed = []
    for part in header.split(",")[:20]:
        language, _, weight = part.strip().lower().partition(";q=")
        try:
            share = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language and share > 0:
            weighed.append((-share, language))
    return [language for _, language in sorted(weighed, key=lambda pair: pair[0])]
