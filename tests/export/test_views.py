import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.parity import answers
from cxr_edge_export.views import KINDS, fit_views, middle, read_views
from cxr_edge_train.networks import with_head
from cxr_edge_train.phantom import Phantom, draw
from tiny_training import tiny_network

SIDE = 64


@pytest.fixture(scope="module")
def model():
    """MobileNetV2 with random weights: even those tell a chest from a chest upside down."""
    keras.utils.set_random_seed(0)
    film = keras.Input((SIDE, SIDE, 1), name="film")
    inner = keras.applications.MobileNetV2((SIDE, SIDE, 1), alpha=0.35, include_top=False, weights=None)
    return with_head(film, inner(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(film)), 0.0, "small")


@pytest.fixture(scope="module")
def films():
    return np.stack([np.asarray(draw(Phantom(seed), SIDE))[..., None] for seed in range(24)])


def test_kinds_are_what_they_say():
    film = np.arange(6, dtype=np.uint8).reshape(1, 2, 3, 1)
    turned = {kind: turn(film)[0, ..., 0].tolist() for kind, turn in KINDS.items()}
    assert turned["turned left"] == [[2, 5], [1, 4], [0, 3]]
    assert turned["upside down"] == [[5, 4, 3], [2, 1, 0]]
    assert turned["turned right"] == [[3, 0], [4, 1], [5, 2]]
    assert turned["inverted"] == [[255, 254, 253], [252, 251, 250]]


def test_the_graph_says_what_the_probe_says(model, films):
    views = fit_views(model, films[:16])
    data = to_onnx(model, 1.0, views).SerializeToString()
    found = answers(data, films[16:], "view")
    z = middle(model).predict(films[16:], verbose=0) @ views.weights + views.bias
    expected = np.exp(z - z.max(axis=1, keepdims=True))
    assert found == pytest.approx(expected / expected.sum(axis=1, keepdims=True), abs=1e-4)
    card = read_views(data, films[16:20], films[20:])
    assert card["kinds"] == list(KINDS)
    assert card["doubted"]["upside down"]["value"] > card["doubted"]["upright"]["value"]


def test_a_network_without_that_layer_has_no_such_output(films):
    model = tiny_network((SIDE, SIDE))
    assert fit_views(model, films) is None
    assert [output.name for output in to_onnx(model, 1.0).graph.output] == ["probability", "logit", "heatmap"]
