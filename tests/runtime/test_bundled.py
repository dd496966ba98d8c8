"""The models in the package: that they load, and tell drawn phantoms apart."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge.film.preprocess import preprocess
from cxr_edge.store import SAMPLES

MODELS = list_models()
RELEASED = [model for model in MODELS if model.alias]  # the others are there for comparison


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_file_card_and_list_agree(model):
    assert hashlib.sha256(model.path.read_bytes()).hexdigest() == model.sha256
    assert model.path.stat().st_size <= 3e6
    card = Classifier.load(model.name).card
    assert card.name == model.name
    assert card.summary == model.summary
    assert len(card.quantization["calibration_films"]) == 200
    for figure in ("sensitivity", "specificity", "accuracy", "auc", "brier", "expected_calibration_error"):
        estimate = card.metrics["test"][figure]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_aliases():
    assert [model.alias for model in RELEASED] == ["default", "accurate"]
    assert [model.default for model in MODELS] == [True] + [False] * (len(MODELS) - 1)
    assert Classifier.load().sha256 == MODELS[0].sha256
    assert Classifier.load("accurate").sha256 == RELEASED[1].sha256
    assert RELEASED[0].path.stat().st_size <= 1e6


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_the_clear_phantom_is_called_less_sick_than_the_opaque_ones(model):
    """Drawings are no films: how sick the clear one looks differs by model, and says nothing of children."""
    clear, *opaque = Classifier.load(model.name).predict_many(sorted(SAMPLES.glob("*.png")))
    assert "clear" in clear.path
    assert len(opaque) == 2
    assert [prediction.decision for prediction in opaque] == ["refer", "refer"]
    assert clear.logit < min(prediction.logit for prediction in opaque) - 0.4
    if model.alias == "default":
        assert clear.decision in ("no finding", "review")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_heatmap_is_exact(model):
    import onnxruntime

    session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
    size = Classifier.load(model.name).card.input_size
    biases = []
    for film in sorted(SAMPLES.glob("*.png")):
        logit, heatmap = session.run(["logit", "heatmap"], {"film": preprocess(film, size)[None]})
        biases.append(logit[0] - heatmap.sum())
    assert np.ptp(biases) < 1e-4


TURNS = {
    "upright": lambda a: a,
    "turned-left": np.rot90,
    "upside-down": lambda a: np.rot90(a, 2),
    "turned-right": lambda a: np.rot90(a, -1),
    "inverted": lambda a: 255 - a,
}


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
@pytest.mark.parametrize("kind", TURNS)
def test_phantoms_that_are_turned_or_inverted_are_to_be_retaken(kind, model):
    classifier = Classifier.load(model.name)
    for sample in sorted(SAMPLES.glob("*.png")):
        film = np.ascontiguousarray(TURNS[kind](np.asarray(Image.open(sample))))
        prediction = classifier.predict(film)
        assert prediction.quality == (() if kind == "upright" else (kind,)), sample
        assert (prediction.decision == "retake") == (kind != "upright")
        assert prediction.probability is not None
