"""Swapped lungs, and what they tell of a model."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError, Prediction
from cxr_edge.cli.main import main
from cxr_edge.film.preprocess import UNWINDOWED
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.data.lung_masks import NoMasks
from cxr_edge_train.evaluation import heat_share
from cxr_edge_train.evaluation.film_changes import CHANGES
from cxr_edge_train.evaluation.heat_share import by_area
from cxr_edge_train.evaluation.lung_audit import (
    COVERED,
    ONLY_LUNGS,
    SWAPPED,
    audit_lungs,
    cover_lungs,
    only_lungs,
    read_masked,
)
from cxr_edge_train.evaluation.swapped_films import bodies, match_levels, swap, touches_border, with_margin
from helpers import tiny_card, tiny_onnx, write_model

SIDE = 224


def lungs_at(top, bottom, left, right, side=SIDE):
    mask = np.zeros((side, side), bool)
    mask[top:bottom, left:right] = True
    return mask


def film_of(lungs, body_grey, lung_grey, seed=0):
    noise = np.random.default_rng(seed).normal(0, 4, lungs.shape)
    return np.clip(np.where(lungs, lung_grey, body_grey) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Sick bodies are bright, and so are sick lungs. The model's logit is (mean grey − 128) / 20."""
    monkeypatch.setenv("CXR_EDGE_DATA", str(tmp_path))
    for label, body, lung in (("NORMAL", 110, 50), ("PNEUMONIA", 200, 150)):
        for kind in ("chest_xray", "lung_masks"):
            (tmp_path / kind / "test" / label).mkdir(parents=True)
        for i in range(6):
            lungs = lungs_at(60 + 2 * i, 150, 0 if i == 5 else 60, 160)
            Image.fromarray(film_of(lungs, body + 2 * i, lung, i)).save(tmp_path / f"chest_xray/test/{label}/{i}.png")
            Image.fromarray(lungs).save(tmp_path / f"lung_masks/test/{label}/{i}.png")
    return tmp_path / "chest_xray/test"


@pytest.fixture
def model(tmp_path):
    card = tiny_card(preprocessing=UNWINDOWED)
    return write_model(tmp_path / "tiny.onnx", tiny_onnx(card.to_json()))


def test_lungs_take_the_place_of_the_others_and_the_body_stays():
    lungs, others = lungs_at(40, 120, 30, 130), lungs_at(90, 190, 80, 200)
    film, body = film_of(lungs, 150, 40), film_of(others, 150, 90, seed=1)
    swapped = swap(film, lungs, body, others)
    assert swapped.dtype == np.uint8
    far = ~with_margin(others, 24)
    assert np.array_equal(swapped[far], body[far])
    assert np.abs(swapped[100:180, 90:190].astype(float).mean() - 40) < 6  # its own lungs, over the whole other box
    assert np.array_equal(swapped, swap(film, lungs, body, others))


def test_a_film_swapped_with_itself_stays_as_it_is():
    lungs = lungs_at(40, 160, 50, 170)
    film = film_of(lungs, 140, 60)
    assert np.array_equal(swap(film, lungs, film, lungs), film)


def test_what_lies_outside_the_film_repeats_its_edge():
    lungs, others = (
        lungs_at(1, 41, 60, 160),
        lungs_at(40, 200, 60, 160),
    )  # stretched four times: the top comes from outside
    others[20:40, 100:110] = True
    film = film_of(lungs, 150, 40)
    film[0] = 222
    swapped = swap(film, lungs, film_of(others, 150, 90), others)
    assert swapped[20:200].min() > 0  # no black seam
    like = match_levels(film, lungs, film_of(others, 150, 90), others)
    assert like.min() >= 0
    assert like.max() <= 255


def test_levels_are_those_around_the_lungs_and_not_of_the_lungs():
    lungs = lungs_at(60, 160, 60, 160)
    dark, bright = film_of(lungs, 100, 20), film_of(lungs, 160, 150)
    matched = match_levels(dark, lungs, bright, lungs)
    assert matched[~lungs].mean() == pytest.approx(160, abs=2)
    assert matched[lungs].mean() == pytest.approx(80, abs=5)  # as much darker than their surroundings as before


def test_lungs_cut_by_the_film_are_known():
    assert not touches_border(lungs_at(1, 223, 1, 223))
    assert all(touches_border(lungs_at(*box)) for box in ((0, 9, 5, 9), (5, 224, 5, 9), (5, 9, 0, 9), (5, 9, 5, 224)))


def test_bodies_are_of_the_other_class_and_drawn_by_the_seed():
    labels = [0] * 30 + [1] * 20
    drawn = bodies(labels, 3)
    assert all(labels[other] != label for label, other in zip(labels, drawn, strict=True))
    assert drawn == bodies(labels, 3) != bodies(labels, 4)


