"""Bundled models that see lungs answer from the lungs, as their records say; and the gate can fail."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.film.preprocess import UNWINDOWED
from cxr_edge.store import SAMPLES
from helpers import tiny_card, tiny_onnx, write_model

for package in ("onnx", "sklearn", "matplotlib"):
    pytest.importorskip(package)
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.evidence.against_other_model import swapped
from cxr_edge_bench.evidence.swapped_gate import LEAST, failures, sees_lungs, swapped_auc
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.evaluation.lung_audit import SWAPPED

RELEASED = [model for model in list_models() if model.alias]
FILM = sorted(SAMPLES.glob("*.png"))[0]


def audit(value, sha256="s"):
    return {"model": {"sha256": sha256}, "changes": {SWAPPED: {"auc": {"value": value}}}}


@pytest.fixture(scope="module")
def swapped_films(data):
    found = swapped(read_labelled(data / "chest_xray/test"), data / "lung_masks")
    if not found:
        pytest.skip("needs lung masks in CXR_EDGE_DATA")
    return found[SWAPPED]


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_swapped_test_films_are_answered_as_recorded(model, swapped_films):
    classifier = Classifier.load(model.name)
    assert sees_lungs(classifier, FILM)
    record = json.loads((RESULTS / model.name / "audit.json").read_text(encoding="utf-8"))
    assert failures(record, classifier.sha256, swapped_auc(classifier, swapped_films)) == []


def test_the_gate_passes_what_is_as_recorded():
    assert failures(audit(0.975), "s", Estimate(0.9765, 0.96, 0.99)) == []


@pytest.mark.parametrize(
    ("record", "found", "why"),
    [
        (audit(0.975), 0.972, "as recorded"),
        (audit(0.899), 0.899, f"at least {LEAST}"),
        (audit(0.95, sha256="other"), 0.95, "a record of the model other"),
        ({"model": {"sha256": "s"}, "changes": {}}, 0.95, "an audit with lung masks"),
        (audit(0.95), float("nan"), "as recorded"),
    ],
)
def test_the_gate_names_what_is_wrong(record, found, why):
    assert any(why in failure for failure in failures(record, "s", Estimate(found, found, found)))


def test_a_model_that_answers_from_the_body_fails(tmp_path, monkeypatch):
    """Sick bodies are bright, and the model's logit is (mean grey − 128) / 20."""
    for label, grey in (("NORMAL", 60), ("PNEUMONIA", 200)):
        for kind in ("chest_xray", "lung_masks"):
            (tmp_path / kind / "test" / label).mkdir(parents=True)
        lungs = np.zeros((224, 224), bool)
        lungs[90:130, 90:130] = True
        for i in range(3):
            film = np.random.default_rng(i).normal(grey, 4, lungs.shape).astype(np.uint8)
            Image.fromarray(film).save(tmp_path / f"chest_xray/test/{label}/{i}.png")
            Image.fromarray(lungs).save(tmp_path / f"lung_masks/test/{label}/{i}.png")
    card = tiny_card(preprocessing=UNWINDOWED)
    model = Classifier.load(write_model(tmp_path / "tiny.onnx", tiny_onnx(card.to_json())))
    films = swapped(read_labelled(tmp_path / "chest_xray/test"), tmp_path / "lung_masks")[SWAPPED]
    found = swapped_auc(model, films)
    assert found.value < 0.1
    assert failures(audit(found.value), "s", found) != []
    assert not sees_lungs(model, FILM)


def test_a_model_sees_lungs_if_its_answer_says_where():
    def model(lungs):
        return SimpleNamespace(has_heatmap=True, predict=lambda film, heatmap: SimpleNamespace(lungs=lungs))

    assert sees_lungs(model(np.zeros((6, 6))), FILM)
    assert not sees_lungs(model(None), FILM)


def test_without_masks_nothing_is_swapped(tmp_path):
    assert swapped([], tmp_path / "nothing") == {}
