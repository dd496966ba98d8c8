"""Answers of a running demo to a program, and its file of feedback."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from cxr_edge_tools.outputs.workshop import Workshop

_SECONDS = 120.0


def make(shop: Workshop) -> None:
    """Write them all."""
    from gradio_client import Client, handle_file

    sick, clear, damaged = (f"films/{name}.png" for name in ("drawn_opacity_both", "drawn_clear", "half"))

    def file(name: str) -> Any:
        return handle_file(str(shop.work / name))

    with _demo(shop) as address:
        client = Client(address, verbose=False)
        answer = client.predict(film=file(sick), api_name="/predict")
        shop.keep_value("demo-predict--film.json", answer)
        said = {"diagnosis": "pneumonia", "comment": "drawn", "keep": False}
        client.predict(token=answer["token"], **said, api_name="/feedback")
        films = [file(name) for name in (clear, sick, damaged)]
        shop.keep_value("demo-worklist--damaged.json", client.predict(films=films, api_name="/worklist"))
        pair = client.predict(film=file(sick), api_name="/compare")
        shop.keep_value("demo-compare--film.json", pair)
        voted = client.predict(token=pair["token"], preferred="A", shows="pneumonia", api_name="/vote")
        shop.keep_value("demo-vote--names.json", voted)
        shop.keep_value("demo-figures--one.json", client.predict(api_name="/figures"))
        shop.keep_value("card--demo.json", client.predict(api_name="/models")[-1])
    with closing(sqlite3.connect(shop.work / "feedback.sqlite")) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM feedback").fetchone())
    shop.keep_value("demo-feedback--row.json", row)


@contextmanager
def _demo(shop: Workshop) -> Iterator[str]:
    """A demo on a free port of this computer; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(shop.python), "-m", "cxr_edge", "demo", "--port", str(port), "--feedback", "feedback.sqlite"]
    address = f"http://127.0.0.1:{port}"
    with (shop.work / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=shop.work, stdout=log, stderr=log)
    try:
        end = time.monotonic() + _SECONDS
        while not _answers(address):
            if time.monotonic() > end or process.poll() is not None:
                raise RuntimeError(f"no demo: {(shop.work / 'demo.log').read_text(encoding='utf-8')}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True
