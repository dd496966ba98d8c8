"""Answers to an archive by STOW-RS, PS3.18 10.5: one request for each object.

With one object in a request its answer is unmistakable, one bad object spoils no other, and memory holds one. A new
connection each time costs 1.4 ms beside 6 to 10 ms for the object (Orthanc on the same computer), and none is found
dead on its next use.

An archive that confirms an object and loses it afterwards is beyond this program.
"""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from cxr_edge import CxrEdgeError
from cxr_edge_node.forwarding.answer_file import Header, not_read, read_header
from cxr_edge_node.forwarding.sender import Result, Unreachable, in_words
from cxr_edge_node.forwarding.stow_answer import judged
from cxr_edge_node.forwarding.times import GRACE, TimeOuts, deadline
from cxr_edge_node.settings import Settings

MOST = 2**20
"""Bytes of an archive's answer that are read; one for a single object has about a thousand."""


def web_context(settings: Settings) -> ssl.SSLContext:
    """For https: archives' certificates verify by `tls_authorities`, or by what the system trusts.

    Raises:
        CxrEdgeError: a certificate or key cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=settings.tls_authorities)
        if settings.tls_certificate is not None:
            # A password that is wrong, so that OpenSSL does not ask for one on the terminal.
            context.load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
        return context
    except OSError as error:
        raise CxrEdgeError(
            f"forward_web: found {in_words(error)}; expected PEM files of tls_authorities and tls_key"
        ) from None


class ByStow:
    """A `Sender` by STOW-RS. Redirections are not followed, so the authorization goes to nobody else.

    Args:
        root: URL of the DICOMweb service.
        authorization: file whose first line is the header ``Authorization``; read for each object, so it may be renewed
            at any time.
        context: for https.
        times: to wait for the archive.
    """

    def __init__(
        self, root: str, authorization: Path | None, context: ssl.SSLContext | None, times: TimeOuts | None = None
    ) -> None:
        parts = urlsplit(root)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._path = f"{parts.path.rstrip('/')}/studies"
        self._authorization, self._context, self._times = authorization, context, times or TimeOuts()
        self._line: socket.socket | None = None

    def send(self, files: Sequence[Path]) -> Generator[Result, None, None]:
        """Send `files` one after the other; see `Sender`."""
        for file in files:
            header = read_header(file)
            result = self._send(file, header) if isinstance(header, Header) else header
            yield result
            if result.state == "put off":
                return

    def hang_up(self) -> None:
        """Cut the connection; see `Sender`."""
        if self._line is not None:
            with suppress(OSError):  # it is closed
                # Not that of an SSLSocket, which drops the encryption first while another thread may be sending.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def _send(self, file: Path, header: Header) -> Result:
        try:
            data = file.read_bytes()
        except OSError as error:
            return not_read(file, error)
        fields = self._fields()
        patience = self._times.for_object(len(data))
        connection = self._connect()
        self._line = connection.sock
        try:
            self._line.settimeout(patience)
            with deadline(patience + GRACE, self.hang_up) as late:
                status, body = self._post(connection, data, fields)
            if late.is_set():
                raise TimeoutError
        except TimeoutError:
            return Result(file, "put off", f"no answer in {patience:.0f} s")
        except ConnectionError:
            return Result(file, "put off", "it broke off")
        except OSError as error:
            return Result(file, "put off", f"it broke off: {in_words(error)}")
        except (http.client.HTTPException, ValueError) as error:
            return Result(file, "put off", f"its answer is no HTTP ({type(error).__name__})")
        finally:
            connection.close()
        return Result(file, *judged(status, body, header.sop_instance))

    def _connect(self) -> http.client.HTTPConnection:
        timeout = self._times.connect
        connection = (
            http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)
            if self._secure
            else http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise Unreachable(f"cannot connect: {in_words(error)}") from None
        return connection

    def _post(self, connection: http.client.HTTPConnection, data: bytes, fields: dict[str, str]) -> tuple[int, bytes]:
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        fields |= {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            # Not in chunks: an archive or proxy of HTTP 1.0 takes these for nothing.
            "Content-Length": str(len(head) + len(data) + len(tail)),
            "Accept": "application/dicom+json",
            "Connection": "close",
        }
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have said why before it stopped listening
            connection.request("POST", self._path, (head, data, tail), fields)
        with connection.getresponse() as answer:
            body = answer.read(MOST)
            if answer.length and len(body) < MOST:
                raise ConnectionError  # which read(n) passes over
            return answer.status, body

    def _fields(self) -> dict[str, str]:
        if self._authorization is None:
            return {}
        try:
            with self._authorization.open(encoding="ascii") as file:
                line = file.readline().strip()
        except OSError as error:
            raise Unreachable(f"the file of web_authorization cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            line = ""
        if not line or not line.isprintable():
            raise Unreachable("the file of web_authorization has no first line that can be sent") from None
        return {"Authorization": line}
