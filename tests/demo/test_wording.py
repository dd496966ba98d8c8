"""What the demo says beside an answer is true of that answer, and is a sentence to a clinician."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError, UnreadableFilm, list_models
from cxr_edge.wording import REASONS
from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.downloads import as_text
from cxr_edge_demo.html.wording import cure, decision_words, is_calibrated, unreadable
from cxr_edge_demo.html.worklist_table import described, reason_words
from cxr_edge_demo.html.zones import place, zones
from cxr_edge_demo.store.feedback import Diagnosis
from cxr_edge_demo.store.film_list import MAX_FILMS
from cxr_edge_demo.timed_scoring import score
from dicom_film import dicom_film
from helpers import encoded


def visible(html):
    """What is seen before anything is opened."""
    return re.sub(r"<details.*?</details>", "", html, flags=re.S)


@pytest.fixture
def turned(phantoms):
    """A film that is to be taken again."""
    return encoded(Image.open(phantoms["opacity_both"]).convert("L").rotate(180), "PNG")


def test_calibrated_is_said_of_models_whose_card_shows_it(classifier, phantoms):
    film = phantoms["opacity_both"].read_bytes()
    said = {}
    for model in (*list_models(), *comparison_models()):
        loaded = Classifier.load(model.path, sha256=model.sha256)
        said[model.name] = "calibrated" in answers.answer(score(loaded, film, "x"))
        assert said[model.name] == is_calibrated(loaded)
        assert said[model.name] == (loaded.card.metrics["test"]["expected_calibration_error"]["high"] <= 0.1)
    assert said == {**dict.fromkeys(said, True), "a1_baseline": False}


def test_calibrated_is_not_said_without_a_test(tiny, classifier):
    assert not is_calibrated(tiny)
    own = Classifier(None, classifier.card, classifier.sha256, None)
    own.operating_point_sha256 = "0"
    assert not is_calibrated(own)  # the card's test was at another temperature


def test_a_probability_that_means_nothing_is_shown_to_those_who_ask_for_it(classifier, turned, service, send):
    scored = score(classifier, turned, "x.png")
    assert scored.prediction.decision == "retake"
    number = f"{100 * scored.prediction.probability:.1f} %"
    page = answers.answer(scored)
    assert number in page
    assert number not in visible(page)
    assert "cxr-zones" not in visible(page)
    assert "Retake" in visible(page)
    assert 'heat="off"' in answers.viewer("token", scored)
    films = service.film_list("page")
    list(service.extend(films, [send("x.png", turned)]))
    assert [row["probability"] for row in described(films)["films"]] == [None]


def test_reasons_say_what_to_do(classifier, turned):
    said = answers.answer(score(classifier, turned, "x.png"))
    assert "The film is upside down. Turn it upright and try again." in said
    assert all(cure(code) or "Export" in REASONS[code] for code in REASONS)
    assert cure("unheard-of") == ""


def test_the_score_stands_in_the_zone_of_its_answer(classifier, phantoms):
    for name, file in phantoms.items():
        scored = score(classifier, file.read_bytes(), name)
        if scored.prediction.quality:
            continue
        shown = zones(scored.classifier.card)
        at = place(scored.prediction.probability, shown)
        (reached,) = [zone for zone in shown if zone.left <= at < zone.left + zone.width]
        assert reached.words == decision_words(scored.prediction.decision)
    low, high = classifier.card.review_band
    bounds = [place(p, zones(classifier.card)) for p in (0.0, low, high, 1.0)]
    assert bounds == [0.0, *(zone.left for zone in zones(classifier.card)[1:]), 100.0]
    assert [place(p, zones(classifier.card)) for p in (low / 2, high - 1e-9)] == [pytest.approx(16), pytest.approx(64)]


def test_two_zones_where_a_model_has_no_band_to_review(tiny):
    assert [zone.words.css for zone in zones(tiny.card)] == ["no-finding", "refer"]
    assert place(0.75, zones(tiny.card)) == pytest.approx(75)


def test_a_doubted_film_says_what_its_score_alone_would_mean(classifier, phantoms):
    scored = score(classifier, phantoms["opacity_both"].read_bytes(), "x.png")
    doubted = replace(scored, prediction=replace(scored.prediction, decision="review", quality=("lateral",)))
    assert "By its score alone the film would be: Refer." in answers.answer(doubted)
    assert "By its score alone" not in answers.answer(scored)


def test_a_photograph_and_an_example_say_what_they_are(classifier, phantoms):
    scored = score(classifier, phantoms["clear"].read_bytes(), "x.png")
    assert "do not trust this answer" in answers.answer(scored, photographed=True)
    assert "A drawn example, not a patient." in answers.answer(scored, example=True)
    assert not any(word in answers.answer(scored) for word in ("photograph", "example"))


def test_operating_points_are_one_sentence_each(classifier, phantoms):
    said = answers.answer(score(classifier, phantoms["opacity_both"].read_bytes(), "x.png"))
    point = classifier.card.operating_points[0]
    found = f"of 100 children with pneumonia it finds {100 * point.sensitivity.value:.0f}"
    assert f"Chosen to find 95 of 100 with pneumonia</b>, from {100 * point.threshold:.1f} %" in said
    assert found in said
    assert said.count("This film is above.") == len(classifier.card.operating_points)


def test_an_adult_is_not_told_that_nothing_was_found(classifier):
    pytest.importorskip("pydicom")
    adult, child, unknown = (score(classifier, dicom_film(PatientAge=age), "x.dcm") for age in ("062Y", "004Y", ""))
    assert adult.prediction.decision != "no finding"
    assert "calibrated" not in answers.answer(adult)  # it is, on children
    assert "an age that the model was not made for" in answers.answer(adult)
    made_for = "Made for frontal films of children of 1 to 5 years. This film does not state an age."
    assert made_for not in answers.answer(adult)
    assert made_for not in answers.answer(child)
    assert answers.answer(unknown).count(made_for) == 1
    assert (adult.to_dict()["age_known"], unknown.to_dict()["age_known"]) == (True, False)


def test_a_worklist_says_how_many_films_state_no_age(service, send, phantoms):
    pytest.importorskip("pydicom")
    films = service.film_list("page")
    list(service.extend(films, [send("a.dcm", dicom_film(PatientAge="004Y"))]))
    assert described(films)["age_note"] == ""
    list(service.extend(films, [send("b.png", phantoms["clear"].read_bytes()), send("c.png", b"")]))
    assert described(films)["age_note"].endswith("1 of these films does not state an age.")


def test_two_films_of_one_name_are_told_apart(service, send, phantoms):
    films = service.film_list("page")
    sent = [send("film.png", phantoms[name].read_bytes()) for name in ("clear", "opacity_both")]
    list(service.extend(films, sent))
    first, second = films.films
    assert (first.number, second.number) == (1, 2)
    rows = described(films)["films"]
    for film, row in zip(films.films, rows, strict=True):
        assert (row["number"], row["sha256"]) == (film.number, film.prediction.sha256[:8])
    predictions = [film.prediction for film in films.films]
    hashes = {film["sha256"] for film in json.loads(as_text(predictions, films.classifier, "json"))["films"]}
    assert hashes == {first.prediction.sha256, second.prediction.sha256}
    rows = list(csv.DictReader(io.StringIO(as_text(predictions, films.classifier, "csv"))))
    assert {row["sha256"] for row in rows} == hashes


def test_films_that_arrive_later_join_the_list_of_their_page(service, send, phantoms):
    film = phantoms["clear"].read_bytes()
    for _ in range(2):
        list(service.extend(service.film_list("page"), [send("film.png", film)]))
    assert [listed.number for listed in service.film_list("page").films] == [1, 2]
    assert service.film_list("another page").films == ()


def test_a_list_is_never_cut_short_in_silence(service, send, phantoms, monkeypatch):
    monkeypatch.setattr("cxr_edge_demo.store.film_list.MAX_FILMS", 2)
    films = service.film_list("page")
    uploads = [send(f"{n}.png", phantoms["clear"].read_bytes()) for n in range(3)]
    with pytest.raises(CxrEdgeError, match="You sent 3 files, and this list has room for 2 more"):
        list(service.extend(films, uploads))
    assert films.films == ()
    assert list(service.uploads.folder.iterdir()) == []
    list(service.extend(films, [send("a.png", b""), send("b.png", b"")]))
    with pytest.raises(CxrEdgeError, match="room for 0 more"):
        list(service.extend(films, [send("c.png", b"")]))
    assert MAX_FILMS == 500


def test_a_file_that_cannot_be_read_gets_a_sentence():
    sentence = unreadable(UnreadableFilm("text", "JPEG or PNG", "page.jpg"))
    assert sentence == "page.jpg could not be read. It is text. The demo needs JPEG or PNG."
    small = unreadable(UnreadableFilm("9 × 9 pixels", "at least 32 on each side", "a.png"))
    assert small == "a.png could not be read. It has 9 × 9 pixels. The demo needs at least 32 on each side."


def test_a_locked_file_of_feedback_is_said_in_plain_words(service, phantoms):
    import sqlite3

    token = service.answer(phantoms["clear"].read_bytes(), "x")
    service.feedback._connection.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(service.feedback.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CxrEdgeError, match=r"^Could not save: another program has the feedback file open\."):
        service.diagnose(token, Diagnosis("normal"), False)
    other.execute("ROLLBACK")
    service.diagnose(token, Diagnosis("normal"), False)
    other.close()


def test_pages_say_nothing_like_a_parser(classifier, phantoms, turned):
    film = phantoms["opacity_both"].read_bytes()
    pages = [answers.answer(score(classifier, data, "x.png")) for data in (film, turned)]
    assert all(word not in page for page in pages for word in ("found ", "expected"))
    assert reason_words("unheard-of") == "The film is marked: unheard-of."
