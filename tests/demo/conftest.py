"""A demo in a process of its own, and its parts without one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from browser_page import PATIENCE
from cxr_edge import Classifier
from cxr_edge.store import SAMPLES
from cxr_edge_demo.offered_models import OfferedModels
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback import Feedback
from cxr_edge_demo.web.uploads import Uploads

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Server:
    """`cxr-edge demo` on a free port."""

    def __init__(self, folder: Path, *options: str, port: int = 0, **environment: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.feedback = folder / "feedback.sqlite"
        self.uploads = folder / f"feedback.uploads-{self.port}"
        self.log = folder / "log.txt"
        command = [sys.executable, "-m", "cxr_edge", "demo", "--port", str(self.port)]
        command += ["--feedback", str(self.feedback), *options]
        with self.log.open("ab") as log:
            environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.wait()

    def wait(self, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"no demo: {self.log.read_text()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def files(self) -> list[Path]:
        return [path for path in self.uploads.rglob("*") if path.is_file()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def start():
    """Start demos; all are stopped when the module is done."""
    started = []

    def one(folder: Path, *options: str, **settings) -> Server:
        started.append(Server(folder, *options, **settings))
        return started[-1]

    yield one
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def phantoms() -> dict[str, Path]:
    """The bundled drawn films, by name."""
    return {path.stem.removeprefix("drawn_"): path for path in SAMPLES.glob("*.png")}


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.fixture
def service(tmp_path):
    """The demo's parts, with bundled models."""
    feedback = Feedback(tmp_path / "feedback.sqlite")
    yield Service(OfferedModels(), feedback, Uploads(tmp_path / "uploads"))
    feedback.close()


@pytest.fixture
def send(service):
    """Put a file where the web server would, and say what it would say."""

    def put(name: str, data: bytes) -> dict[str, str]:
        folder = service.uploads.folder / f"{time.monotonic_ns():x}"
        folder.mkdir()
        (folder / "stored").write_bytes(data)
        return {"path": str(folder / "stored"), "orig_name": name}

    return put


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield found
        found.close()


@pytest.fixture
def new_page(browser):
    """Open pages; afterwards fail if any of them asked another computer, or broke."""
    asked, broken, contexts = set(), [], []

    def opened(**options):
        contexts.append(browser.new_context(viewport={"width": 1366, "height": 768}, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: asked.add(request.url))
        page.on("websocket", lambda socket: asked.add(socket.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts, "nothing was recorded"
    assert hosts <= {"127.0.0.1", "localhost"}, hosts
    assert broken == []
