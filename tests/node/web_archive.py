"""A DICOMweb archive of these tests, and what it says."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class WebArchive:
    """An HTTP server that gives to each POST what `answer` makes of its body: status, fields and body."""

    answer: Callable[[bytes], tuple[int, dict[str, str], bytes]]
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @contextmanager
    def running(self, ssl_context: ssl.SSLContext | None = None) -> Iterator[int]:
        archive = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                archive.requests.append((self.path, dict(self.headers), body))
                status, fields, answer = archive.answer(body)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if ssl_context:
            server.socket = ssl_context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()


def answer(stored=(), failed=()):
    """The JSON of PS3.18 annex I."""

    def item(uid, reason=None):
        found = {"00081155": {"vr": "UI", "Value": [str(uid)]}}
        return found | ({"00081197": {"vr": "US", "Value": [reason]}} if reason is not None else {})

    return json.dumps(
        {
            "00081199": {"vr": "SQ", "Value": [item(uid) for uid in stored]} if stored else {"vr": "SQ"},
            "00081198": {"vr": "SQ", "Value": [item(*one) for one in failed]} if failed else {"vr": "SQ"},
        }
    ).encode()


def uid_in(body):
    (found,) = set(re.findall(rb"1\.2\.826\.0\.1\.3680043\.8\.498\.\d+", body.split(b"\x08\x00\x18\x00UI")[1][:80]))
    return found.decode()


def takes_all(body):
    return 200, {"Content-Type": "application/dicom+json"}, answer(stored=[uid_in(body)])
