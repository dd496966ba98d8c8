"""Statements that are changed or taken back, places drawn on films, and files of older versions."""

import csv
import json
import sqlite3

import pytest

pytest.importorskip("gradio")
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.labelled_films import labelled_films
from cxr_edge_demo.routes.statements import add_statement_routes
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
from cxr_edge_demo.store.feedback_figures import accuracies, vote_counts
from cxr_edge_demo.store.kept_films import PLACES, write_kept_films
from cxr_edge_demo.store.places import MAX_PLACES, Place, as_plain, as_text, from_text, read_places

HERE = {"x": 0.25, "y": 0.5, "width": 0.125, "height": 0.2}
# As the demo made it before places could be drawn.
OLD = """
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, film_sha256 TEXT NOT NULL,
    model TEXT NOT NULL, version TEXT NOT NULL, model_sha256 TEXT NOT NULL, threshold REAL NOT NULL,
    probability REAL NOT NULL, decision TEXT NOT NULL, diagnosis TEXT NOT NULL, comment TEXT NOT NULL);
CREATE TABLE films (film_sha256 TEXT PRIMARY KEY, at TEXT NOT NULL, png BLOB NOT NULL);
INSERT INTO feedback VALUES (7, '2026-01-01', 'ab12', 'm', '1', 'ff', 0.5, 0.9, 'refer', 'pneumonia', 'old words');
INSERT INTO films VALUES ('ab12', '2026-01-01', X'89504E47');
"""


@pytest.fixture
def film(service, phantoms):
    return service.answer(phantoms["opacity_both"].read_bytes(), "film.png")


@pytest.fixture
def client(service):
    app = FastAPI()
    app.add_api_route("/config", lambda: {}, dependencies=[])
    add_statement_routes(app, service)
    return TestClient(app)


def test_places_survive_the_file_and_are_kept_within_the_film():
    places = read_places([HERE, {**HERE, "x": 0.123456789}])
    assert places == (Place(0.25, 0.5, 0.125, 0.2), Place(0.1235, 0.5, 0.125, 0.2))
    assert from_text(as_text(places)) == places
    assert as_text(()) == ""
    assert from_text("") == read_places(None) == ()
    assert as_plain(places[:1]) == [HERE]


@pytest.mark.parametrize(
    "values",
    [
        "here",
        [[0, 0, 1, 1]],
        [{"x": 0}],
        [{**HERE, "x": "left"}],
        [{**HERE, "x": -0.1}],
        [{**HERE, "x": 0.9}],
        [{**HERE, "width": 0}],
        [{**HERE, "y": float("nan")}],
        [{**HERE, "height": float("inf")}],
        [HERE] * (MAX_PLACES + 1),
    ],
)
def test_what_is_no_place_is_refused(values):
    with pytest.raises(CxrEdgeError, match=r"^Draw "):
        read_places(values)


def test_an_old_file_gets_the_new_columns_and_loses_nothing(tmp_path, service, film):
    file = tmp_path / "old.sqlite"
    old = sqlite3.connect(file)
    old.executescript(OLD)
    old.close()
    for _ in range(2):  # the second time they are there
        feedback = Feedback(file)
        row = ("ab12", "pneumonia", "old words", "")
        assert feedback.rows("SELECT film_sha256, diagnosis, comment, place FROM feedback") == [row]
        feedback.close()
    feedback = Feedback(file)
    added = feedback.add(service.held.get(film).answers[0], Diagnosis("normal", places=read_places([HERE])))
    assert added == 8
    counts = write_kept_films(feedback, tmp_path / "films")
    assert counts["pneumonia"] == 1
    feedback.undo(7)  # of which nobody knows whether it let the film be kept: it goes along
    assert feedback.rows("SELECT * FROM films") == []
    feedback.close()


def test_what_is_said_again_replaces_what_was_said_and_undo_leaves_nothing(service, film):
    for diagnosis in ("pneumonia", "normal"):
        service.diagnose(film, Diagnosis(diagnosis, places=read_places([HERE])), keep=True)
    assert service.feedback.rows("SELECT diagnosis FROM feedback") == [("normal",)]
    assert len(service.feedback.rows("SELECT * FROM films")) == 1
    assert accuracies(service.feedback)[0].normal == 1
    service.statements.unsay(film)
    assert service.feedback.rows("SELECT * FROM feedback") == service.feedback.rows("SELECT * FROM films") == []
    assert accuracies(service.feedback) == []
    with pytest.raises(CxrEdgeError, match="nothing to undo"):
        service.statements.unsay(film)