def test_covering_and_leaving_lungs():
    lungs = lungs_at(100, 120, 100, 120)
    film = np.full((SIDE, SIDE), 250, np.uint8)
    covered, left = cover_lungs(film, lungs), only_lungs(film, lungs)
    assert (covered[96:124, 110] == 128).all()
    assert covered[95, 110] == covered[124, 110] == 250
    assert np.array_equal(covered == 128, left == 250)


def test_a_model_that_answers_from_the_body_is_found_out(folder, model):
    found = audit_lungs(Classifier.load(model), read_labelled(folder), folder.parents[1] / "lung_masks", workers=2)
    assert list(found.changes) == [SWAPPED, COVERED, ONLY_LUNGS]
    assert (found.films, found.swapped) == (12, 10)  # the lungs of two touch the border
    assert found.changes[SWAPPED].auc.value < 0.1
    assert found.changes[SWAPPED].auc_change.value < -0.9
    assert found.changes[COVERED].auc.value > 0.9
    assert found == audit_lungs(Classifier.load(model), read_labelled(folder), folder.parents[1] / "lung_masks")


def test_the_command_adds_them_to_the_audit(folder, model, capsys):
    command = ["evaluate", str(folder), "--audit", "--model", str(model)]
    assert main([*command, "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result["changes"]) == ["as it is", SWAPPED, COVERED, ONLY_LUNGS, *CHANGES]
    assert next(iter(CHANGES)) == "all but the borders covered"
    assert "heat in the drawn lungs" not in result  # this model has no heatmap
    assert result["lung_masks"] == {"films": 12, "swapped": 10, "seed": 0}
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert f"{SWAPPED}: AUC" in printed
    assert "lungs drawn in 12 of 12 films; put into another body in 10" in printed


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "masks of other films"])
def test_without_masks_the_command_says_so_and_does_the_rest(there, folder, model, monkeypatch, tmp_path, capsys):
    other = tmp_path / "other"
    (other / "lung_masks" if there else other).mkdir(parents=True)
    monkeypatch.setenv("CXR_EDGE_DATA", str(other))
    assert main(["evaluate", str(folder), "--audit", "--format", "json", "--model", str(model)]) == 0
    out, err = capsys.readouterr()
    assert list(json.loads(out)["changes"]) == ["as it is", "lungs covered", *CHANGES]
    said = [line for line in err.splitlines() if line.startswith("Drawn lungs were not tested.")]
    assert len(said) == 1
    assert ("found masks for 0 of 12 films" if there else "found no such folder") in said[0]


def test_a_damaged_mask_is_no_absent_mask(folder, model, capsys):
    masks = folder.parents[1] / "lung_masks"
    (masks / "test/NORMAL/0.png").write_bytes(b"no picture")
    with pytest.raises(CxrEdgeError, match=r"0\.png: found no picture") as caught:
        audit_lungs(Classifier.load(model), read_labelled(folder), masks)
    assert not isinstance(caught.value, NoMasks)


def test_films_keep_their_own_grey_levels_when_they_are_squashed(folder):
    drawn = read_masked(read_labelled(folder), folder.parents[1] / "lung_masks")
    assert drawn[0].grey.max() < 140  # a window would stretch it to 255


@pytest.mark.parametrize("place", ["lungs", "elsewhere"])
def test_heat_within_the_drawn_lungs(place, folder, monkeypatch):
    lungs = lungs_at(60, 150, 60, 160)
    mask = lungs if place == "lungs" else ~with_margin(lungs, 12)
    heat = np.where(by_area(mask, (28, 28)) > 0.99, 1, -1).astype(np.float32)

    def answers(classifier, films, workers, heatmap):
        assert heatmap
        return (Prediction(str(film), 0.4 if "NORMAL" in str(film) else 0.9, heatmap=heat) for film in films)

    monkeypatch.setattr(heat_share, "answers", answers)
    model = SimpleNamespace(card=SimpleNamespace(threshold=0.5))
    masks = folder.parents[1] / "lung_masks"
    (masks / "test/PNEUMONIA/3.png").unlink()
    found = heat_share.heat_in_lungs(model, read_labelled(folder), masks)
    assert found.films == 5  # of the six referred ones, one has no mask
    assert found.area.value == pytest.approx(np.mean([lung_area(i) for i in (0, 1, 2, 4, 5)]))
    assert found.share.value > 0.9 if place == "lungs" else found.share.value < 0.1
    assert found.share.low <= found.share.value <= found.share.high


def lung_area(i):
    return (90 - 2 * i) * (160 if i == 5 else 100) / SIDE**2
