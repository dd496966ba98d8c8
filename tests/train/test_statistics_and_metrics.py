import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from cxr_edge_train.evaluation.metrics import expected_calibration_error, measure
from cxr_edge_train.evaluation.statistics import auc, auc_difference, delong

RNG = np.random.default_rng(0)
LABELS = (RNG.random(400) < 0.6).astype(float)
SCORES = expit(1.5 * LABELS - 0.7 + RNG.standard_normal(400))
OTHER = expit(logit(SCORES) + 0.5 * RNG.standard_normal(400))


def test_auc_agrees_with_another_implementation_ties_included():
    coarse = np.round(SCORES, 1)
    for scores in (SCORES, coarse):
        assert auc(LABELS, scores).value == pytest.approx(roc_auc_score(LABELS, scores))


def test_delong_agrees_with_the_bootstrap():
    values, covariance = delong(LABELS, [SCORES, OTHER])
    draws = []
    for _ in range(1500):
        sample = RNG.integers(0, 400, 400)
        draws.append([roc_auc_score(LABELS[sample], s[sample]) for s in (SCORES, OTHER)])
    assert covariance == pytest.approx(np.cov(np.transpose(draws)), rel=0.15)
    difference = auc_difference(LABELS, SCORES, OTHER)
    assert difference.value == pytest.approx(values[0] - values[1])
    assert difference.high - difference.low == pytest.approx(3.92 * np.std(np.subtract(*np.transpose(draws))), rel=0.1)


def test_an_auc_of_one_still_has_an_interval():
    perfect = auc(np.array([0, 0, 1, 1, 1.0]), np.arange(5.0))
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low == pytest.approx(0.158, abs=0.001)  # exact bound of 2 of 2


def test_the_interval_of_the_calibration_error_mostly_reaches_down_for_a_calibrated_model():
    """The plain percentile bootstrap never does: it adds the bias of resampling to that of the estimate."""
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(20):
        p = rng.beta(0.6, 0.4, 600)
        estimate = measure((rng.random(600) < p).astype(float), p, 0.5).expected_calibration_error
        covered += estimate.low <= 0.01
    assert covered >= 12


def test_auc_of_one_class_is_refused():
    with pytest.raises(ValueError, match="two films of each class"):
        auc(np.ones(5), np.arange(5.0))


def test_metrics_by_hand():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1.0])
    p = np.array([0.1, 0.2, 0.3, 0.9, 0.2, 0.5, 0.8, 0.9, 0.9])
    m = measure(labels, p, threshold=0.5)
    assert m.confusion == {"tn": 3, "fp": 1, "fn": 1, "tp": 4}
    assert m.sensitivity.value == 0.8
    assert m.specificity.value == 0.75
    assert m.false_negative_rate.value == pytest.approx(0.2)
    assert m.accuracy.value == pytest.approx(7 / 9)
    assert m.brier.value == pytest.approx(np.mean((labels - p) ** 2))
    assert m.to_dict()["auc"]["low"] <= m.auc.value


def test_calibration_error_is_zero_for_the_calibrated_and_seen_for_the_rest():
    p = np.repeat([0.1, 0.5, 0.9], 100)
    labels = np.concatenate([np.arange(100) < 100 * q for q in (0.1, 0.5, 0.9)]).astype(float)
    assert expected_calibration_error(labels, p) == pytest.approx(0, abs=1e-12)
    assert expected_calibration_error(labels, np.ones(300)) == pytest.approx(0.5)
