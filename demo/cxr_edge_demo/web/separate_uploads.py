"""Each upload in a folder of its own. ASGI middleware."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from cxr_edge_demo.web.request_bounds import Message, Receive, Scope, Send


class SeparateUploads:
    """Move what Gradio stores of an upload to a new folder with a name that nobody can guess.

    Gradio names the folder by a hash of the file, so two users who send the same film would share one file, which the
    first answer deletes. Gradio stores files once a request has arrived whole; from there to the move, one request is
    served at a time.

    Args:
        app: answers ``POST …/upload`` with a JSON list of the paths of the files, as Gradio does.
        folder: of uploads.
    """

    def __init__(self, app: Any, folder: Path) -> None:
        self._app, self._folder = app, folder
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith("/upload"):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        async with AsyncExitStack() as stored:

            async def receive_end_alone() -> Message:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    await stored.enter_async_context(self._one_at_a_time)
                return message

            async def keep(message: Message) -> None:
                messages.append(message)

            uncompressed = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
            await self._app({**scope, "headers": uncompressed}, receive_end_alone, keep)
            if messages and messages[0].get("status") == 200:
                messages = self._moved(messages)
        for message in messages:
            await send(message)

    def _moved(self, messages: list[Message]) -> list[Message]:
        body = b"".join(message.get("body", b"") for message in messages[1:])
        paths = json.dumps(list(_move_all(json.loads(body), self._folder))).encode()
        headers = [header for header in messages[0]["headers"] if header[0].lower() != b"content-length"]
        start = {**messages[0], "headers": [*headers, (b"content-length", str(len(paths)).encode())]}
        return [start, {"type": "http.response.body", "body": paths}]


def _move_all(paths: Iterable[str], folder: Path) -> Iterable[str]:
    moved: dict[str, Path] = {}
    for path in paths:
        own = folder / secrets.token_hex(16)
        own.mkdir(mode=0o700)
        target = own / Path(path).name
        if path in moved:  # the same film, twice in one request
            shutil.copyfile(moved[path], target)
        else:
            os.replace(path, target)
            with contextlib.suppress(OSError):  # holds the same film under another name
                Path(path).parent.rmdir()
            moved[path] = target
        yield os.fspath(target)
