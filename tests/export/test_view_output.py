import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
from cxr_edge.quality import ADULT, CROPPED, RETAKE, UPRIGHT, QualityLimits
from cxr_edge_export.gate_limits import flagged, quality_limits
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.not_upright import KINDS
from cxr_edge_export.parity import answers
from cxr_edge_export.view_output import (
    augmented_as,
    fit_view_probe,
    has_middle,
    middle_features,
)
from cxr_edge_train.data.phantom import Phantom, draw
from cxr_edge_train.learning.lung_pooling import close_with_lungs
from cxr_edge_train.learning.networks import close_with_logit
from tiny_training import tiny_network

SIZE = (64, 64)


def random_network(close):
    """MobileNetV2 with random weights: even those tell a chest from a chest upside down."""
    keras.utils.set_random_seed(0)
    film = keras.Input((*SIZE, 1), name="film")
    inner = keras.applications.MobileNetV2((*SIZE, 1), alpha=0.35, include_top=False, weights=None)
    return close(film, inner(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(film)), 0.0, "small")


@pytest.fixture(scope="module")
def model():
    return random_network(close_with_logit)


@pytest.fixture(scope="module")
def films():
    return np.stack([np.asarray(draw(Phantom(seed), 80))[..., None] for seed in range(24)])


def test_kinds_are_what_they_say():
    film, rng = np.arange(6, dtype=np.uint8).reshape(2, 3), np.random.default_rng(0)
    turned = {kind: makers[0](film, rng).tolist() for kind, makers in list(KINDS.items())[:5]}
    assert turned == {
        "upright": [[0, 1, 2], [3, 4, 5]],
        "turned-left": [[2, 5], [1, 4], [0, 3]],
        "upside-down": [[5, 4, 3], [2, 1, 0]],
        "turned-right": [[3, 0], [4, 1], [5, 2]],
        "inverted": [[255, 254, 253], [252, 251, 250]],
    }
    assert next(iter(KINDS)) == UPRIGHT
    assert {"turned-left", "upside-down", "turned-right", "inverted", "cropped"} == RETAKE & set(KINDS)


@pytest.mark.parametrize("maker", [maker for makers in list(KINDS.values())[5:] for maker in makers])
def test_what_is_made_is_a_picture_that_depends_on_the_seed_alone(maker, films):
    film = films[0, ..., 0]
    before = film.copy()
    made = [maker(film, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert all(m.dtype == np.uint8 and m.ndim == 2 and min(m.shape) >= 20 for m in made)
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    assert np.array_equal(film, before)


def test_the_graph_says_what_the_probe_says(model, films):
    probe = fit_view_probe(model, films[:16])
    data = to_onnx(model, 1.0, probe).SerializeToString()
    rng = np.random.default_rng(0)
    small = augmented_as("upright", films[16:], SIZE, rng)
    (found,) = answers(data, small, "view")
    z = middle_features(model).predict(small, verbose=0) @ probe.weights + probe.bias
    expected = np.exp(z - z.max(axis=1, keepdims=True))
    assert found == pytest.approx(expected / expected.sum(axis=1, keepdims=True), abs=1e-4)

    limits = quality_limits(data, probe.kinds, small, films[16:], small, lungs=False)
    assert limits.kinds == tuple(KINDS)
    assert limits.adult is None
    assert not limits.needs_lungs
    assert 0 < limits.upright < 1
    assert limits.mean[0] <= small.mean() <= limits.mean[1]
    assert QualityLimits.from_dict(limits.__dict__) == limits
    assert set(limits.flagged) >= {"test, upright", "test, inverted"}
    inverted = augmented_as("inverted", films[16:], SIZE, rng)
    assert flagged(data, inverted, limits).value > flagged(data, small, limits).value


def test_a_network_without_those_layers_has_no_such_output():
    model = tiny_network(SIZE)
    assert not has_middle(model)
    assert [output.name for output in to_onnx(model, 1.0).graph.output] == ["probability", "logit", "heatmap"]


def test_adults_are_a_kind_and_a_lung_map_replaces_cropped(films):
    model = random_network(close_with_lungs)
    adults = np.stack([255 - np.asarray(draw(Phantom(seed), 80))[..., None] // 2 for seed in range(50, 66)])
    probe = fit_view_probe(model, films[:16], adults)
    assert probe.kinds == (*(kind for kind in KINDS if kind != CROPPED), ADULT)
    data = to_onnx(model, 1.0, probe).SerializeToString()
    small = augmented_as("upright", films[16:], SIZE, np.random.default_rng(0))
    limits = quality_limits(data, probe.kinds, small, films[16:], small, lungs=True)
    assert 0 < limits.adult < 1
    assert 0 < limits.least_lung < 1
    assert 0 < limits.lung_at_edge < 1
    assert QualityLimits.from_dict(limits.__dict__) == limits
    of_adults = augmented_as("upright", adults, SIZE, np.random.default_rng(0))
    (views,) = answers(data, of_adults, "view")
    (of_children,) = answers(data, small, "view")
    adult = probe.kinds.index(ADULT)
    assert views[:, adult].mean() > of_children[:, adult].mean() + 0.1
