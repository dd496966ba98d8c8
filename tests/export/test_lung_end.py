"""A lung-pooled network as ONNX: the same logit, an exact heatmap, and the lungs."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.parity import answers
from cxr_edge_train.learning.lung_pooling import OUTSIDE, close_with_lungs, has_lungs
from cxr_edge_train.learning.networks import logits

FILMS = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), np.uint8)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    film = keras.Input((48, 48, 1), name="film")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(film)
    features = keras.layers.Conv2D(6, 5, strides=8, activation="relu")(x)
    network = close_with_lungs(film, features, 0.5, "small")
    network.set_weights([w + 0.3 * np.random.default_rng(2).standard_normal(w.shape) for w in network.get_weights()])
    return network


@pytest.fixture(scope="module")
def found(model):
    graph = to_onnx(model, 2.0)
    names = ["probability", "logit", "heatmap", "lungs"]
    assert [output.name for output in graph.graph.output] == names
    return dict(zip(names, answers(graph.SerializeToString(), FILMS, *names), strict=True))


def test_the_graph_answers_as_keras_does(model, found):
    assert has_lungs(model)
    assert found["logit"] == pytest.approx(logits(model, FILMS), abs=1e-5)
    assert found["probability"] == pytest.approx(1 / (1 + np.exp(-found["logit"] / 2)), abs=1e-6)
    assert found["lungs"] == pytest.approx(model.predict(FILMS, verbose=0)["lungs"][..., 0], abs=1e-5)


def test_the_heatmap_is_exact_and_weighted_by_lung(model, found):
    (bias,) = model.get_layer("logit").get_weights()
    assert found["heatmap"].sum(axis=(1, 2)) + bias == pytest.approx(found["logit"], abs=1e-5)
    features = keras.Model(model.inputs, model.get_layer("evidence").output)
    weight = found["lungs"] + OUTSIDE
    expected = features.predict(FILMS, verbose=0)[..., 0] * weight / weight.sum(axis=(1, 2), keepdims=True)
    assert found["heatmap"] == pytest.approx(expected, abs=1e-5)


def test_a_saved_network_loads_again(model, tmp_path):
    model.save(tmp_path / "model.keras")
    assert np.array_equal(logits(keras.models.load_model(tmp_path / "model.keras"), FILMS), logits(model, FILMS))


def test_no_gradient_reaches_the_answer_through_the_lungs(model):
    tf = pytest.importorskip("tensorflow")
    with tf.GradientTape() as tape:
        answer = model(FILMS, training=False)["logit"]
    variables = model.trainable_variables
    gradients = dict(zip((v.path for v in variables), tape.gradient(answer, variables), strict=True))
    assert all(gradient is None for path, gradient in gradients.items() if path.startswith("lungs/"))
    assert any(gradient is not None for path, gradient in gradients.items() if path.startswith("evidence/"))
