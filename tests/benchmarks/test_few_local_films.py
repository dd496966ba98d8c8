"""Drawing local films, choosing on them and measuring on the rest."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from cxr_edge.calibration.left_out import LeftOut
from cxr_edge_bench.evidence.few_local_films import LEFT, draw, in_a_hospital, spread, summary

RNG = np.random.default_rng(0)
LABELS = np.repeat([0.0, 1.0], [90, 130])
LOGITS = np.concatenate([RNG.normal(-1, 1, 90), RNG.normal(2, 1, 130)])
LEVELS = np.linspace(0, 1, 51)
LEFT_OUT = LeftOut(*(tuple(np.quantile(LOGITS[label == LABELS], LEVELS).tolist()) for label in (0, 1)))


def test_half_of_the_drawn_films_are_of_each_class_and_draws_differ():
    first, second = draw(LABELS, "half of each class", 50, 2)
    assert LABELS[first].sum() == LABELS[second].sum() == 25
    assert len(set(first)) == 50
    assert set(first) != set(second)
    assert len({LABELS[films].sum() for films in draw(LABELS, "as they come", 50, 20)}) > 1


def test_sizes_that_leave_too_few_films_to_measure_on_are_not_there():
    found = in_a_hospital(LABELS, LOGITS, LEFT_OUT, draws=5)
    assert list(found["half of each class"]) == ["25", "50", "100"]  # 100 of 90 normal films cannot be drawn
    few = np.repeat([0.0, 1.0], [LEFT + 20, LEFT + 200])
    assert list(draw(few, "half of each class", 50, 5)) == []


def test_what_is_measured_is_measured_on_the_rest():
    drawn = [np.r_[0:25, 90:115]]
    rest = np.delete(np.arange(220), drawn[0])
    found = spread(LABELS, np.where(np.isin(np.arange(220), rest), -LOGITS, LOGITS), drawn * 3, None)
    row = found["sensitivity 0.95"]
    assert row["sensitivity"]["value"] < 0.5  # scores turned round outside the drawn films
    assert row["sensitivity below 0.90"]["value"] == 1
    assert row["inside the range told"]["value"] == 0


def test_borrowed_films_narrow_the_spread_where_they_resemble_the_clinics():
    found = in_a_hospital(LABELS, LOGITS, LEFT_OUT, draws=60)["half of each class"]["25"]
    alone, beside = (found[kind]["sensitivity 0.95"] for kind in ("own films alone", "with borrowed films"))
    assert beside["sensitivity"]["sd"] < alone["sensitivity"]["sd"]
    assert beside["threshold"] != alone["threshold"]
    for row in (alone, beside):
        assert row["sensitivity"]["low"] <= row["sensitivity"]["value"] <= row["sensitivity"]["high"]


def test_every_hospital_size_and_kind_gets_a_line():
    lines = list(summary({"hospitals": {"elsewhere": in_a_hospital(LABELS, LOGITS, LEFT_OUT, draws=5)}}))
    assert len(lines) == 2 * 3 * 2
    assert lines[0].startswith("elsewhere, 25 films, half of each class, own films alone: sensitivity 0.")
