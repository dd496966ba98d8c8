"""A worklist without a browser: what its rows say, how far it is, and how a row is opened."""

import csv
import io
import json

import pytest

pytest.importorskip("gradio")
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.results.writers import COLUMNS
from cxr_edge_demo.html.worklist_table import described
from cxr_edge_demo.routes.worklists import add_worklist_routes
from cxr_edge_demo.store import film_list
from cxr_edge_demo.store.film_list import FilmList, ListedFilm
from cxr_edge_demo.store.film_lists import FilmLists
from worklist_films import drawn_films
from zipped import zipped


@pytest.fixture
def films(service, send, phantoms):
    """A list of 40 drawn films in a zip file, and one file that is none."""
    films = service.film_list("page")
    uploads = [send("films.zip", zipped(dict(drawn_films(phantoms, 40)))), send("<b>page.jpg", b"<html></html>")]
    assert len(list(service.extend(films, uploads))) == 41
    return films


@pytest.fixture
def client(service):
    """The addresses of lists, for whoever knows the word that stands for Gradio's log-in."""

    def known(request: Request):
        if request.headers.get("x-word") != "let me in":
            raise HTTPException(401)

    app = FastAPI()
    app.add_api_route("/config", lambda: {}, dependencies=[Depends(known)])
    add_worklist_routes(app, service)
    return TestClient(app, headers={"x-word": "let me in"})


def test_rows_say_what_the_model_said_and_what_was_not_scored_stands_apart(films):
    listed = described(films)
    assert listed["progress"] is None
    assert [row["number"] for row in listed["films"]] == list(range(1, 42))
    (broken,) = (row for row in listed["films"] if row["problem"])
    assert broken["name"] == "<b>page.jpg"
    assert broken["decision"] is None
    assert broken["problem"].startswith("It is text.")
    by_number = {film.number: film.prediction for film in films.films}
    for row in listed["films"]:
        prediction = by_number[row["number"]]
        assert row["decision"] == prediction.decision
        assert row["probability"] == (None if prediction.decision == "retake" else prediction.probability)
        assert set(row["reasons"]) <= set(listed["reasons"])
    upside_down = [row for row in listed["films"] if row["decision"] == "retake"]
    assert [row["name"] for row in upside_down] == ["films.zip/film 007.jpg", "films.zip/film 027.jpg"]
    assert all("upside-down" in row["reasons"] for row in upside_down)
    assert "do not state an age" in listed["age_note"]


def test_only_what_is_new_is_sent_again(films):
    assert [row["number"] for row in described(films, after=39)["films"]] == [40, 41]
    assert described(films, after=41)["films"] == []
    assert described(films, after=-5)["total"] == 41


def test_a_film_too_close_to_call_has_that_for_a_reason(service, tiny, phantoms):
    from cxr_edge import Prediction
    from cxr_edge_demo.html.worklist_table import CLOSE, reasons_of

    assert reasons_of(Prediction("x", 0.3, -1.0, "review")) == (CLOSE,)
    assert reasons_of(Prediction("x", 0.3, -1.0, "review", ("adult",))) == ("adult",)
    assert reasons_of(Prediction("x", 0.0, -9.0, "no finding")) == ()


