import numpy as np
import pytest

from cxr_edge_export.parity import ParityGate, compare

RNG = np.random.default_rng(0)
LABELS = (np.arange(400) % 2).astype(float)
REFERENCE = np.clip(0.2 + 0.6 * LABELS + 0.15 * RNG.standard_normal(400), 0.01, 0.99)
OPEN = {"max_difference": 1.0, "mean_difference": 1.0, "share_changed": 1.0, "auc_loss": 1.0}


def test_a_file_equals_itself():
    parity = compare(LABELS, REFERENCE, REFERENCE, 0.5)
    assert (parity.films, parity.max_difference, parity.decisions_changed) == (400, 0.0, 0)
    assert parity.auc_difference.low == parity.auc_difference.high == 0.0
    assert ParityGate(0.0, 0.0, 0.0, 0.001).failures(parity) == []


def test_differences_by_hand():
    other = REFERENCE.copy()
    other[0] += 0.9 - REFERENCE[0]
    parity = compare(LABELS, other, REFERENCE, 0.5)
    assert parity.max_difference == pytest.approx(0.9 - REFERENCE[0])
    assert parity.mean_difference == pytest.approx(parity.max_difference / 400)
    assert parity.decisions_changed == 1


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ({"max_difference": 0.1}, "max |Δp|"),
        ({"mean_difference": 0.01}, "mean |Δp|"),
        ({"share_changed": 0.005}, "decisions changed"),
        ({"auc_loss": 0.005}, "ΔAUC"),
    ],
)
def test_each_limit_of_a_gate_bites(gate, message):
    worse = np.where(RNG.random(400) < 0.1, 1 - REFERENCE, REFERENCE)
    failures = ParityGate(**{**OPEN, **gate}).failures(compare(LABELS, worse, REFERENCE, 0.5))
    assert len(failures) == 1
    assert message in failures[0]
    assert ParityGate(**OPEN).failures(compare(LABELS, worse, REFERENCE, 0.5)) == []


def test_a_model_that_does_not_end_in_one_logit_is_refused():
    keras = pytest.importorskip("keras")
    pytest.importorskip("tf2onnx")
    from cxr_edge import CxrEdgeError
    from cxr_edge_export.graph import to_onnx

    film = keras.Input((32, 32, 1))
    flat = keras.Model(film, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(film)))
    with pytest.raises(CxrEdgeError, match="no linear layer with one output"):
        to_onnx(flat, 1.0)
