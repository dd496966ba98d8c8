"""A model's left-out films, placed where a clinic's own lie."""

import json

import numpy as np
import pytest

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import BORROWED
from cxr_edge.calibration.left_out import LeftOut, beside_borrowed
from cxr_edge.card import ModelCard
from helpers import tiny_card, tiny_onnx, write_model

RNG = np.random.default_rng(3)
SKEWED = 3 - RNG.gamma(2.0, 0.8, 4000)  # logits of the sick: a tail towards low ones
LEVELS = np.linspace(0, 1, 51)
LEFT_OUT = LeftOut(tuple(np.quantile(-SKEWED, LEVELS).tolist()), tuple(np.quantile(SKEWED, LEVELS).tolist()))


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (-2.0, 1.0), (1.0, 0.4), (0.0, 2.5)])
@pytest.mark.parametrize("label", [0, 1])
def test_they_take_the_place_and_width_of_many_own_films_and_keep_their_shape(label, shift, scale):
    own = shift + scale * (SKEWED if label else -SKEWED)
    placed = LEFT_OUT.placed(own, label, 100)
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(placed, share) == pytest.approx(np.quantile(own, share), abs=0.15 * scale)


def test_few_own_films_decide_where_and_hardly_how_wide():
    own = np.array([-1.0, -1.1, -0.9])
    placed = LEFT_OUT.placed(own, 1, BORROWED)
    assert placed.mean() == pytest.approx(-1.0, abs=0.1)
    assert np.ptp(placed) > 5 * np.ptp(own)


def test_own_films_of_one_score_do_not_divide_by_zero():
    for left_out in (LEFT_OUT, LeftOut((1.0, 1.0), (2.0, 2.0))):
        for label in (0, 1):
            assert np.isfinite(left_out.placed(np.full(30, 0.5), label, BORROWED)).all()


def test_films_drawn_by_chance_resemble_the_class():
    drawn = LEFT_OUT.placed(SKEWED, 1, 5000, np.random.default_rng(0))
    even = LEFT_OUT.placed(SKEWED, 1, 5000)
    assert not np.array_equal(np.sort(drawn), even)
    assert np.quantile(drawn, 0.05) == pytest.approx(np.quantile(even, 0.05), abs=0.2)


def test_they_stand_behind_the_own_films_with_their_labels():
    labels, logits = np.repeat([0.0, 1.0], [30, 40]), np.concatenate([-SKEWED[:30], SKEWED[:40]])
    y, z = beside_borrowed(labels, logits, LEFT_OUT)
    assert len(y) == len(z) == 70 + 2 * BORROWED
    assert np.array_equal(z[:70], logits)
    assert (y[70:].sum(), len(y[70:])) == (BORROWED, 2 * BORROWED)
    assert z[70:][y[70:] == 1].mean() > z[70:][y[70:] == 0].mean()
    assert beside_borrowed(labels, logits, None)[1] is logits


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"normal": [0.0, 1.0]}, KeyError),
        ({"normal": [0.0, 1.0], "pneumonia": 3}, TypeError),
        ({"normal": [0.0, 1.0], "pneumonia": ["0", "1"]}, TypeError),
        ({"normal": [0.0, True], "pneumonia": [0.0, 1.0]}, TypeError),
        ({"normal": [0.0], "pneumonia": [0.0, 1.0]}, ValueError),
        ({"normal": [1.0, 0.0], "pneumonia": [0.0, 1.0]}, ValueError),
        ({"normal": [0.0, float("nan")], "pneumonia": [0.0, 1.0]}, ValueError),
        ({"normal": [0.0, float("inf")], "pneumonia": [0.0, 1.0]}, ValueError),
        ({"normal": [0, 10**400], "pneumonia": [0.0, 1.0]}, ValueError),
    ],
)
def test_anything_else_is_refused(values, error):
    with pytest.raises(error):
        LeftOut.from_dict(values)


def test_it_survives_json_and_a_model_file(tmp_path):
    assert LeftOut.from_dict(json.loads(json.dumps(LEFT_OUT.to_dict()))) == LEFT_OUT
    card = tiny_card(left_out=LEFT_OUT)
    assert ModelCard.from_json(card.to_json()) == card
    assert Classifier.load(write_model(tmp_path / "tiny.onnx", tiny_onnx(card.to_json()))).card.left_out == LEFT_OUT
