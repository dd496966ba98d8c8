"""What must hold of thresholds, temperatures and intervals whatever the films are."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.prevalence import predictive_values
from cxr_edge.calibration.thresholds import (
    COLDEST,
    HOTTEST,
    fit_temperature,
    sensitivity_specificity,
    sigmoid,
    threshold_for,
)

probability = st.floats(0, 1, width=32)
films = st.lists(st.tuples(st.booleans(), probability), min_size=2, max_size=60).filter(
    lambda rows: len({sick for sick, _ in rows}) == 2
)
aims = st.tuples(st.sampled_from(["sensitivity", "specificity"]), st.sampled_from([0.5, 0.8, 0.95, 0.98, 1.0]))


def columns(rows):
    return np.array([float(sick) for sick, _ in rows]), np.array([p for _, p in rows], np.float64)


@given(films, aims)
def test_a_threshold_reaches_what_it_was_chosen_for(rows, wanted):
    labels, p = columns(rows)
    aim, value = wanted
    threshold = threshold_for(labels, p, aim, value)
    assert 0 <= threshold <= 1
    reached = dict(zip(("sensitivity", "specificity"), sensitivity_specificity(labels, p, threshold), strict=True))
    if threshold < 1 or not (p == 1).any():  # at 1 nothing is left to move the threshold above
        assert reached[aim].value >= value - 1e-9


@given(films, aims)
def test_the_order_of_films_changes_no_threshold(rows, wanted):
    forward, backward = (threshold_for(*columns(order), *wanted) for order in (rows, rows[::-1]))
    assert forward == backward


@given(st.lists(st.tuples(st.booleans(), st.floats(-30, 30)), min_size=2, max_size=60))
def test_a_temperature_is_within_its_bounds_and_keeps_the_order_of_films(rows):
    labels, logits = columns(rows)
    temperature = fit_temperature(labels, logits)
    assert COLDEST * 0.999 <= temperature <= HOTTEST * 1.001
    p = sigmoid(logits / temperature)
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.diff(p[np.argsort(logits)]) >= 0).all()


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_its_value_and_narrows_with_films(right, wrong):
    small, large = proportion(right, right + wrong), proportion(10 * right, 10 * (right + wrong))
    for e in (small, large):
        assert 0 <= e.low <= e.value <= e.high <= 1
    assert large.high - large.low <= small.high - small.low


@given(st.integers(1, 99), st.integers(1, 99), st.floats(0.001, 0.999))
def test_predictive_values_are_shares_and_grow_with_prevalence(sensitivity, specificity, prevalence):
    rarer = predictive_values(proportion(sensitivity, 100), proportion(specificity, 100), prevalence * 0.9)
    values = predictive_values(proportion(sensitivity, 100), proportion(specificity, 100), prevalence)
    for e in (values.ppv, values.npv):
        assert 0 <= e.low <= e.value + 1e-12
        assert e.value <= e.high + 1e-12
        assert e.high <= 1
        assert not math.isnan(e.value)
    assert values.ppv.value >= rarer.ppv.value - 1e-12
    assert values.npv.value <= rarer.npv.value + 1e-12
