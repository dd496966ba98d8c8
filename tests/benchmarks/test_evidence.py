"""Where the heat points, whom the gate stops, and two models on the same films, on cases known by hand."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, Prediction

for package in ("onnx", "sklearn", "matplotlib"):
    pytest.importorskip(package)
from cxr_edge_bench.evidence import gate_by_class, model_evidence
from cxr_edge_bench.evidence.against_other_model import Labelled, compare_models, paired
from cxr_edge_bench.evidence.film_metadata import Box, FilmFacts, read_boxes, read_facts
from cxr_edge_bench.evidence.film_scores import ScoredFilms, score
from cxr_edge_bench.evidence.pointing import centre_of_hottest, in_boxes, peak, pointing
from cxr_edge_train.data.films import LabelledFilm, read_labelled

MODEL = SimpleNamespace(card=SimpleNamespace(threshold=0.5, quality=SimpleNamespace(kinds=("upright", "adult"))))


def scored(*films):
    """Of (folder/name, label, prediction)."""
    predictions = [prediction for _, _, prediction in films]
    return ScoredFilms(
        [LabelledFilm(Path(path), label, "", path, path) for path, label, _ in films],
        predictions,
        np.array([label for _, label, _ in films], float),
        np.array([prediction.probability for prediction in predictions], float),
    )


def answer(p=0.9, *quality, decision="refer", heat=None):
    return Prediction("film", p, 0.0, decision, quality, heatmap=heat)


def heat_at(row, column, value=5.0):
    heat = np.full((6, 6), -1, np.float32)
    heat[row, column] = value
    return heat


@pytest.fixture
def films(tmp_path):
    """Three sick films of 60 × 120 pixels, and one that is healthy."""
    paths = [f"{tmp_path}/{name}.png" for name in ("PNEUMONIA/a", "PNEUMONIA/b", "PNEUMONIA/c", "NORMAL/d")]
    for path in paths:
        Path(path).parent.mkdir(exist_ok=True)
        Image.new("L", (120, 60)).save(path)
    return paths


def test_boxes_are_pixels_of_the_film():
    inside = in_boxes([Box(10, 20, 14, 26), Box(12, 20, 18, 22)], (60, 120))
    assert inside.sum() == 4 * 6 + 4 * 2
    assert inside[20:26, 10:14].all()
    assert inside[20:22, 14:18].all()


def test_the_peak_and_the_hottest_place():
    assert centre_of_hottest(heat_at(1, 4), (60, 120)) == (15, 90)
    row, column = peak(heat_at(1, 4), (60, 120))
    assert abs(row - 15) <= 1
    assert abs(column - 90) <= 1
    shared = heat_at(2, 2, 3)
    shared[2, 3] = 2.9  # the peak leans to the neighbour, the centre does not
    assert peak(shared, (60, 120))[1] > centre_of_hottest(shared, (60, 120))[1] == 50


def test_heat_that_points_into_the_box_and_past_it(films):
    box = [Box(80, 10, 100, 20)]  # one of 36 places: row 1, column 4
    boxes = {"PNEUMONIA/a.png": box, "PNEUMONIA/b.png": box, "PNEUMONIA/c.png": box, "NORMAL/d.png": box}
    two = heat_at(5, 0)
    two[1, 4] = 4
    answers = [answer(heat=heat_at(1, 4)), answer(heat=two), answer(0.1, heat=heat_at(1, 4)), answer(heat=two)]
    found = pointing(MODEL, scored(*zip(films, (1, 1, 1, 0), answers, strict=True)), boxes)
    assert (found["films with boxes"], found["referred"]) == (3, 2)  # the third is not referred, the last not sick
    assert found["peak in a box"]["value"] == found["centre of the hottest place in a box"]["value"] == 0.5
    assert found["share of heat in boxes"]["value"] == pytest.approx((1 + 4 / 9) / 2)
    assert found["chance"]["value"] == pytest.approx(1 / 36)


def test_a_film_that_is_referred_without_any_heat_points_nowhere(films):
    cold = [(path, 1, answer(heat=-np.ones((6, 6), np.float32))) for path in films[:2]]
    boxes = {"PNEUMONIA/a.png": [Box(0, 0, 120, 60)], "PNEUMONIA/b.png": [Box(0, 0, 120, 60)]}
    found = pointing(MODEL, scored(*cold), boxes)
    assert (found["referred"], found["share of heat in boxes"]["value"], found["chance"]["value"]) == (2, 0, 1)


def test_facts_and_boxes_are_read(tmp_path):
    (tmp_path / "metadata.csv").write_text("file,patient,age,sex,view\nNORMAL/1.jpg,3,17,M,PA\n")
    (tmp_path / "boxes.csv").write_text("file,x,y,width,height\nPNEUMONIA/2.jpg,1.5,2,3,4\nPNEUMONIA/2.jpg,5,6,1,1\n")
    assert read_facts(tmp_path) == {"NORMAL/1.jpg": FilmFacts("PA", 17)}
    assert read_boxes(tmp_path) == {"PNEUMONIA/2.jpg": [Box(1.5, 2, 4.5, 6), Box(5, 6, 6, 7)]}
    assert read_facts(tmp_path / "nothing") == read_boxes(tmp_path / "nothing") == {}


def test_a_score_that_follows_the_view():
    facts = {f"NORMAL/{i}": FilmFacts("AP" if i < 3 else "PA", 40) for i in range(6)} | {
        "PNEUMONIA/9": FilmFacts("PA", 40)
    }
    films = [(f"NORMAL/{i}", 0, answer(0.8 if i < 3 else 0.1)) for i in range(7)]  # of the seventh no view is known
    found = gate_by_class.by_view(scored(*films, ("PNEUMONIA/9", 1, answer(0.99))), facts)
    assert (found["AP"], found["PA"], found["auc"]["value"]) == (3, 3, 1.0)


def test_whom_the_gate_stops():
    test = scored(
        ("NORMAL/0", 0, answer(0.1, decision="no finding")),
        ("NORMAL/1", 0, answer(0.4, "adult", decision="review")),
        ("PNEUMONIA/0", 1, answer(0.9, "adult", "cropped", decision="retake")),
        ("PNEUMONIA/1", 1, answer(0.9)),
    )
    facts = {"NORMAL/0": FilmFacts("PA", 17), "NORMAL/1": FilmFacts("PA", 18), "PNEUMONIA/0": FilmFacts("AP", 70)}
    record = gate_by_class.gate_by_class(MODEL, test, {"elsewhere": test}, {"elsewhere": facts})
    flagged = record["flagged by other codes than adult"]["test"]
    assert (flagged["NORMAL"]["value"], flagged["PNEUMONIA"]["value"]) == (0, 0.5)
    assert flagged["sick minus healthy"]["value"] == 0.5
    left = record["review or retake"]["test"]
    assert (left["NORMAL"]["value"], left["PNEUMONIA"]["value"]) == (0.5, 0.5)
    adults = record["called adult"]
    assert (adults["elsewhere, adults"]["films"], adults["elsewhere, adults"]["called adult"]["value"]) == (2, 1)
    assert (adults["test"]["films"], adults["test"]["called adult"]["value"]) == (4, 0.5)
    knows_none = SimpleNamespace(card=SimpleNamespace(quality=SimpleNamespace(kinds=("upright", "lateral"))))
    assert "called adult" not in gate_by_class.gate_by_class(knows_none, test, {}, {})


def test_two_models_on_the_same_films():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1.0])
    good = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9, 0.95])
    bad = np.array([0.1, 0.2, 0.9, 0.95, 0.7, 0.1, 0.9, 0.95])
    row = paired(labels, good, bad, (0.65, 0.5))
    assert row["auc"]["difference"]["value"] == pytest.approx(
        row["auc"]["this"]["value"] - row["auc"]["other"]["value"]
    )
    assert row["specificity"]["this"]["value"] == 1  # at its own threshold
    assert row["specificity"]["difference"]["value"] == 0.5
    assert row["sensitivity"]["difference"]["value"] == 0.25
    same = paired(labels, good, good, (0.65, 0.65))
    assert [same[k]["difference"]["value"] for k in ("auc", "sensitivity", "specificity")] == [0, 0, 0]


def test_the_other_model_is_named_and_scores_the_same_films(tiny, gradient):
    films = [gradient, np.rot90(gradient).copy(), 255 - gradient, gradient // 2]
    row = compare_models(tiny, tiny, {"some": Labelled(films, np.array([0, 0, 1, 1.0]))})
    assert row["model"]["sha256"] == tiny.sha256
    assert row["some"]["films"] == 4
    assert row["some"]["auc"]["difference"] == {"value": 0, "low": 0, "high": 0}


def test_films_are_scored_with_heat_and_without_a_copy_for_people(drawn_films):
    found = score(Classifier.load(), drawn_films / "test")
    assert all(p.heatmap is not None and p.film is None for p in found.predictions)
    assert found.p.tolist() == [Classifier.load().predict(film.path).probability for film in found.films]


def test_the_record_of_a_model(drawn_films):
    """Without other hospitals, on drawn films; with the points that the test of each part is for."""
    classifier = Classifier.load()
    record = model_evidence.evidence(classifier, drawn_films, score(classifier, drawn_films / "test"), {})
    assert record["sha256"] == classifier.sha256
    assert record["other hospitals"] == record["pointing"] == {}
    assert record["test"]["metrics"]["films"] == len(read_labelled(drawn_films / "test"))
    assert set(record["quality gate"]["flagged by other codes than adult"]) == {"test"}
