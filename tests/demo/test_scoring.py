"""The demo says what the runtime says, of every model."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError, UnreadableFilm, list_models
from cxr_edge.wording import REASONS
from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.card_page import card_page
from cxr_edge_demo.html.report import report
from cxr_edge_demo.html.wording import decision_words
from cxr_edge_demo.offered_models import OfferedModels
from cxr_edge_demo.store.kept_films import pixels_only
from cxr_edge_demo.timed_scoring import score
from dicom_film import dicom_film
from helpers import encoded

OFFERED = (*list_models(), *comparison_models())


def variants(path):
    """A film as files of several kinds, by name."""
    film = Image.open(path).convert("L")
    deep = Image.fromarray((np.asarray(film, np.uint16) * 200 + 311).astype(np.uint16))
    return {
        "png": path.read_bytes(),
        "jpeg": encoded(film.resize((1400, 1000)), "JPEG"),
        "tiff": encoded(film, "TIFF"),
        "16 bit": encoded(deep, "PNG"),
        "colour": encoded(Image.merge("RGB", [film, film, film.point(lambda v: v // 2)]), "PNG"),
        "turned": encoded(film.rotate(90), "PNG"),
        "small": encoded(film.resize((64, 64)), "PNG"),
    }


def same(ours, theirs):
    """Whether two answers are the same; the demo notes the film's hash besides."""
    return replace(ours, sha256=None) == theirs


@pytest.mark.parametrize("model", OFFERED, ids=lambda model: model.name)
def test_two_timed_stages_give_the_answer_of_predict(model, phantoms):
    classifier = Classifier.load(model.path, sha256=model.sha256)
    for path in phantoms.values():
        for kind, film in variants(path).items():
            ours, theirs = score(classifier, film, "<bytes>"), classifier.predict(film, heatmap=classifier.has_heatmap)
            assert same(ours.prediction, theirs), kind
            assert ours.sha256 == hashlib.sha256(film).hexdigest()
            assert np.array_equal(ours.prediction.film, theirs.film), kind
            assert np.array_equal(ours.prediction.heatmap, theirs.heatmap), kind
            assert ours.decode_ms > 0
            assert ours.inference_ms > 0


def test_what_a_dicom_header_says_is_kept(classifier):
    pytest.importorskip("pydicom")
    film = dicom_film(Modality="CT")
    assert same(score(classifier, film, "<bytes>").prediction, classifier.predict(film))
    assert "not-a-radiograph" in score(classifier, film, "x").prediction.quality


def test_real_films_get_the_same_answer(classifier, data):
    films = sorted((data / "chest_xray/test").glob("*/*.jpeg"))[::80]
    films += sorted((data / "full_resolution").rglob("*.jpeg"))[:5] + sorted((data / "dicom").rglob("*.dcm"))[:5]
    for film in films:
        assert same(score(classifier, film.read_bytes(), str(film)).prediction, classifier.predict(film))


def test_an_unreadable_film_is_named_as_its_owner_named_it(classifier):
    with pytest.raises(UnreadableFilm, match=r"^mine\.jpg: found text; expected"):
        score(classifier, b"<html>", "mine.jpg")


def test_a_kept_film_gets_the_same_answer(classifier, phantoms):
    for kind in ("png", "tiff", "16 bit", "turned"):
        film = variants(phantoms["opacity_both"])[kind]
        kept = pixels_only(film)
        assert Image.open(io.BytesIO(kept)).info == {}
        theirs, ours = classifier.predict(film), classifier.predict(kept)
        assert ours.decision == theirs.decision
        assert ours.logit == pytest.approx(theirs.logit, abs=0.05), kind


def test_a_model_without_heatmap_or_quality_gate_is_shown_from_its_card(tiny, phantoms, service):
    models = OfferedModels(tiny)
    assert models.names[0] == "tiny"
    scored = score(models.get(), phantoms["clear"].read_bytes(), "clear.png")
    assert report(scored).count("<figure>") == 1  # the film alone
    assert "bright films are sick" in card_page(tiny)
    assert ">no<" in card_page(tiny)
    page = answers.answer(scored)
    assert "middle" in page  # its operating point
    assert "50.0 %" in page
    assert all(word not in page for word in ("0.95", "mobilenet"))


def test_cards_of_all_bundled_models_are_shown_whole():
    for model in OFFERED:
        classifier = Classifier.load(model.path, sha256=model.sha256)
        card, page = classifier.card, card_page(classifier)
        assert card.intended_use in page
        assert "not a cleared medical device" in page
        assert all(f"{100 * point.threshold:.1f} %" in page for point in card.operating_points)
        changed = [values["decisions_changed"] for values in card.parity.values()]
        assert all(f'<td data-name="decisions changed"><span>{number}</span></td>' in page for number in changed)


def test_no_model_of_that_name():
    with pytest.raises(CxrEdgeError, match="There is no model called x"):
        OfferedModels().get("x")


def test_a_file_name_cannot_put_html_on_the_page(classifier, phantoms):
    scored = score(classifier, phantoms["clear"].read_bytes(), "<img src=x onerror=alert(1)>.png")
    assert "<img src=x" not in answers.answer(scored)
    assert "<b>" not in answers.refused("<b>: text")


def test_every_decision_and_every_known_reason_has_words(classifier):
    symbols = {decision_words(name).symbol for name in ("refer", "review", "retake", "no finding", None)}
    assert len(symbols) == 5
    from cxr_edge.quality import RETAKE

    header = {"not-a-radiograph", "not-frontal", "not-chest", "age"}
    of_lungs = {"no-lungs", "cropped"}
    kinds = {*classifier.card.quality.kinds, *of_lungs, *header, "false-colour"}
    assert {*RETAKE, *kinds} - {"upright"} == set(REASONS)
