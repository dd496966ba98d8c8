"""The demo for programs, on a running server."""

import hashlib
import json
import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("gradio")
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from cxr_edge import list_models
from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.web.exposure import VARIABLE
from dicom_film import SECRETS, dicom_film

OFFERED = (*list_models(), *comparison_models())
PAGE = Path(__file__).parents[2] / "docs/demo.md"
FILE = "Mustermann_Erika_1964.png"


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"), "--rate", "10000")


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


def test_the_python_of_the_page_runs(server, phantoms, classifier):
    names = {"url": server.url, "path": str(phantoms["opacity_both"])}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(block, names)
    expected = classifier.predict(phantoms["opacity_both"])
    assert names["answer"]["probability"] == pytest.approx(expected.probability)
    assert names["answer"]["decision"] == expected.decision
    assert names["answer"]["film_sha256"] == hashlib.sha256(phantoms["opacity_both"].read_bytes()).hexdigest()
    assert names["picture"].startswith("<img")
    assert [film["probability"] for film in names["films"]] == [pytest.approx(expected.probability)] * 2
    assert set(names["names"].values()) <= {model.name for model in OFFERED}
    assert names["figures"]["accuracy"][0]["sensitivity"]["value"] == 1
    assert names["figures"]["accuracy"][0]["specificity"] is None
    assert [card["name"] for card in names["cards"]] == [model.name for model in OFFERED]
    assert server.files() == []


def test_every_model_can_be_asked(client, phantoms):
    for model in OFFERED:
        answer = client.predict(handle_file(phantoms["clear"]), model.name, api_name="/predict")
        assert answer["model"]["sha256"] == model.sha256
    with pytest.raises(AppError, match="There is no model called x"):
        client.predict(handle_file(phantoms["clear"]), "x", api_name="/predict")


def test_a_bad_film_raises_its_sentence(client, tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    with pytest.raises(AppError, match=r"page\.jpg: found text; expected JPEG"):
        client.predict(handle_file(tmp_path / "page.jpg"), api_name="/predict")


@pytest.mark.parametrize("path", ["/etc/passwd", "http://192.0.2.1/film.png", "feedback.sqlite", "../feedback.sqlite"])
def test_a_client_cannot_name_a_file_or_an_address(server, path):
    film = {"path": path, "meta": {"_type": "gradio.FileData"}}
    body = json.dumps({"data": [film, ""]}).encode()
    ask = urllib.request.Request(f"{server.url}/gradio_api/call/predict", body, {"Content-Type": "application/json"})
    event = json.load(urllib.request.urlopen(ask, timeout=30))["event_id"]
    answer = urllib.request.urlopen(f"{server.url}/gradio_api/call/predict/{event}", timeout=30).read().decode()
    assert "event: error" in answer
    assert "Traceback" not in answer
    assert server.files() == []


def test_a_token_is_not_guessed(client):
    with pytest.raises(AppError, match="no longer in memory"):
        client.predict("x", "normal", "", False, api_name="/feedback")


def test_a_place_is_said_and_taken_back(client, server, phantoms):
    token = client.predict(handle_file(phantoms["clear"]), api_name="/predict")["token"]
    place = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
    before = client.predict(api_name="/figures")["accuracy"]
    assert client.predict(token, "normal", "", False, [place], api_name="/feedback") is True
    assert client.predict(api_name="/figures")["accuracy"] != before
    assert client.predict(token, api_name="/undo") is True
    assert client.predict(api_name="/figures")["accuracy"] == before
    with pytest.raises(AppError, match="Draw the place again"):
        client.predict(token, "normal", "", False, [{**place, "x": 2}], api_name="/feedback")
    with pytest.raises(AppError, match="nothing to undo"):
        client.predict(token, api_name="/undo")


def test_200_megabytes_are_refused_and_not_kept(server):
    boundary = b"--b\r\nContent-Disposition: form-data; name=files; filename=large.png\r\n\r\n"
    body = boundary + bytes(200 * 10**6) + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    request = urllib.request.Request(f"{server.url}/gradio_api/upload", body, headers)
    with pytest.raises((urllib.error.HTTPError, ConnectionError, urllib.error.URLError)) as caught:
        urllib.request.urlopen(request, timeout=60)
    if isinstance(caught.value, urllib.error.HTTPError):  # else it hung up on us, being fed up
        assert caught.value.code == 413
        assert b"exceeded maximum allowed size of 67108864 bytes" in caught.value.read()
    assert server.files() == []
    assert urllib.request.urlopen(server.url, timeout=30).status == 200


def test_users_who_send_the_same_film_at_once_all_get_answers(server, phantoms):
    def one(_):
        own = Client(server.url, verbose=False)
        return own.predict(handle_file(phantoms["clear"]), api_name="/predict")["probability"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(16)))) == 1
    assert server.files() == []