def test_time_left_goes_by_the_pace_so_far_and_counts_what_zip_files_hold(classifier, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(film_list.time, "monotonic", lambda: now[0])
    films = FilmList(classifier)
    assert films.progress is None
    from cxr_edge import Prediction

    with films.scoring(2):
        assert films.progress == film_list.Progress(0, 2, None)
        films.expect(8)  # one of the two was a zip file of nine
        for second in (101.0, 102.0, 103.0, 104.0):
            now[0] = second
            films.add(ListedFilm(Prediction("x")))
        assert films.progress == film_list.Progress(4, 10, pytest.approx(6.0))
        with films.scoring(5):  # a second drop meanwhile
            assert films.progress.expected == 15
        assert films.progress is not None
    assert films.progress is None


def test_a_row_opens_as_a_film_of_its_own_with_the_same_answer(service, films):
    token = service.open_row(films.token, 3)
    held = service.held.get(token)
    listed = films.film(3).prediction
    assert held.name == listed.path
    assert held.answers[0].prediction.probability == pytest.approx(listed.probability)
    assert held.answers[0].prediction.heatmap is not None
    assert service.open_row(films.token, 3) == token  # not scored a third time
    service.held.discard(token)
    assert service.open_row(films.token, 3) != token
    for number in (0, 42):
        with pytest.raises(CxrEdgeError, match="no such film"):
            service.open_row(films.token, number)
    with pytest.raises(CxrEdgeError, match="no longer in memory"):
        service.open_row(films.token, 41)  # no film: nothing is held of it
    with pytest.raises(CxrEdgeError, match="list is no longer in memory"):
        service.open_row("x", 1)


def test_films_of_lists_are_bounded_and_a_discarded_list_takes_its_films_along(classifier):
    lists = FilmLists(max_lists=2, max_bytes=1000)
    films = lists.of_session("page", lambda: FilmList(classifier))
    assert lists.of_session("page", lambda: FilmList(classifier)) is films
    from cxr_edge import Prediction

    for number in range(1, 5):
        assert films.add(ListedFilm(Prediction(f"{number}"))) == number
        lists.hold(films, number, bytes(300))
    with pytest.raises(CxrEdgeError, match="though its answer stays in the list"):
        lists.film(films, 1)
    assert len(lists.film(films, 4)) == 300
    lists.discard("page")
    with pytest.raises(CxrEdgeError, match="no longer in memory"):
        lists.film(films, 4)
    with pytest.raises(CxrEdgeError, match="list is no longer in memory"):
        lists.get(films.token)
    others = [lists.of_session(name, lambda: FilmList(classifier)) for name in "abc"]
    with pytest.raises(CxrEdgeError, match="no longer in memory"):
        lists.get(others[0].token)
    assert lists.get(others[2].token) is others[2]


def test_lists_are_served_to_whoever_may_read_the_page(client, films):
    listed = client.get(f"/cxr/list/{films.token}.json?after=40").json()
    assert [row["number"] for row in listed["films"]] == [41]
    picture = Image.open(io.BytesIO(client.get(f"/cxr/list/{films.token}/1.jpg").content))
    assert picture.format == "JPEG"
    assert max(picture.size) == 72
    opened = client.post(f"/cxr/list/{films.token}/1", json={}).json()
    assert "cxr-decision" in opened["answer"]
    assert f'token="{opened["film"]}"' in opened["answer"]
    for path in ("x.json", f"{films.token}/41.jpg", f"{films.token}/99.jpg", f"{films.token}/list.exe"):
        answer = client.get(f"/cxr/list/{path}")
        assert answer.status_code == 404
        assert answer.json()["detail"].endswith(".")
    for path in (f"{films.token}.json", f"{films.token}/1.jpg", f"{films.token}/list.csv", f"{films.token}/print.html"):
        assert client.get(f"/cxr/list/{path}", headers={"x-word": "?"}).status_code == 401


def test_a_list_is_saved_as_the_command_line_would_print_it(client, films):
    saved = client.get(f"/cxr/list/{films.token}/list.csv")
    assert saved.headers["content-disposition"] == 'attachment; filename="cxr-edge-worklist.csv"'
    rows = list(csv.DictReader(io.StringIO(saved.text)))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 41
    probabilities = [float(row["probability"]) for row in rows if row["decision"] == "refer"]
    assert probabilities == sorted(probabilities, reverse=True)
    values = json.loads(client.get(f"/cxr/list/{films.token}/list.json").text)
    assert [film["path"] for film in values["films"]] == [row["path"] for row in rows]


def test_a_list_is_printed_whole_and_a_name_is_no_html(client, films):
    page = client.get(f"/cxr/list/{films.token}/print.html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<tr>") == 2 + 40 + 1
    assert "&lt;b&gt;page.jpg" in page.text
    assert "<b>page.jpg" not in page.text
    for said in ("not a cleared medical device", films.classifier.sha256, "Not scored", "▲ Refer"):
        assert said in page.text
