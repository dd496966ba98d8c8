"""What comes from outside is bounded, and nothing goes outside unasked."""

import asyncio
import json
import subprocess
import sys

import pytest

from cxr_edge import CxrEdgeError
from cxr_edge.cli.main import main
from cxr_edge_demo.html.worklist_table import in_order
from cxr_edge_demo.web.exposure import VARIABLE, Exposure, read_users
from cxr_edge_demo.web.rate_limit import RateLimit
from cxr_edge_demo.web.request_bounds import MAX_MESSAGE, RequestBounds
from zipped import zipped

FENCE = """
import socket
from cxr_edge_demo.web.no_outgoing import forbid_other_computers
forbid_other_computers(["this-computer"])
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
):
    try:
        attempt()
    except PermissionError as error:
        print(error)
"""


def test_one_broken_file_does_not_stop_the_others(service, send, phantoms):
    films = zipped({"in zip.png": phantoms["clear"].read_bytes(), "broken.png": b"\x89PNG\r\n\x1a\nxx"})
    uploads = [
        send("clear.png", phantoms["clear"].read_bytes()),
        send("page.jpg", b"<html></html>"),
        send("empty.png", b""),
        send("opacity.png", phantoms["opacity_both"].read_bytes()),
        send("films.zip", films),
        send("half.zip", films[:-40]),
    ]
    films = service.film_list("page")
    assert list(service.extend(films, uploads)) == [1, 2, 3, 4, 5, 6, 7]
    assert in_order(films.films)[0].prediction.path == "opacity.png"
    errors = {film.prediction.path: film.prediction.error for film in films.films if film.prediction.error}
    assert set(errors) == {"page.jpg", "empty.png", "films.zip/broken.png", "half.zip"}
    assert all(error.startswith(f"{path}: found ") for path, error in errors.items())
    assert list(service.uploads.folder.iterdir()) == []


def test_a_client_may_ask_so_often_a_minute_and_others_are_not_held_up():
    now = [0.0]
    limit = RateLimit(3, clock=lambda: now[0])
    assert [limit.wait("a") > 0 for _ in range(5)] == [False, False, False, True, True]
    assert limit.wait("b") == 0
    assert limit.wait("a") == pytest.approx(20)
    now[0] = 20.5
    assert limit.wait("a") == 0
    assert limit.wait("a") > 0


def ask(guard, path, body=b"", headers=(), client="10.0.0.1", method="POST"):
    """Send one request through `guard`; its status, headers and body."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "client": (client, 1)}
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"].decode()


async def echo(scope, receive, send):
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(message["body"])).encode()})


def test_the_guard_refuses_too_often_and_too_much_with_a_sentence():
    guard = RequestBounds(echo, per_minute=2)
    status, headers, body = ask(guard, "/x", b"12")
    assert (status, body) == (200, "2")
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    ask(guard, "/x")
    status, headers, body = ask(guard, "/x")
    assert status == 429
    assert int(headers[b"retry-after"]) > 0
    assert json.loads(body)["detail"].startswith("You sent more than 2 requests in a minute. Wait ")
    assert ask(guard, "/gradio_api/upload")[2].startswith("You sent more than 2 requests")
    assert ask(guard, "/x", client="10.0.0.2")[0] == 200
    announced = [(b"content-length", str(2**40).encode())]
    assert ask(guard, "/gradio_api/upload", headers=announced, client="10.0.0.3")[0] == 413
    assert ask(guard, "/gradio_api/queue/join", bytes(MAX_MESSAGE + 1), client="10.0.0.3")[0] == 413


def test_reading_pages_is_free_and_reading_films_counts():
    guard = RequestBounds(echo, per_minute=2)
    assert {ask(guard, "/", method="GET")[0] for _ in range(5)} == {200}
    assert [ask(guard, "/cxr/film/x.png", method="GET")[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/gradio_api/deep_link", "/monitoring/summary", "/gradio_api/run-history/records"])
def test_what_the_demo_does_not_need_is_closed(path):
    assert ask(RequestBounds(echo, per_minute=9), path)[0] == 404


def test_behind_a_tunnel_clients_are_told_apart_by_its_last_word():
    guard = RequestBounds(echo, per_minute=1, behind_tunnel=True)
    for forged in (b"1.1.1.1", b"2.2.2.2"):
        status, _, _ = ask(guard, "/x", headers=[(b"x-forwarded-for", forged + b", 9.9.9.9")], client="127.0.0.1")
    assert status == 429
    assert ask(guard, "/x", headers=[(b"x-forwarded-for", b"8.8.8.8")], client="127.0.0.1")[0] == 200


def test_passwords_cannot_be_tried_quickly():
    guard = RequestBounds(echo, per_minute=1000)
    assert [ask(guard, "/login")[0] for _ in range(12)].count(429) == 2


@pytest.mark.parametrize("how", [["--share"], ["--host", "0.0.0.0"], ["--host", "192.0.2.7"]])
def test_others_are_let_in_with_a_password_or_a_plain_word_only(how, capsys, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert main(["demo", *how]) == 2
    error = capsys.readouterr().err
    assert "without a password" in error
    assert error.count("\n") == 1
    share = "--share" in how
    host = "127.0.0.1" if share else how[1]
    Exposure(host, share, (("a", "12345678"),), False).check()
    Exposure(host, share, (), True).check()


def test_who_reaches_it_and_for_how_long_is_said():
    local = Exposure("127.0.0.1", False, (), False).sentences("http://127.0.0.1:7860/", None)
    assert "on this computer alone" in local[0]
    everybody = "\n".join(Exposure("127.0.0.1", True, (), True).sentences("u", "https://x.gradio.live"))
    assert "from the whole internet, for anybody, without a password: https://x.gradio.live" in everybody
    assert "in a week" in everybody
    network = "\n".join(Exposure("0.0.0.0", False, (("a", "12345678"),), False).sentences("u", None))
    assert "for whoever knows one of 1 passwords" in network
    assert "not encrypted" in network


def test_passwords_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "users"
    file.write_text("# clinic\nanna:with:colons\n\nbert:12345678\n")
    assert read_users(file) == (("anna", "with:colons"), ("bert", "12345678"))
    monkeypatch.setenv(VARIABLE, "carl:87654321")
    assert read_users(None) == (("carl", "87654321"),)
    for text in ("nobody", ":12345678", "anna:short", ""):
        file.write_text(text)
        with pytest.raises(CxrEdgeError, match="expected USER:PASSWORD") as caught:
            read_users(file)
        assert "short" not in str(caught.value).replace("shorter", "")
    with pytest.raises(CxrEdgeError, match="no readable text file"):
        read_users(tmp_path / "missing")


def test_no_word_to_other_computers():
    done = subprocess.run([sys.executable, "-c", FENCE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["cxr-edge demo connects to no other computer"] * 5


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    text = capsys.readouterr().out
    for word in ("--share --auth-file", "--export", "--open", VARIABLE, "Ctrl-C"):
        assert word in text
