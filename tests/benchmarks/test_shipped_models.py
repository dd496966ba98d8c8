"""The models that are shipped: on real films, on what is no film, and beside their Keras originals."""

import csv

import numpy as np
import pytest

from cxr_edge import Classifier, list_models
from cxr_edge.film.folder import films_in
from cxr_edge.film.preprocess import preprocess
from cxr_edge.quality import ADULT

for package in ("onnx", "sklearn", "matplotlib"):
    pytest.importorskip(package)
from cxr_edge_bench.checkout import RESULTS, load, shipped_models
from cxr_edge_bench.evidence import flagged_films
from cxr_edge_bench.evidence.flagged_films import TURNS
from cxr_edge_bench.evidence.not_chest_pictures import in_grey, pictures
from cxr_edge_bench.evidence.parity_gate import by_hash, shipped_parity
from cxr_edge_export.parity import INT8
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.evaluation.scored_films import evaluate

SHIPPED = shipped_models()
RELEASED = [model for model in list_models() if model.alias]  # the others are there for comparison


@pytest.fixture(scope="module")
def no_x_rays():
    """A tenth of the pictures of cxr_edge_bench.evidence.not_chest_pictures, without their colour."""
    return [in_grey(image) for _, image in pictures()][::10]


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_pictures_that_are_no_x_rays_are_never_simply_answered(no_x_rays, model):
    classifier = Classifier.load(model.name)
    assert len(no_x_rays) >= 20
    answered = [i for i, film in enumerate(no_x_rays) if classifier.predict(film).decision in ("refer", "no finding")]
    assert len(answered) <= 0.03 * len(no_x_rays)


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_real_films_that_are_turned_inverted_or_foreign_are_flagged(data, model):
    classifier = Classifier.load(model.name)

    def flagged(films, turn=lambda film: film):
        pixels = [preprocess(film, classifier.card.input_size) for film in films]
        found = [bool(classifier.predict(np.ascontiguousarray(turn(p[..., 0]))).quality) for p in pixels]
        return sum(found) / len(found)

    films = [film.path for film in read_labelled(data / "chest_xray/test")][::6]
    assert flagged(films) <= 0.02
    for kind, turn in TURNS.items():
        assert flagged(films, turn) >= 0.95, kind
    for folder in ("knee", "lateral"):
        assert flagged(films_in(data / "not_frontal_chest" / folder)) >= 0.95, folder


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_films_of_adults_are_called_so_and_else_taken_as_films(data, model):
    classifier = Classifier.load(model.name)
    found = [set(classifier.predict(path).quality) for path in films_in(data / "external_rsna")[::6]]
    assert sum(ADULT in codes for codes in found) >= 0.7 * len(found)
    assert sum(bool(codes - {ADULT}) for codes in found) <= 0.1 * len(found)
    children = [set(classifier.predict(film.path).quality) for film in read_labelled(data / "chest_xray/test")[::6]]
    assert sum(ADULT in codes for codes in children) <= 0.02 * len(children)


def test_no_record_is_made_where_pictures_are_missing(monkeypatch, capsys):
    monkeypatch.setattr(flagged_films, "SOURCES", ("numpy", "no_such_package"))
    assert flagged_films.main() == 2
    assert "found no no_such_package" in capsys.readouterr().err


def record(model):
    return RESULTS / model.name / "predictions.csv"


def needs_its_films(parities):
    if "test" not in parities:
        pytest.skip("the films in CXR_EDGE_DATA are not the files that the bundled model was tested on")


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_parity_with_the_keras_original_on_real_films(model, data):
    parities = shipped_parity(model, by_hash(data / "chest_xray/test"), record(model))
    needs_its_films(parities)
    assert INT8.failures(parities["test"]) == []
    card = load(model).card.parity["test"]
    assert parities["test"].mean_difference == pytest.approx(card["mean_difference"], abs=0.005)


def test_the_parity_gate_can_fail(data, tmp_path):
    rows = list(csv.DictReader(record(RELEASED[0]).open(newline="")))
    for row in rows:
        row["probability"] = str(1 - float(row["probability"]))
    wrong = tmp_path / "predictions.csv"
    with wrong.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    parities = shipped_parity(RELEASED[0], by_hash(data / "chest_xray/test"), wrong)
    needs_its_films(parities)
    assert any("decisions changed" in failure for failure in INT8.failures(parities["test"]))


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_metrics_on_real_films_are_those_of_the_card(model, data):
    classifier = load(model)
    card = classifier.card
    films = [film.path for film in read_labelled(data / "chest_xray/test")]
    predictions = [p.to_dict() for p in classifier.predict_many(films)]
    metrics, unreadable = evaluate({"model": {"threshold": card.threshold}, "films": predictions})
    assert unreadable == 0
    assert metrics.auc.value >= (0.97 if model.alias else 0.9)
    assert metrics.auc.value == pytest.approx(card.metrics["test"]["auc"]["value"], abs=0.002)
    assert metrics.accuracy.value == pytest.approx(card.metrics["test"]["accuracy"]["value"], abs=0.01)


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_full_size_films_are_referred_as_their_squashed_copies(data, model):
    classifier = Classifier.load(model.name)
    threshold = classifier.card.threshold
    films = read_labelled(data / "full_resolution")
    copies = [data / "chest_xray/train" / film.path.parent.name / film.path.name for film in films]

    large, small = (list(classifier.predict_many(paths)) for paths in ([film.path for film in films], copies))
    pairs = list(zip(large, small, strict=True))
    assert sum((a.probability >= threshold) != (b.probability >= threshold) for a, b in pairs) <= 2
    if model.default:  # of the accurate one three films cross a border of the review band
        assert sum(a.decision != b.decision for a, b in pairs) <= 2
