import json
from dataclasses import replace

import pytest

from cxr_edge import ModelCard
from cxr_edge.quality import decide
from helpers import tiny_card

ESTIMATE = {"value": 0.9, "low": 0.8, "high": 1.0}
POINT = {
    "name": "x",
    "threshold": 0.5,
    "chosen_on": "",
    "measured_on": "",
    "sensitivity": ESTIMATE,
    "specificity": ESTIMATE,
}


def test_a_card_survives_json():
    card = tiny_card(metrics={"test": {"films": 3}})
    assert ModelCard.from_json(card.to_json()) == card
    assert card.threshold == 0.5


def test_unknown_fields_are_passed_over():
    values = json.loads(tiny_card().to_json())
    assert ModelCard.from_json(json.dumps({**values, "later": 1})) == tiny_card()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2"),
        ({"name": ...}, "no field 'name'"),
        ({"input_size": 3}, "wrong kind"),
        ({"operating_points": []}, "no operating point"),
        ({"operating_points": [{**POINT, "threshold": "0.5"}]}, "wrong kind"),
        ({"operating_points": [{**POINT, "threshold": 1.5}]}, "threshold 1.5"),
        ({"operating_points": [{**POINT, "sensitivity": {}}]}, "wrong kind"),
        ({"quality": {"kinds": []}}, "no field"),
        ({"input_size": [0, 5]}, "input size"),
        ({"operating_points": [{"name": "x"}]}, "no field"),
    ],
)
def test_unusable_cards(change, message):
    values = {**json.loads(tiny_card().to_json()), **change}
    text = json.dumps({name: value for name, value in values.items() if value is not ...})
    with pytest.raises(ValueError, match=message):
        ModelCard.from_json(text)


@pytest.mark.parametrize("text", ["", "no json", "[]", "3"])
def test_what_is_no_card(text):
    with pytest.raises(ValueError, match=r"."):
        ModelCard.from_json(text)


def points(*thresholds):
    return tuple(replace(tiny_card().operating_points[0], threshold=threshold) for threshold in thresholds)


@pytest.mark.parametrize(
    ("probability", "quality", "decision"),
    [
        (0.19, (), "no finding"),
        (0.2, (), "review"),
        (0.59, (), "review"),
        (0.6, (), "refer"),
        (float("nan"), (), "review"),
        (0.99, ("lateral",), "review"),
        (0.01, ("not-frontal",), "review"),
        (0.99, ("inverted",), "retake"),
        (0.01, ("not-frontal", "too-small"), "retake"),
    ],
)
def test_decisions(probability, quality, decision):
    band = tiny_card(operating_points=points(0.3, 0.2, 0.6)).review_band
    assert decide(probability, quality, band) == decision


def test_one_operating_point_leaves_no_band():
    card = tiny_card()
    assert card.review_band == (0.5, 0.5)
    assert [decide(p, (), card.review_band) for p in (0.5, 0.4999)] == ["refer", "no finding"]