def test_headers_keep_browsers_at_home_and_other_sites_out(server):
    answer = urllib.request.urlopen(server.url, timeout=30)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["Cache-Control"] == "no-store"
    foreign = urllib.request.Request(server.url, headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(foreign, timeout=30)


def test_logs_name_no_film_and_no_patient(server, client, tmp_path, phantoms):
    pytest.importorskip("pydicom")
    (tmp_path / FILE).write_bytes(phantoms["clear"].read_bytes()[:3000])
    with pytest.raises(AppError, match=FILE):
        client.predict(handle_file(tmp_path / FILE), api_name="/predict")
    (tmp_path / "film.dcm").write_bytes(dicom_film())
    token = client.predict(handle_file(tmp_path / "film.dcm"), api_name="/predict")["token"]
    client.predict(token, "pneumonia", "of Erika Mustermann", True, api_name="/feedback")
    with pytest.raises(AppError):
        client.predict(token, ["of Erika"], "of Erika", True, api_name="/feedback")  # an error of our own making
    with pytest.raises(AppError, match="Something went wrong"):
        client.predict(token, "pneumonia", 5, True, api_name="/feedback")
    log = server.log.read_text()
    assert "TypeError in feedback.py" in log
    forbidden = "|".join([*SECRETS, "film.dcm", "Traceback"])
    assert [line for line in log.splitlines() if re.search(forbidden, line, re.IGNORECASE)] == []


def test_too_many_requests_are_refused(start, tmp_path, phantoms):
    slow = start(tmp_path, "--rate", "6")
    client = Client(slow.url, verbose=False)
    for _ in range(3):  # an upload and a question each
        client.predict(handle_file(phantoms["clear"]), api_name="/predict")
    with pytest.raises(Exception, match=r"429|Too Many|more than 6 requests in a minute"):
        client.predict(handle_file(phantoms["clear"]), api_name="/predict")


def test_programs_need_the_password_too(start, tmp_path, phantoms):
    locked = start(tmp_path, **{VARIABLE: "anna:correct horse"})
    for wrong in (None, ("anna", "wrong horse")):
        with pytest.raises(Exception, match=r"(?i)auth|credential|login|401"):
            Client(locked.url, auth=wrong, verbose=False)
    known = Client(locked.url, auth=("anna", "correct horse"), verbose=False)
    assert known.predict(handle_file(phantoms["clear"]), api_name="/predict")["decision"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{locked.url}/config", timeout=30)


def test_a_stopped_server_leaves_no_folder_and_a_taken_port_is_said(start, tmp_path, capsys):
    from cxr_edge.cli.main import main

    server = start(tmp_path)
    assert server.uploads.is_dir()
    assert main(["demo", "--port", str(server.port), "--feedback", str(tmp_path / "other.sqlite")]) == 2
    assert "expected a free port" in capsys.readouterr().err
    assert server.stop() in (0, 130)
    assert not server.uploads.exists()
