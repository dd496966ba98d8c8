"""A proxy before a store that fails some requests: by 503, or by cutting the connection in the middle of an answer."""

from __future__ import annotations

import http.client
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_OF_THIS_HOP = ("transfer-encoding", "content-length", "connection", "expect")


class FailingStore(ThreadingHTTPServer):
    """Passes requests on to `target`; a share `failing` of them fails, in turn by 503 and by a cut connection."""

    daemon_threads = True

    def __init__(self, target: str, failing: float, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.failing = urlsplit(target).netloc, failing
        self.pick, self.requests, self.failed = random.Random(seed), 0, 0
        self.lock = threading.Lock()

    def __enter__(self) -> FailingStore:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a client that was killed leaves its connections open."""

    def fails(self) -> str | None:
        """None, ``503`` or ``cut``, for the next request."""
        with self.lock:
            self.requests += 1
            if self.pick.random() >= self.failing:
                return None
            self.failed += 1
            return "503" if self.failed % 2 else "cut"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FailingStore

    def handle_request(self) -> None:
        """Pass it on, or fail it."""
        body = self._body()
        failure = self.server.fails()
        if failure == "503":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        given = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THIS_HOP}
        connection.request(self.command, self.path, body, given)
        answer = connection.getresponse()
        data = answer.read()
        if failure == "cut" and not data:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        if failure == "cut":
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(data)
        connection.close()

    def _body(self) -> bytes:
        """All of it, also if it comes in pieces."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # what may follow the last piece
            pass
        return b"".join(parts)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_request  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""
