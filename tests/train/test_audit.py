import json

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.cli.main import main
from cxr_edge.film.preprocess import UNWINDOWED, WHOLE, open_film, preprocess
from cxr_edge.film.source import Limits
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.data.phantom import SAMPLES, draw
from cxr_edge_train.evaluation.audit import audit, full_size
from cxr_edge_train.evaluation.file_facts import file_facts, file_facts_baseline
from cxr_edge_train.evaluation.film_changes import AREA_INSIDE, CHANGES, WITHOUT_MASKS, shift
from cxr_edge_train.evaluation.film_depths import DEPTHS
from cxr_edge_train.evaluation.heat_share import by_area, heatmap_inside, positive_share
from helpers import SIDE, tiny_card, tiny_onnx, write_model

FILM = draw(SAMPLES["drawn_clear.png"], 112)
MARKED = ("letters and stamps drawn", "boxes near the border erased")


@pytest.fixture
def folder(tmp_path):
    """Bright films are sick, to a model whose logit is (mean grey − 128) / 20."""
    rng = np.random.default_rng(0)
    for name, middle in (("NORMAL", 110), ("PNEUMONIA", 150)):
        (tmp_path / "films" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.normal(middle + 2 * i - 12, 10, (SIDE, SIDE)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "films" / name / f"{name}{i}.png")
    return tmp_path / "films"


@pytest.fixture
def model(tmp_path):
    """Without a window: with one, the brightness of a film would be no fact of it."""
    card = tiny_card(preprocessing=UNWINDOWED)
    return write_model(tmp_path / "tiny.onnx", tiny_onnx(card.to_json()))


@pytest.mark.parametrize("name", [*CHANGES, *WITHOUT_MASKS])
def test_each_change_leaves_a_film_that_differs(name):
    changed = open_film((WITHOUT_MASKS | CHANGES)[name](FILM), WHOLE, Limits()).grey
    assert changed.mode == ("F" if name in DEPTHS else "L")
    if changed.size == FILM.size:
        assert not np.array_equal(np.asarray(changed), np.asarray(FILM))
    else:
        assert "cut off" in name or name in MARKED


@pytest.mark.parametrize("name", DEPTHS)
def test_a_deeper_copy_shows_the_same(name):
    pixels, copy = (preprocess(film, (96, 96)).astype(int) for film in (FILM, CHANGES[name](FILM)))
    assert np.abs(pixels - copy).max() <= 2  # 8 bits are rounded before the window stretches them
    assert preprocess(FILM, (96, 96), version=UNWINDOWED).max() < pixels.max() == 255


@pytest.mark.parametrize("name", MARKED)
def test_marks_are_near_the_border_and_the_same_every_time(name):
    film = FILM.resize((224, 224))
    marked, again = (np.asarray(CHANGES[name](film)).astype(int) for _ in range(2))
    assert np.array_equal(marked, again)
    changed = marked != np.asarray(film)
    assert changed.any()
    assert not changed[90:130, 90:130].any()
    assert np.asarray(film).tobytes() == FILM.resize((224, 224)).tobytes()  # the film itself is left as it was


def test_a_shift_moves_and_blackens():
    pixels = np.arange(1, 101, dtype=np.uint8).reshape(10, 10)
    moved = np.asarray(shift(0.2, -0.1)(Image.fromarray(pixels)))
    assert np.array_equal(moved[:9, 2:], pixels[1:, :8])
    assert moved[9].max() == moved[:, :2].max() == 0


def test_covering():
    white = Image.new("L", (100, 100), 255)
    borders = np.asarray(CHANGES["borders covered"](white))
    rest = np.asarray(CHANGES["all but the borders covered"](white))
    inside = slice(8, 92)
    assert borders[inside, inside].min() == 255
    assert borders.sum() == 255 * 84 * 84
    assert (rest[inside, inside] == 128).all()
    assert (rest == 128).sum() == 84 * 84
    lungs = np.asarray(WITHOUT_MASKS["lungs covered"](white))
    assert (lungs[20:70, [20, 80]] == 128).all()
    assert (lungs[:, 50] == 255).all()


def test_a_model_that_looks_at_brightness_is_found_out(folder, model):
    audited = audit(Classifier.load(model), read_labelled(folder), workers=2)
    assert list(audited) == ["as it is", *CHANGES]
    assert audited["as it is"].decisions_changed.value == 0
    assert audited["brighter by 10 %"].decisions_changed.value > 0.2
    assert audited["JPEG quality 90"].decisions_changed.value < 0.1
    assert audited["all but the borders covered"].auc.value > 0.9  # it needs no lungs
    assert audited["brighter by 10 %"].sensitivity.value == 1


def test_the_command_prints_and_compares_with_full_size(folder, model, tmp_path, capsys):
    larger = tmp_path / "larger"
    larger.mkdir()
    for name in ("NORMAL/NORMAL0.png", "PNEUMONIA/PNEUMONIA0.png"):
        bright = Image.new("L", (300, 300), 255)
        bright.save(larger / name.split("/")[1])
    command = ["evaluate", str(folder), "--audit", "--full-size", str(larger), "--model", str(model)]
    assert main([*command, "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["full_size"] == {"pairs": 2, "decisions_changed": 1}
    assert list(result["changes"]) == ["as it is", "lungs covered", *CHANGES]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "lungs covered: AUC" in printed
    assert "full-size films of the same names: 2; decisions changed: 1" in printed
    assert full_size(Classifier.load(model), read_labelled(folder), tmp_path / "none") == (0, 0)


def test_the_heatmap_within_the_borders():
    classifier = Classifier.load()
    sample = [film for film in _samples() if classifier.predict(film.path).decision == "refer"]
    inside = heatmap_inside(classifier, sample)
    assert AREA_INSIDE - 0.2 < inside.value <= 1
    assert np.isnan(heatmap_inside(classifier, sample[:1]).value)


def test_shares_of_heat_by_hand():
    heat = np.array([[1, -5], [2, 1]], np.float32)
    assert positive_share(heat, np.array([[1, 1], [0.5, 0]])) == pytest.approx(0.5)
    assert np.isnan(positive_share(-np.abs(heat), np.ones((2, 2))))
    mask = np.zeros((8, 8), bool)
    mask[:4, :6] = True
    assert by_area(mask, (2, 2)).tolist() == [[1, 0.5], [0, 0]]


def _samples():
    from cxr_edge.store import SAMPLES as FOLDER
    from cxr_edge_train.data.films import labelled

    return [labelled(path, 1) for path in sorted(FOLDER.glob("*.png"))]


def test_labels_that_file_facts_give_away_are_found_out(folder, model, capsys):
    assert (
        file_facts_baseline(read_labelled(folder), read_labelled(folder)).value > 0.9
    )  # brightness is a fact of these
    command = ["evaluate", str(folder), "--facts", str(folder), "--model", str(model)]
    assert main(command) == 0
    assert "file facts alone: AUC" in capsys.readouterr().out


def test_file_facts(tmp_path):
    pixels = np.repeat(np.array([[0, 100]], np.uint8), 50, axis=1).repeat(40, axis=0)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    size = (tmp_path / "film.png").stat().st_size
    assert file_facts(tmp_path / "film.png").tolist() == [size / 4000, 100, 40, 2.5, 50, 50, 0, 50, 100]


@pytest.mark.parametrize("options", [[], ["--full-size", "."], ["--audit"]], ids=lambda options: "".join(options[:1]))
def test_films_are_scored_by_as_many_workers_as_asked_for(options, folder, model, monkeypatch, capsys):
    asked, original = set(), Classifier.predict_many

    def predict_many(self, films, *, heatmap=False, workers=1):
        asked.add(workers)
        return original(self, films, heatmap=heatmap, workers=workers)

    monkeypatch.setattr(Classifier, "predict_many", predict_many)
    assert main(["evaluate", str(folder), "--workers", "3", "--model", str(model), *options]) == 0
    assert asked == {3}


def test_a_damaged_film_under_audit_is_named(folder, model, capsys):
    (folder / "NORMAL/torn.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    assert main(["evaluate", str(folder), "--audit", "--model", str(model)]) == 2
    assert "torn.png: found" in capsys.readouterr().err
