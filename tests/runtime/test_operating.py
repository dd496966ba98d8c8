import math

import numpy as np
import pytest

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.next_films import next_films
from cxr_edge.calibration.prevalence import predictive_values
from cxr_edge.calibration.thresholds import fit_temperature, sigmoid, threshold_for

RNG = np.random.default_rng(5)
LABELS = np.repeat([0.0, 1.0], [120, 200])
SCORES = sigmoid(1.5 * LABELS + RNG.standard_normal(320))


@pytest.mark.parametrize("value", [0.9, 0.95, 0.98, 1.0])
def test_the_threshold_is_the_largest_of_its_sensitivity(value):
    threshold = threshold_for(LABELS, SCORES, "sensitivity", value)
    sick = SCORES[LABELS == 1]
    assert (sick >= threshold).mean() >= value
    assert (sick > sick[sick >= threshold].min()).mean() < value
    assert not np.isclose(SCORES, threshold, rtol=0, atol=1e-9).any()  # no film stands on the line


@pytest.mark.parametrize("value", [0.9, 0.95, 1.0])
def test_the_threshold_is_the_smallest_of_its_specificity(value):
    threshold = threshold_for(LABELS, SCORES, "specificity", value)
    well = SCORES[LABELS == 0]
    assert (well < threshold).mean() >= value
    assert (well < well[well < threshold].max()).mean() < value
    assert not np.isclose(SCORES, threshold, rtol=0, atol=1e-9).any()


def test_a_class_without_films_is_an_error():
    with pytest.raises(ValueError, match="no film to measure specificity"):
        threshold_for(np.ones(3), SCORES[:3], "specificity", 0.95)


def test_temperature_is_recovered():
    z = 3 * RNG.standard_normal(20_000)
    labels = (RNG.random(20_000) < sigmoid(z / 2.5)).astype(float)
    assert fit_temperature(labels, z) == pytest.approx(2.5, rel=0.05)


def test_temperature_is_the_minimum_of_the_loss():
    z = 2 * RNG.standard_normal(500)
    labels = (RNG.random(500) < sigmoid(z / 0.7)).astype(float)

    def loss(t):
        return np.logaddexp(0, np.where(labels == 1, -z, z) / t).mean()

    t = fit_temperature(labels, z)
    assert loss(t) <= min(loss(t * 1.001), loss(t / 1.001))


def test_wilson_against_a_published_example():
    """Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3."""
    for successes, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        estimate = proportion(successes, trials)
        assert (estimate.low, estimate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert np.isnan(proportion(0, 0).value)


def test_predictive_values_follow_bayes():
    values = predictive_values(Estimate(0.9, 0.8, 0.95), Estimate(0.8, 0.7, 0.9), 0.1)
    assert values.ppv.value == pytest.approx(0.09 / (0.09 + 0.18))
    assert values.npv.value == pytest.approx(0.72 / (0.72 + 0.01))
    for estimate in (values.ppv, values.npv):
        assert 0 < estimate.low < estimate.value < estimate.high < 1
    perfect = predictive_values(proportion(50, 50), proportion(40, 40), 0.1)
    assert perfect.ppv.value == perfect.npv.value == perfect.ppv.high == 1
    assert 0.3 < perfect.ppv.low < 1
    with pytest.raises(ValueError, match="between 0 and 1"):
        predictive_values(proportion(1, 2), proportion(1, 2), 0.0)


def test_intervals_of_predictive_values_hold_the_truth_in_95_of_100_cases():
    sensitivity, specificity, prevalence, held = 0.95, 0.85, 0.1, np.zeros(2)
    ppv = sensitivity * prevalence / (sensitivity * prevalence + (1 - specificity) * (1 - prevalence))
    npv = specificity * (1 - prevalence) / (specificity * (1 - prevalence) + (1 - sensitivity) * prevalence)
    for hits, clears in zip(RNG.binomial(100, sensitivity, 3000), RNG.binomial(80, specificity, 3000), strict=True):
        values = predictive_values(proportion(int(hits), 100), proportion(int(clears), 80), prevalence)
        held += values.ppv.low <= ppv <= values.ppv.high, values.npv.low <= npv <= values.npv.high
    assert (held / 3000 > 0.935).all()
    assert (held / 3000 < 0.975).all()


@pytest.mark.parametrize(("films", "value"), [(25, 0.95), (40, 0.95), (100, 0.95), (50, 0.98)])
def test_the_next_films_reach_what_was_told_in_95_of_100_cases(films, value):
    told, reached = next_films(films, value), []
    for _ in range(2000):
        z = RNG.standard_normal(films)
        threshold = threshold_for(np.ones(films), sigmoid(z), "sensitivity", value)
        reached.append(_share_above(threshold))
    assert np.mean(reached) == pytest.approx(told.value, abs=0.01)
    assert 0.92 < np.mean((told.low <= np.array(reached)) & (np.array(reached) <= told.high)) < 0.99


def test_more_films_tell_more_of_the_next_ones_and_borrowed_ones_do_not():
    widths = [told.high - told.low for told in (next_films(n, 0.95) for n in (25, 50, 100, 200, 400))]
    assert widths == sorted(widths, reverse=True)
    alone, beside = next_films(30, 0.95), next_films(30, 0.95, borrowed=20)
    assert beside.high - beside.low > 0.8 * (alone.high - alone.low)
    assert abs(beside.value - 0.95) < 0.02


def _share_above(threshold):
    """Of films whose logits are normally distributed."""
    return 0.5 * math.erfc(math.log(threshold / (1 - threshold)) / math.sqrt(2))
