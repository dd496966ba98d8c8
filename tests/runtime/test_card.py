import json

import pytest

from cxr_edge import ModelCard
from helpers import tiny_card

POINT = {"name": "x", "threshold": 0.5, "chosen_on": "", "sensitivity": {}, "specificity": {}}


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
        ({"operating_points": [{**POINT, "threshold": 1.5}]}, "no operating point"),
        ({"input_size": [0, 5]}, "input size"),
        ({"operating_points": [{"name": "x"}]}, "wrong kind"),
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
