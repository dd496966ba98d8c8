import numpy as np
import pytest

from cxr_edge_tools.left_out_by_cluster import by_cluster
from cxr_edge_train.learning.run_folder import PartScores


def run(first, shift):
    """Forty films of one fold, half in a cluster whose films score higher; the label decides within a cluster."""
    rng = np.random.default_rng(first)
    films = [str(first + i) for i in range(40)]
    labels = np.tile([0.0, 1.0], 20)
    high = np.repeat([0.0, 1.0], 20)
    part = PartScores(films, labels, labels + shift * high + 0.1 * rng.standard_normal(40))
    return {"validation": part, "test": part}


def test_scores_that_follow_the_cluster_are_worse_across():
    clusters = {str(i): int(i % 40 >= 20) for i in range(80)}
    found = by_cluster([run(0, 3.0), run(40, 3.0)], clusters)
    assert list(found) == ["validation"]
    assert found["validation"]["films"] == 80
    assert found["validation"]["within"]["value"] > 0.99
    assert found["validation"]["across"]["value"] == pytest.approx(0.5, abs=0.05)


def test_films_without_a_cluster_are_left_out():
    clusters = {str(i): int(i % 40 >= 20) for i in range(40)}
    assert by_cluster([run(0, 0.0), run(40, 0.0)], clusters)["validation"]["films"] == 40