def test_a_film_stays_while_somebody_else_lets_it_be_kept(service, film, phantoms):
    other = service.answer(phantoms["opacity_both"].read_bytes(), "the same film.png")
    silent = service.answer(phantoms["opacity_both"].read_bytes(), "the same film.png")
    for token, keep in ((film, True), (other, True), (silent, False)):
        service.diagnose(token, Diagnosis("pneumonia"), keep)
    service.statements.unsay(silent)
    service.statements.unsay(film)
    assert len(service.feedback.rows("SELECT * FROM films")) == 1
    service.statements.say(other, Diagnosis("pneumonia"), keep=False)  # thought better of it
    assert service.feedback.rows("SELECT * FROM films") == []


def test_places_are_exported_beside_the_films(service, film, phantoms, tmp_path):
    service.diagnose(film, Diagnosis("pneumonia", places=read_places([HERE, {**HERE, "x": 0.5}])), keep=True)
    other = service.answer(phantoms["clear"].read_bytes(), "x")
    service.diagnose(other, Diagnosis("other", places=read_places([HERE])), keep=False)
    write_kept_films(service.feedback, tmp_path / "films")
    with (tmp_path / "films" / PLACES).open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["diagnosis"], row["x"]), reverse=True)
    assert [row["x"] for row in rows] == ["0.5", "0.25", "0.25"]
    assert (tmp_path / "films" / rows[0]["path"]).is_file()
    assert rows[2] | {"film_sha256": ""} == {
        "film_sha256": "", "path": "", "diagnosis": "other", "x": "0.25", "y": "0.5", "width": "0.125", "height": "0.2",
    }  # fmt: skip
    assert [label for _, label in labelled_films(tmp_path / "films")] == [1]  # calibrate passes the table over


def test_one_tap_is_one_request_and_so_is_undo(client, service, film):
    assert client.get(f"/cxr/said/{film}").json() == {}
    sent = {"diagnosis": "pneumonia", "comment": "left", "keep": False, "places": [HERE]}
    assert client.post(f"/cxr/said/{film}", json=sent).json() == sent
    assert client.get(f"/cxr/said/{film}").json() == sent
    ((place,),) = service.feedback.rows("SELECT place FROM feedback")
    assert json.loads(place) == [HERE]
    assert client.delete(f"/cxr/said/{film}").json() == {}
    assert service.feedback.rows("SELECT * FROM feedback") == []


@pytest.mark.parametrize(
    "sent", [{}, [], "pneumonia", {"diagnosis": 5}, {"diagnosis": "flu"}, {"diagnosis": "normal", "keep": 1}]
)
def test_nonsense_is_refused_with_a_sentence(client, service, film, sent):
    answer = client.post(f"/cxr/said/{film}", json=sent)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(".")
    assert client.post("/cxr/said/x", json={"diagnosis": "normal"}).status_code == 404
    assert service.feedback.rows("SELECT * FROM feedback") == []


def test_a_vote_in_one_tap_names_the_models_and_is_taken_back(client, service, phantoms):
    token = service.pair(phantoms["opacity_both"].read_bytes(), "x")
    assert client.get(f"/cxr/vote/{token}").json() == {}
    found = client.post(f"/cxr/vote/{token}", json={"preferred": "B"}).json()
    names = [f"{s.classifier.card.name} {s.classifier.card.version}" for s in service.held.get(token).answers]
    assert [model["name"] for model in found["models"]] == names
    assert [model["preferred"] for model in found["models"]] == [False, True]
    assert client.get(f"/cxr/vote/{token}").json() == found
    assert client.post(f"/cxr/vote/{token}", json={"preferred": "A"}).status_code == 404
    assert service.feedback.rows("SELECT preferred, shows FROM votes") == [("B", "")]
    assert client.delete(f"/cxr/vote/{token}").json() == {}
    assert vote_counts(service.feedback) == []
    assert client.post(f"/cxr/vote/{token}", json={"preferred": "C"}).status_code == 404
    assert client.post(f"/cxr/vote/{token}", json={"preferred": None}).status_code == 404
    assert client.post(f"/cxr/vote/{token}", json={"preferred": "A"}).json()["preferred"] == "A"
