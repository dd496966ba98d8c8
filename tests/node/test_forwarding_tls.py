"""Answers over TLS: to the archive that the settings mean, and to no other."""

import socket
import ssl
import subprocess

import pytest

pytest.importorskip("pynetdicom", reason="needs cxr-edge[node]")
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom.sop_class import ComprehensiveSRStorage

from cxr_edge import CxrEdgeError
from cxr_edge_node.forwarding.by_stow import web_context
from cxr_edge_node.forwarding.forwarder import senders
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.settings import settings
from node.archive_certificates import certificate, needs_openssl
from node.archive_doubles import dicom_archive, raw_archive, saying
from node.small_answers import report, written
from node.web_archive import WebArchive, takes_all

pytestmark = needs_openssl
SR = [(ComprehensiveSRStorage, [ExplicitVRLittleEndian])]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    subjects = {"archive": "IP:127.0.0.1", "node": "DNS:node", "stranger": "IP:127.0.0.1", "renamed": "DNS:elsewhere"}
    return {name: certificate(folder, name, subject) for name, subject in subjects.items()}


def archive_context(certificates, name="archive", ask_for=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates[name])
    if ask_for:
        context.load_verify_locations(certificates[ask_for][0])
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def sender_to(place, certificates, spool, authority="archive", own="node"):
    """As the node makes it of its settings; `place` is a port for C-STORE or a URL."""
    where = {"forward_web": [place]} if isinstance(place, str) else {"forward": [f"PACS@127.0.0.1:{place}"]}
    own_files = dict(zip(("tls_certificate", "tls_key"), certificates[own], strict=True)) if own else {}
    made = settings(
        {"spool": spool, **where, **own_files, "tls_authorities": certificates[authority][0], "forward_tls": True}
    )
    (sender,) = senders(made).values()
    return sender


def test_c_store(certificates, tmp_path):
    files, came = written(tmp_path, report(), report()), []
    context = archive_context(certificates, ask_for="node")

    def store(event):
        came.append(event.assoc.dul.socket.socket.version())
        return 0

    with dicom_archive(store, SR, ssl_context=context) as port:
        assert [one.state for one in sender_to(port, certificates, tmp_path).send(files)] == ["sent"] * 2
    assert came == ["TLSv1.3"] * 2


@pytest.mark.parametrize(("name", "words"), [("stranger", "self-signed certificate"), ("renamed", "mismatch")])
def test_an_archive_that_is_another(name, words, certificates, tmp_path):
    files, came, context = written(tmp_path, report()), [], archive_context(certificates, name)
    trusted = "archive" if name == "stranger" else name
    with (
        dicom_archive(came.append, SR, ssl_context=context) as port,
        pytest.raises(Unreachable, match=f"cannot connect: its certificate does not verify: .*{words}"),
    ):
        list(sender_to(port, certificates, tmp_path, trusted).send(files))
    web = WebArchive(takes_all)
    with (
        web.running(context) as port,
        pytest.raises(Unreachable, match=f"cannot connect: its certificate does not verify: .*{words}"),
    ):
        list(sender_to(f"https://127.0.0.1:{port}", certificates, tmp_path, trusted).send(files))
    assert not came + web.requests


def test_an_archive_without_tls(certificates, tmp_path):
    files = written(tmp_path, report())
    with raw_archive(saying(b"\x07\0\0\0\0\4\0\0\2\0")) as port:
        for place in (port, f"https://127.0.0.1:{port}"):
            with pytest.raises(Unreachable, match=r"^cannot connect: TLS failed: "):
                list(sender_to(place, certificates, tmp_path).send(files))


def test_https(certificates, tmp_path):
    files, archive = written(tmp_path, report(), report()), WebArchive(takes_all)
    with archive.running(archive_context(certificates, ask_for="node")) as port:
        root = f"https://127.0.0.1:{port}/dicom-web"
        assert [one.state for one in sender_to(root, certificates, tmp_path).send(files)] == ["sent"] * 2
        (refused,) = sender_to(root, certificates, tmp_path, own=None).send(files)
    assert refused.state == "put off"
    assert len(archive.requests) == 2


def test_a_line_that_is_cut_keeps_its_encryption(certificates, tmp_path):
    """`SSLSocket.shutdown` drops it first, so that another thread might send the rest in the clear."""
    with WebArchive(takes_all).running(archive_context(certificates)) as port:
        sender = sender_to(f"https://127.0.0.1:{port}", certificates, tmp_path)
        sender._line = web_context(
            settings({"spool": tmp_path, "tls_authorities": certificates["archive"][0]})
        ).wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
        sender.hang_up()
        assert sender._line.version() == "TLSv1.3"
        with pytest.raises(OSError, match=r"."):
            sender._line.send(b"x" * 100)
        sender._line.close()


def test_files_that_are_no_certificates(certificates, tmp_path):
    (tmp_path / "junk").write_text("junk")
    subprocess.run(
        ["openssl", "ec", "-in", certificates["node"][1], "-aes128", "-passout", "pass:x", "-out", tmp_path / "locked"],
        check=True, capture_output=True,
    )  # fmt: skip
    for values in (
        {"tls_authorities": tmp_path / "junk"},
        {"tls_authorities": tmp_path / "gone"},
        {"tls_certificate": certificates["node"][0], "tls_key": certificates["archive"][1]},
        {"tls_certificate": certificates["node"][0], "tls_key": tmp_path / "locked"},  # asks nobody for a password
    ):
        with pytest.raises(CxrEdgeError, match=r"^forward_web: found "):
            web_context(settings({"spool": tmp_path, **values}))
    assert web_context(settings({"spool": tmp_path})).verify_mode == ssl.CERT_REQUIRED
