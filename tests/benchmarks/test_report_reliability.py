"""Bins of the reliability diagram: as many films in each, enough of them, and an interval that belongs to them."""

import numpy as np
import pytest

for package in ("sklearn", "scipy"):
    pytest.importorskip(package)
from cxr_edge.calibration.intervals import proportion
from cxr_edge_bench.report.charts.equal_mass import LEAST, MOST, equal_mass_bins


@pytest.mark.parametrize("films", [2 * LEAST, 99, 624, 5000])
def test_bins_are_of_equal_mass_and_hold_enough_films(films):
    rng = np.random.default_rng(films)
    p = np.round(rng.beta(0.2, 0.2, films), 3)  # crowded at both ends, with ties, as real answers are
    labels = (rng.random(films) < p).astype(float)
    bins = equal_mass_bins(labels, p)
    sizes = [b.films for b in bins]
    assert sum(sizes) == films
    assert 2 <= len(bins) <= MOST
    assert min(sizes) >= LEAST
    assert max(sizes) - min(sizes) <= 1
    order, start = np.argsort(p, kind="stable"), 0
    for b in bins:
        inside = order[start : start + b.films]
        start += b.films
        assert (b.low, b.high) == (p[inside].min(), p[inside].max())
        assert b.low <= b.mean <= b.high
        assert b.sick == proportion(labels[inside].sum(), b.films)


def test_too_few_films_give_no_bins():
    p = np.linspace(0, 1, 2 * LEAST - 1)
    assert equal_mass_bins((p > 0.5).astype(float), p) == []
