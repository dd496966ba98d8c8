"""The gates of the report fail when they should."""

import copy
import csv
import shutil

import numpy as np
import pytest

for package in ("onnx", "tf2onnx", "sklearn", "matplotlib", "jinja2"):
    pytest.importorskip(package)
import cxr_edge.classifier
from cxr_edge import list_models
from cxr_edge.film.preprocess import resize
from cxr_edge.store import SAMPLES
from cxr_edge_bench.checkout import RESULTS, shipped_models
from cxr_edge_bench.evidence import paired_parity, parity_gate
from cxr_edge_bench.report.regression import regressions
from cxr_edge_export.parity import INT8
from cxr_edge_train.evaluation.statistics import mcnemar, paired_difference

MODELS = [model for model in list_models() if model.alias]


def test_the_phantoms_pass(no_films):
    models = paired_parity.measure()["models"]
    assert set(models) == {model.name for model in shipped_models()}
    for model in models.values():
        assert list(model["parts"]) == ["phantoms"]
        assert model["parts"]["phantoms"]["failures"] == []


def brighter(image, size, version):
    return np.clip(resize(image, size, version).astype(int) + 20, 0, 255).astype(np.uint8)


def test_a_wrong_mean_in_preprocessing_fails_the_gate_with_and_without_films(no_films, monkeypatch, capsys):
    monkeypatch.setattr(cxr_edge.classifier, "resize", brighter)
    assert any(regressions({"parity": paired_parity.measure()}, None))
    assert parity_gate.main() == 1
    assert "FAIL" in capsys.readouterr().out


def test_a_wrong_mean_fails_the_gate_on_films(data, monkeypatch):
    model = MODELS[0]
    record = RESULTS / model.name / "predictions.csv"
    monkeypatch.setattr(cxr_edge.classifier, "resize", brighter)
    found = parity_gate.shipped_parity(model, parity_gate.by_hash(data / "chest_xray/test"), record)
    if "test" not in found:
        pytest.skip("the films in CXR_EDGE_DATA are not the files that the bundled model was tested on")
    assert INT8.failures(found["test"])


def test_missing_films_are_told_for_every_part(tmp_path, monkeypatch, capsys):
    (tmp_path / "chest_xray/test/NORMAL").mkdir(parents=True)
    shutil.copy(SAMPLES / "drawn_clear.png", tmp_path / "chest_xray/test/NORMAL")
    monkeypatch.setenv("CXR_EDGE_DATA", str(tmp_path))
    assert parity_gate.main() == 2
    assert capsys.readouterr().out.count("not all films of its record") == len(parity_gate.PARTS) * len(
        shipped_models()
    )


def test_a_saturating_file_fails_the_gate(no_films, monkeypatch):
    monkeypatch.setattr(paired_parity, "overflowing", lambda model: ["a convolution"])
    failures = regressions({"parity": paired_parity.measure()}, None)
    assert len(failures) == len(shipped_models())
    assert "overflow" in failures[0]


def test_a_decision_that_differs_on_another_cpu_fails(found):
    found["other_cpus"][MODELS[0].name]["cpus"] = {"old": {"decisions_changed": 1, "max_difference": 0.6}}
    assert regressions(found, None) == [f"{MODELS[0].name} on old: 1 decisions changed"]


@pytest.mark.parametrize(("loss", "fails"), [(0.0, False), (0.2, False), (0.3, True)])
def test_a_loss_of_speed_against_tensorflow_fails_beyond_the_tolerance(found, loss, fails):
    slower = copy.deepcopy(found)
    for model in slower["peers"].values():
        model["peers"]["end to end: tf.function"]["ratio"] *= 1 - loss
    assert bool(regressions(slower, found)) == fails
    assert regressions(found, slower) == []


def test_paired_statistics_by_hand():
    a = np.array([True] * 90 + [False] * 10)
    b = np.array([True] * 84 + [False] * 6 + [True] * 2 + [False] * 8)
    assert mcnemar(a, b) == pytest.approx(0.2890625)  # 6 against 2, two-sided binomial
    difference = paired_difference(a, b)
    assert difference.value == pytest.approx(0.04)
    assert difference.low < 0 < difference.high
    assert mcnemar(a, a) == 1.0
    assert paired_difference(a, a).value == 0


def test_phantom_records_name_the_bundled_phantoms():
    for model in MODELS:
        with (RESULTS / model.name / "phantoms.csv").open(newline="") as file:
            assert sorted(row["film"] for row in csv.DictReader(file)) == sorted(p.name for p in SAMPLES.glob("*.png"))
