"""Archives that misbehave in one way each, on this computer."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from pydicom.uid import UID
from pynetdicom import AE, evt

Behaviour = Callable[[socket.socket], None]


@contextmanager
def raw_archive(behave: Behaviour) -> Iterator[int]:
    """A port where each connection is treated by `behave`, in a thread of its own; it is closed at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def one(line: socket.socket) -> None:
        with suppress(OSError):
            behave(line)

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                lines.append(line)
                threading.Thread(target=one, args=(line,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for line in (listener, *lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


def silent(line: socket.socket) -> None:
    """Reads, and never says a word."""
    while line.recv(65536):
        pass


def hangs_up(line: socket.socket) -> None:
    line.recv(65536)
    line.close()


def saying(words: bytes) -> Behaviour:
    """Says `words` to whatever comes, and is silent then."""

    def behave(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(words)
        silent(line)

    return behave


def dripping(words: bytes, pause: float = 0.1) -> Behaviour:
    """Says `words` and then a byte now and then, without an end."""

    def behave(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(words)
        while True:
            time.sleep(pause)
            line.sendall(b"\0")

    return behave


Handler = Callable[[evt.Event], object]


@contextmanager
def dicom_archive(
    store: Handler, contexts: list[tuple[str, list[str]]], handlers: Sequence[evt.EventHandlerType] = (),
    ssl_context: ssl.SSLContext | None = None, **titles: object,
) -> Iterator[int]:  # fmt: skip
    """A C-STORE SCP on pynetdicom that takes `contexts` and answers with what `store` returns.

    Args:
        store: handles EVT_C_STORE.
        contexts: SOP classes with the transfer syntaxes that it takes of each.
        handlers: more of pynetdicom's.
        ssl_context: for TLS.
        titles: `require_calling_aet` and `require_called_aet` of pynetdicom's AE.
    """
    ae = AE(ae_title="PACS")
    for sop_class, syntaxes in contexts:
        ae.add_supported_context(UID(sop_class), syntaxes)
    for name, value in titles.items():
        setattr(ae, name, value)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store), *handlers], ssl_context=ssl_context
    )
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
