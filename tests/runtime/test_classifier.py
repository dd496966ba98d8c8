import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, ModelIntegrityError, Prediction, UnreadableFilm, list_models
from cxr_edge.film.source import Limits
from cxr_edge.quality import QualityLimits
from cxr_edge.store import SAMPLES
from helpers import SIDE, encoded, tiny_card, tiny_onnx, write_model

LIMITS = QualityLimits(("upright", "inverted"), 0.5, (0.0, 255.0), 1.0, {})


def grey(level):
    return np.full((SIDE, SIDE), level, np.uint8)


def test_probability_logit_and_decision_of_a_model_that_can_be_computed_by_hand(tiny):
    prediction = tiny.predict(grey(168))
    assert prediction.logit == pytest.approx(2.0)
    assert prediction.probability == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert prediction.decision == "refer"
    assert tiny.predict(grey(88)).decision == "no finding"
    assert tiny.predict(grey(128)).decision == "refer"  # at the threshold


def test_prediction_names_the_film(tiny, tmp_path):
    path = tmp_path / "film.png"
    path.write_bytes(encoded(Image.fromarray(grey(200)), "PNG"))
    assert tiny.predict(path).path == str(path)
    assert tiny.predict(path.read_bytes()).path == "<bytes>"
    assert tiny.predict(path).to_dict() == {
        "age_known": False,
        "sha256": None,
        "heatmap_file": None,
        "path": str(path),
        "probability": pytest.approx(1 / (1 + np.exp(-3.6))),
        "logit": pytest.approx(3.6),
        "decision": "refer",
        "quality": [],
        "error": None,
    }


def test_predict_raises_and_predict_many_goes_on(tiny, tmp_path):
    films = [grey(200), tmp_path / "missing.png", b"text", grey(50)]
    with pytest.raises(UnreadableFilm, match=r"missing\.png: found no such file"):
        tiny.predict(films[1])
    predictions = list(tiny.predict_many(films))
    assert [p.decision for p in predictions] == ["refer", None, None, "no finding"]
    assert [p.error is None for p in predictions] == [True, False, False, True]
    assert predictions[1].probability is None


def test_predict_many_is_lazy(tiny):
    def films():
        yield grey(200)
        raise AssertionError("asked for a film too early")

    assert next(tiny.predict_many(films())).decision == "refer"


def test_limits_are_passed_on(tiny_model):
    with pytest.raises(UnreadableFilm, match="at most 100 pixels"):
        Classifier.load(tiny_model, limits=Limits(max_pixels=100)).predict(grey(1))


def test_results_and_errors_cross_process_borders():
    prediction = Prediction("film", 0.5, 0.0, "refer")
    assert pickle.loads(pickle.dumps(prediction)) == prediction
    error = UnreadableFilm("film", "nothing", "something")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_unlisted_model(tmp_path):
    path = write_model(tmp_path / "model.onnx", tiny_onnx(tiny_card().to_json()))
    path.with_name("model.onnx.sha256").unlink()
    with pytest.raises(ModelIntegrityError, match="no listed hash"):
        Classifier.load(path)
    with pytest.raises(ModelIntegrityError, match=f"found sha256 .*; expected {'0' * 64}"):
        Classifier.load(path, sha256="0" * 64)
    with pytest.raises(ModelIntegrityError, match="found sha256"):
        Classifier.load(path, sha256="")


def test_a_listed_model_of_another_hash(tmp_path):
    path = write_model(tmp_path / "model.onnx", tiny_onnx(tiny_card().to_json()))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelIntegrityError, match=r"model\.onnx: found sha256"):
        Classifier.load(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"garbage", "no usable ONNX model"),
        (b"", "no usable ONNX model|found inputs"),
        (tiny_onnx(None), "without a card"),
        (tiny_onnx("{}"), "unusable card"),
        (tiny_onnx(tiny_card(input_size=(32, 64)).to_json()), "found an input of shape"),
        (
            tiny_onnx(tiny_card(quality=LIMITS).to_json()),
            "no output view",
        ),
        (tiny_onnx(tiny_card(preprocessing=99).to_json()), "preprocessing version 99"),
        (tiny_onnx(tiny_card().to_json()).replace(b"film", b"mlif"), "found inputs"),
        (tiny_onnx(tiny_card().to_json()).replace(b"logit", b"tigol"), "found inputs"),
    ],
)
def test_files_that_are_no_models_of_ours(tmp_path, data, message):
    with pytest.raises(ModelIntegrityError, match=message) as refusal:
        Classifier.load(write_model(tmp_path / "model.onnx", data))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("model", ["nonsense", "folder/", "missing.onnx", ".", "", "/"])
def test_unknown_models_name_the_known_ones(model):
    with pytest.raises(ModelIntegrityError, match=list_models()[0].name):
        Classifier.load(model)


def test_a_model_that_may_not_be_read(secret):
    with pytest.raises(ModelIntegrityError, match="Permission denied"):
        Classifier.load(secret, sha256="0" * 64)


@pytest.mark.parametrize(
    ("age_known", "stated", "codes"),
    [(False, (), ("adult",)), (True, (), ()), (True, ("age",), ("age", "adult"))],
)
def test_a_stated_age_outranks_how_old_a_film_looks(monkeypatch, age_known, stated, codes):
    monkeypatch.setattr("cxr_edge.classifier.of_pixels", lambda *_: ("adult",))
    classifier = Classifier.load()
    prepared = replace(classifier.prepare(SAMPLES / "drawn_clear.png"), age_known=age_known, doubts=stated)
    assert classifier.answer(prepared).quality == codes
