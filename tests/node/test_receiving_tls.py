"""TLS towards senders, and what archives are spoken to with."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom")

from cxr_edge import CxrEdgeError
from cxr_edge_node.settings import Settings
from cxr_edge_node.tls import client_context, server_context
from node.receiving_certificates import Authority, Certificate, encrypted, needs_openssl
from node.receiving_peers import (
    CR,
    EXPLICIT,
    IMPLICIT,
    SHORT,
    echoes,
    eventually,
    film,
    listening,
    needs_dcmtk,
    run,
    send,
    threads_back_to,
)
from node.receiving_raw import Raw, associate_rq, command, p_data

pytestmark = needs_openssl


@dataclass(frozen=True)
class Clinic:
    authority: Path
    node: Certificate
    sender: Certificate
    foreign: Certificate
    expired: Certificate
    elsewhere: Certificate

    def settings(self, **changes) -> dict:
        return {"tls_certificate": self.node.pem, "tls_key": self.node.key, **changes}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Clinic:
    folder = tmp_path_factory.mktemp("clinic")
    ours, foreign = Authority(folder, "ours"), Authority(folder, "foreign")
    return Clinic(
        ours.pem, ours.signed("node"), ours.signed("sender"), foreign.signed("stranger"),
        ours.signed("expired", days=-1), ours.signed("elsewhere", host="DNS:archive.example"),
    )  # fmt: skip


def _client(clinic: Clinic, own: Certificate | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=clinic.authority)
    if own:
        context.load_cert_chain(own.pem, own.key)
    return context


def _shake_hands(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5), server_hostname="127.0.0.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_films_over_tls(tmp_path, clinic, version):
    context = _client(clinic)
    context.minimum_version = context.maximum_version = version
    large = film("1.2.3.4", side=1500)  # larger than a record and a PDU
    with listening(tmp_path, **clinic.settings()) as node:
        assert send(node.port, large, film("1.2.3.5"), tls_args=(context, "127.0.0.1")) == [0, 0]
        assert len(node.films()) == 2
        with _shake_hands(node.port, context) as connection:
            name, spoken, bits = connection.cipher()
            assert spoken == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
            assert "ECDHE" in name or name.startswith("TLS_")
            assert bits >= 128


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(tmp_path, clinic, version):
    context = _client(clinic)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with listening(tmp_path, **clinic.settings()) as node:
        with pytest.raises(ssl.SSLError, match="alert protocol version"):
            _shake_hands(node.port, context)
        assert node.alone()
        assert echoes(node.port, tls_args=(_client(clinic), "127.0.0.1"))


@pytest.mark.parametrize(
    "ciphers", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"]
)
def test_suites_without_fresh_keys_or_authenticated_encryption_are_refused(tmp_path, clinic, ciphers):
    context = _client(clinic)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    with listening(tmp_path, **clinic.settings()) as node, pytest.raises(ssl.SSLError, match="alert handshake failure"):
        _shake_hands(node.port, context)


def test_with_authorities_a_sender_has_to_show_a_certificate_of_theirs(tmp_path, clinic):
    with listening(tmp_path, **clinic.settings(tls_authorities=clinic.authority)) as node:
        assert send(node.port, film(), tls_args=(_client(clinic, clinic.sender), "127.0.0.1")) == [0]
        for other in (None, clinic.foreign, clinic.expired):
            assert not echoes(node.port, tls_args=(_client(clinic, other), "127.0.0.1"))
        assert node.alone()
        assert node.refusals() == [("127.0.0.1", "no TLS connection with a certificate that is accepted")]
        assert echoes(node.port, tls_args=(_client(clinic, clinic.sender), "127.0.0.1"))


def test_a_plain_sender_is_refused_and_the_node_lives(tmp_path, clinic, capfd):
    before = threading.active_count()
    with listening(tmp_path, SHORT, **clinic.settings()) as node:
        assert not echoes(node.port)
        with Raw(node.port) as sender:
            sender.send(b"GET / HTTP/1.1\r\n\r\n")
            assert sender.closed()
        with Raw(node.port) as silent:  # amid a handshake that never comes
            assert echoes(node.port, tls_args=(_client(clinic), "127.0.0.1"))
            assert silent.closed()
        assert node.alone()
        assert threads_back_to(before + 1)
        assert echoes(node.port, tls_args=(_client(clinic), "127.0.0.1"))
    assert capfd.readouterr() == ("", "")


def test_silent_connections_do_not_keep_others_from_their_handshake(tmp_path, clinic):
    with listening(tmp_path, **clinic.settings()) as node:
        silent = [Raw(node.port) for _ in range(20)]
        assert echoes(node.port, tls_args=(_client(clinic), "127.0.0.1"))
        for one in silent:
            one.socket.close()
        assert node.alone()


def test_a_sender_that_leaves_amid_an_object(tmp_path, clinic):
    with listening(tmp_path, **clinic.settings()) as node:
        with _shake_hands(node.port, _client(clinic)) as connection:
            connection.sendall(associate_rq((CR, [IMPLICIT])))
            assert connection.recv(1) == b"\2"
            connection.sendall(p_data((3, command()), (0, b"half")))
            assert eventually(lambda: len(node.incoming()) == 1)
        assert node.alone()
        assert node.incoming() == []


@needs_dcmtk
def test_dcmtk_over_tls(tmp_path, clinic):
    path = tmp_path / "film.dcm"
    film(syntax=EXPLICIT, side=600).save_as(path, enforce_file_format=True)
    with listening(tmp_path / "spool", **clinic.settings(tls_authorities=clinic.authority)) as node:
        to = ("-aec", "CXREDGE", "127.0.0.1", str(node.port))
        known = ("+tls", str(clinic.sender.key), str(clinic.sender.pem), "+cf", str(clinic.authority))
        for profile in ("+py", "+px", "+pz"):
            done = run("echoscu", *known, profile, *to)
            if "not available" in done.stderr:
                pytest.skip("DCMTK was built without OpenSSL")
            assert done.returncode == 0, done.stderr
        done = run("storescu", *known, *to, str(path))
        assert done.returncode == 0, done.stderr
        assert len(node.films()) == 1
        stranger = ("+tls", str(clinic.foreign.key), str(clinic.foreign.pem), "+cf", str(clinic.authority))
        for other in (stranger, ("+tla", "+cf", str(clinic.authority)), ()):
            assert run("echoscu", *other, *to).returncode != 0
        assert run("echoscu", *known, *to).returncode == 0


def test_no_certificate_no_tls():
    assert server_context(Settings(Path("spool"))) is None
    assert client_context(Settings(Path("spool"))) is None


def test_files_that_are_wrong_are_named(tmp_path, clinic):
    nothing, nonsense = tmp_path / "nothing.pem", tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    cases = [
        ({"tls_certificate": nothing}, rf"{nothing}: found No such file or directory; expected a PEM file"),
        ({"tls_key": nothing}, rf"{nothing}: found No such file"),
        ({"tls_authorities": nothing}, rf"{nothing}: found No such file"),
        ({"tls_certificate": nonsense}, rf"{nonsense} and .*: found no certificate and its key"),
        ({"tls_key": nonsense}, rf" and {nonsense}: found no certificate and its key"),
        ({"tls_authorities": nonsense}, rf"{nonsense}: found no certificates; expected a PEM file of authorities"),
        ({"tls_key": clinic.sender.key}, rf"{clinic.sender.key}: found the key of another certificate"),
        ({"tls_key": encrypted(clinic.node.key)}, r"node\.locked: found an encrypted key"),
        (
            {"tls_certificate": clinic.expired.pem, "tls_key": clinic.expired.key},
            rf"{clinic.expired.pem}: found a certificate that has expired",
        ),
    ]
    for changes, message in cases:
        with pytest.raises(CxrEdgeError, match=message):
            server_context(Settings(tmp_path, **clinic.settings(**changes)))


def test_a_node_does_not_start_with_a_wrong_file_and_leaves_the_port(tmp_path, clinic):
    wrong = clinic.settings(tls_key=clinic.sender.key)
    with pytest.raises(CxrEdgeError, match="another certificate"), listening(tmp_path, **wrong):
        pass


def _archive_with(own: Certificate) -> tuple[socket.socket, int]:
    """A TLS server that shakes hands once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.pem, own.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener, listener.getsockname()[1]


@pytest.mark.parametrize(
    ("which", "accepted"), [("node", True), ("elsewhere", False), ("foreign", False), ("expired", False)]
)
def test_an_archive_has_to_be_the_one_that_was_called(tmp_path, clinic, which, accepted):
    context = client_context(Settings(tmp_path, forward_tls=True, **clinic.settings(tls_authorities=clinic.authority)))
    listener, port = _archive_with(getattr(clinic, which))
    with listener:
        if accepted:
            _shake_hands(port, context).close()
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                _shake_hands(port, context)


def test_archives_over_tls_need_authorities(tmp_path, clinic):
    with pytest.raises(CxrEdgeError, match="found no tls_authorities"):
        client_context(Settings(tmp_path, forward_tls=True, **clinic.settings()))
    context = client_context(Settings(tmp_path, forward_tls=True, tls_authorities=clinic.authority))
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
