"""What becomes of answers at an archive that speaks DICOMweb, by what it says."""

import io
from email import message_from_bytes

import pytest

pytest.importorskip("pydicom", reason="needs cxr-edge[node]")
from pydicom import dcmread

from cxr_edge_node.forwarding import by_stow
from cxr_edge_node.forwarding.by_stow import ByStow
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.forwarding.stow_answer import judged
from cxr_edge_node.forwarding.times import TimeOuts
from node.archive_doubles import dripping, hangs_up, raw_archive, saying
from node.small_answers import picture, report, written
from node.web_archive import WebArchive, answer, takes_all

SHORT = TimeOuts(connect=0.5, associate=0.5, answer=0.5)


def parts(fields, body):
    """The DICOM objects of a request as an archive reads them."""
    whole = message_from_bytes(f"Content-Type: {fields['Content-Type']}\r\n\r\n".encode() + body)
    assert whole.get_content_type() == "multipart/related"
    assert whole.get_param("type") == "application/dicom"
    assert {one.get_content_type() for one in whole.get_payload()} == {"application/dicom"}
    return [one.get_payload(decode=True) for one in whole.get_payload()]


def sent(archive, files, authorization=None, path="/dicom-web/"):
    with archive.running() as port:
        return [
            (one.state, one.error)
            for one in ByStow(f"http://127.0.0.1:{port}{path}", authorization, None, SHORT).send(files)
        ]


def test_each_object_goes_in_a_request_of_its_own(tmp_path):
    objects, archive = [report(), picture(512), report()], WebArchive(takes_all)
    files = written(tmp_path, *objects)
    assert sent(archive, files) == [("sent", "")] * 3
    for (path, fields, body), file in zip(archive.requests, files, strict=True):
        assert path == "/dicom-web/studies"
        assert fields["Accept"] == "application/dicom+json"
        assert "Authorization" not in fields
        (data,) = parts(fields, body)
        assert data == file.read_bytes()
        assert dcmread(io.BytesIO(data)).PatientID == "4711"


def test_the_authorization_is_read_each_time(tmp_path):
    token, archive = tmp_path / "token", WebArchive(takes_all)
    files = written(tmp_path, report(), report())

    def renewing(body):
        token.write_text("Bearer second\n")
        return takes_all(body)

    token.write_text("  Bearer first \nnothing\n")
    archive.answer = renewing
    assert sent(archive, files, token) == [("sent", "")] * 2
    assert [fields["Authorization"] for _, fields, _ in archive.requests] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("words", [b"", b"\n", b"Bearer a\0b", "Bearer ü".encode(), b"\xff"])
def test_an_authorization_that_is_none_is_not_sent_and_not_told(words, tmp_path):
    token, archive = tmp_path / "token", WebArchive(takes_all)
    with pytest.raises(Unreachable, match="cannot be read: No such file or directory"):
        sent(archive, written(tmp_path, report()), token)
    token.write_bytes(words)
    with pytest.raises(Unreachable, match="has no first line that can be sent") as raised:
        sent(archive, written(tmp_path, report()), token)
    assert "Bearer" not in str(raised.value)
    assert not archive.requests


def test_a_redirection_is_not_followed(tmp_path):
    token, elsewhere = tmp_path / "token", WebArchive(takes_all)
    token.write_text("Bearer secret")
    with elsewhere.running() as port:
        archive = WebArchive(lambda _: (307, {"Location": f"http://127.0.0.1:{port}/studies"}, b""))
        ((state, error),) = sent(archive, written(tmp_path, report(), report()), token)
    assert (state, error[:8]) == ("put off", "HTTP 307")
    assert not elsewhere.requests


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 429, 500, 502, 503, 507])
def test_what_may_pass_is_put_off_and_the_rest_not_tried(status, tmp_path):
    archive = WebArchive(lambda _: (status, {}, b"<html>no</html>"))
    ((state, error),) = sent(archive, written(tmp_path, report(), report()))
    assert (state, error[: len("HTTP 401: ")]) == ("put off", f"HTTP {status}: ")
    assert len(archive.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 400, 406, 409, 413, 415, 422])
