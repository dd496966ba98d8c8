"""AUC within groups of films that were taken alike, and across them.

Of all pairs of a sick and a healthy film, the AUC is the share in which the sick one has the higher score. Pairs from
one cluster cannot be told apart by how they were taken, pairs from two clusters can: a network that reads the
acquisition is better across than within.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from cxr_edge.calibration.intervals import Estimate
from cxr_edge_train.evaluation.statistics import Floats

Clusters = npt.NDArray[np.integer]


@dataclass(frozen=True)
class StratifiedAuc:
    """AUC over pairs of films.

    Attributes:
        within: pairs from the same cluster, all clusters together; each weighs as many pairs as it has.
        across: pairs from two clusters.
        difference: `across` minus `within`.
        pairs_within, pairs_across: how many there are.
    """

    within: Estimate
    across: Estimate
    difference: Estimate
    pairs_within: int
    pairs_across: int


def auc_within(clusters: Clusters, labels: Floats, scores: Floats, resamples: int = 1000) -> StratifiedAuc:
    """Stratify the AUC of left-out scores.

    Args:
        clusters: of each film, int [N].
        labels: 0 or 1 [N].
        scores: any monotone score [N].
        resamples: of the percentile bootstrap over films, seed 0.

    Raises:
        ValueError: there are no pairs of both classes within a cluster, or none across clusters.
    """
    value, pairs = _both(clusters, labels, scores)
    if min(pairs) == 0:
        raise ValueError(f"found {pairs[0]} pairs of sick and healthy films within clusters, {pairs[1]} across")

    rng, n = np.random.default_rng(0), len(labels)
    drawn = (rng.integers(0, n, n) for _ in range(resamples))
    draws = [_both(clusters[k], labels[k], scores[k])[0] for k in drawn]
    spread = np.array([(*draw, draw[1] - draw[0]) for draw in draws])  # NaN where a draw has no such pairs
    lows, highs = np.nanpercentile(spread, (2.5, 97.5), axis=0)
    within, across, difference = (
        Estimate(float(v), float(low), float(high))
        for v, low, high in zip((*value, value[1] - value[0]), lows, highs, strict=True)
    )
    return StratifiedAuc(within, across, difference, *pairs)


def _both(
    clusters: npt.NDArray[np.generic], labels: npt.NDArray[np.generic], scores: npt.NDArray[np.generic]
) -> tuple[tuple[float, float], tuple[int, int]]:
    """AUC within and across clusters, and their pairs; NaN where there are none."""
    won, pairs = _won(labels, scores)
    won_within, pairs_within = np.sum([_won(labels[m], scores[m]) for m in _members(clusters)], axis=0)
    across = pairs - pairs_within
    values = (
        float(won_within / pairs_within) if pairs_within else float("nan"),
        float((won - won_within) / across) if across else float("nan"),
    )
    return values, (int(pairs_within), int(across))


def _members(clusters: npt.NDArray[np.generic]) -> list[npt.NDArray[np.int_]]:
    """Indices of the films of each cluster."""
    order = np.argsort(clusters, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1)


def _won(labels: npt.NDArray[np.generic], scores: npt.NDArray[np.generic]) -> tuple[float, int]:
    """Pairs in which the sick film scores higher, ties as halves (Mann and Whitney 1947), and all pairs."""
    sick = labels == 1
    m, n = int(sick.sum()), int((~sick).sum())
    return float(rankdata(scores)[sick].sum()) - m * (m + 1) / 2, m * n
