"""Means and differences of shares against published and simulated figures."""

import numpy as np
import pytest

from cxr_edge_train.evaluation.means_and_shares import independent_difference, mean


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombes_own_examples(counts, low, high):
    found = independent_difference(*counts)
    assert found.value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_a_group_without_films_has_no_difference():
    assert np.isnan(independent_difference(0, 0, 1, 2).value)


def test_the_mean_and_its_interval():
    found = mean([1, 2, 3, 4])
    assert found.value == 2.5
    assert found.high - found.value == pytest.approx(3.1824 * np.std([1, 2, 3, 4], ddof=1) / 2, rel=1e-4)
    assert mean([0.5, 0.5]).low == 0.5
    assert np.isnan(mean([1]).value)