def test_what_says_not_that_it_stored_is_a_refusal_of_one_object(status, tmp_path):
    """Among them a sign-in page with status 200."""
    body = b"" if status == 204 else b"<html>sign in</html>"
    archive = WebArchive(lambda _: (status, {"Content-Type": "text/html"}, body))
    results = sent(archive, written(tmp_path, report(), report()))
    assert [state for state, _ in results] == ["refused"] * 2
    assert f"HTTP {status}" in results[0][1]


@pytest.mark.parametrize("status", [200, 202, 409])
@pytest.mark.parametrize(
    ("reason", "state", "words"),
    [
        (0xA700, "put off", "status 0xA700 (out of resources)"),
        (0x0110, "put off", "status 0x0110 (processing failure)"),
        (0x0122, "refused", "status 0x0122 (SOP class not supported)"),
        (0xA900, "refused", "status 0xA900 (the object does not match its SOP class)"),
        (0xC000, "refused", "status 0xC000 (cannot understand the object)"),
        (0x0111, "sent", ""),
        (45070, "sent", ""),
        (45071, "refused", "status 0xB00F (a failure of the archive's own)"),
    ],
)
def test_reasons_of_failure(status, reason, state, words):
    assert judged(status, answer(failed=[("1.2", reason)]), "1.2") == (state, words)


def test_an_answer_about_another_object_is_none():
    assert judged(200, answer(stored=["1.2.3"]), "1.2")[0] == "refused"
    assert judged(409, answer(failed=[("1.2.3", 0x0111)]), "1.2")[0] == "refused"
    assert judged(500, answer(stored=["1.2"]), "1.2")[0] == "put off"
    assert judged(202, answer(stored=["1.2"], failed=[("1.2.3", 0xA700)]), "1.2") == ("sent", "")


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"null", b"3", b'"x"', b"{", b"[" * 100_000, b'{"00081199": 3}', b'{"00081199": {"Value": 3}}', b"\xff",
        b'{"00081199": {"Value": [3]}}', b'{"00081199": {"Value": [{"00081155": 3}]}}', b'{"00081199": null}',
        b'{"00081199": {"Value": [{"00081155": {"Value": 3}}]}}', b'{"00081198": {"Value": [{"00081197": {}}]}}',
    ],
)  # fmt: skip
def test_nonsense_is_no_confirmation(body):
    assert judged(200, body, "1.2") == ("refused", "HTTP 200, but its answer does not say that it stored the object")


def test_an_answer_without_end(tmp_path, monkeypatch):
    """No more than a megabyte of it is read."""
    monkeypatch.setattr(by_stow, "GRACE", 0.3)
    files = written(tmp_path, report())

    def floods(line):
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b" " * 65536)

    for behave, state, words in [
        (floods, "refused", "HTTP 200, but its answer does not say that it stored the object"),
        (hangs_up, "put off", "it broke off"),
        (saying(b"what?\r\n\r\n"), "put off", "its answer is no HTTP (BadStatusLine)"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"), "put off", "no answer in "),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n"), "put off", "it broke off"),
        (dripping(b"HTTP/1.1 200 OK\r\nX: "), "put off", "no answer in "),
    ]:
        with raw_archive(behave) as port:
            (result,) = ByStow(f"http://127.0.0.1:{port}", None, None, SHORT).send(files)
        assert result.state == state
        assert result.error.startswith(words)


def test_an_answer_before_the_whole_request_was_read(tmp_path):
    """As of a proxy that takes no more than a megabyte."""

    def refuses(line):
        line.recv(10)
        line.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with raw_archive(refuses) as port:
        (result,) = ByStow(f"http://127.0.0.1:{port}", None, None, TimeOuts()).send(written(tmp_path, picture(1000)))
    assert (result.state, result.error) == ("refused", "HTTP 413: the object is too large for it")


def test_files_that_cannot_be_read(tmp_path):
    torn = tmp_path / "torn"
    torn.write_bytes(b"\0" * 200)
    results = sent(WebArchive(takes_all), [tmp_path / "gone", torn, *written(tmp_path, report())])
    assert [state for state, _ in results] == ["unreadable", "unreadable", "sent"]
