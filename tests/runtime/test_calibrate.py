import json
import os
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.calibration.clinic import calibrate
from cxr_edge.calibration.intervals import LEAST, Estimate, films_needed, proportion
from cxr_edge.calibration.labelled_films import labelled_films
from cxr_edge.calibration.operating_point_file import read_operating_points
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.cli.main import main
from cxr_edge.prediction import Prediction
from helpers import tiny_card

POINT = asdict(tiny_card().operating_points[0])


def test_a_clinic_gets_its_own_operating_points(clinic, model, tmp_path, capsys):
    out = tmp_path / "clinic.json"
    films = ["--model", str(model)]
    assert main(["calibrate", str(clinic), "--out", str(out), *films]) == 0
    printed = capsys.readouterr().out
    assert "60 normal films and 70 with pneumonia used" in printed
    own = Classifier.load(model)
    calibrated = own.with_operating_point(out)
    assert [point.name for point in calibrated.card.operating_points] == [
        "sensitivity 0.95",
        "sensitivity 0.98",
        "specificity 0.95",
    ]
    first = calibrated.card.operating_points[0]
    assert first.sensitivity.low < 0.95 <= first.sensitivity.value
    assert clinic.name not in out.read_text()  # names of folders may be names of people
    sick = [own.predict(path).logit for path, label in labelled_films(clinic) if label]
    probabilities = sigmoid(np.array(sick) / calibrated.card.temperature)
    assert (probabilities >= first.threshold).mean() >= 0.95
    film = next(clinic.glob("normal/*"))
    assert calibrated.predict(film).logit == own.predict(film).logit
    expected = float(sigmoid(np.float64(own.predict(film).logit / calibrated.card.temperature)))
    assert calibrated.predict(film).probability == pytest.approx(expected)
    assert calibrated.fingerprint != own.fingerprint == own.sha256
    assert calibrated.fingerprint.startswith(own.sha256)

    assert main(["predict", str(film), "--operating-point", str(out), "--format", "json", *films]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"]["threshold"] == first.threshold
    assert result["model"]["operating_point_sha256"] == calibrated.operating_point_sha256
    assert result["films"][0]["decision"] == calibrated.predict(film).decision


def test_a_table_says_the_same_as_folders(clinic, model, tmp_path):
    rows = [f"{path},{'PNEUMONIA' if label else 0}" for path, label in labelled_films(clinic)]
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["path,label", *rows]))
    assert labelled_films(table) == labelled_films(clinic)
    for out, source in (("a", clinic), ("b", table)):
        assert main(["calibrate", str(source), "--out", str(tmp_path / out), "--model", str(model)]) == 0
    a, b = (json.loads((tmp_path / out).read_text()) for out in "ab")
    assert a["thresholds"] == b["thresholds"]
    assert a["temperature"] == b["temperature"]


def test_intervals_hold_the_value(clinic, model):
    classifier = Classifier.load(model)
    films = labelled_films(clinic)
    chosen = calibrate(classifier, classifier.predict_many(path for path, _ in films), [y for _, y in films])
    for point in chosen.operating_points:
        interval = chosen.thresholds[point.name]
        assert interval.low <= point.threshold == interval.value <= interval.high
        assert interval.low < interval.high
    assert chosen.temperature.low < chosen.temperature.value < chosen.temperature.high


def scored(normal, sick, quality=(), error=None):
    rng = np.random.default_rng(0)
    logits = np.concatenate([rng.normal(-1, 1, normal), rng.normal(1, 1, sick)])
    good = [Prediction("x", 0.5, float(z), "refer") for z in logits]
    labels = [0] * normal + [1] * sick
    if quality or error:
        good.append(Prediction("x", None if error else 0.5, None if error else 0.0, None, quality, error))
        labels.append(1)
    return good, labels


@pytest.mark.parametrize("extra", [{"quality": ("lateral",)}, {"error": "unreadable"}])
def test_too_few_films_are_refused_with_the_number_needed(model, extra):
    classifier = Classifier.load(model)
    assert calibrate(classifier, *scored(LEAST, LEAST, **extra)).films["pneumonia"] == LEAST
    with pytest.raises(
        CxrEdgeError, match=r"49 with pneumonia.*\(. unreadable and . flagged.*at least 50 of each.*±0.05"
    ):
        calibrate(classifier, *scored(LEAST, LEAST - 1, **extra))
    with pytest.raises(CxrEdgeError, match="found 0 usable normal films"):
        calibrate(classifier, *scored(0, LEAST, **extra))


def test_flagged_films_are_reported_both_ways(model, tmp_path):
    classifier = Classifier.load(model)
    predictions, labels = scored(60, 60)
    flagged = [Prediction("x", 0.2, -2.0, "review", ("lateral",))] * 12  # sick, and scored low
    without = calibrate(classifier, [*predictions, *flagged], [*labels, *[1] * 12])
    assert (without.films["flagged_normal"], without.films["flagged_pneumonia"]) == (0, 12)
    point = without.operating_points[0]
    both = without.with_flagged[point.name]
    assert point.sensitivity.value >= 0.95 > both.sensitivity.value
    assert both.specificity == point.specificity
    assert both.threshold_chosen_on_all < point.threshold
    with_them = calibrate(classifier, [*predictions, *flagged], [*labels, *[1] * 12], include_flagged=True)
    assert with_them.films["pneumonia"] == 72
    assert with_them.operating_points[0].sensitivity.value >= 0.95
    without.write(tmp_path / "o.json")
    assert read_operating_points(tmp_path / "o.json")[0].with_flagged == without.with_flagged


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user's rights")
def test_a_folder_that_cannot_be_written_to_is_known_before_any_film_is_scored(clinic, model, monkeypatch, capsys):
    monkeypatch.setattr(Classifier, "prepare", lambda *_, **__: pytest.fail("scored"))
    out = "/proc/clinic.json"  # there is the folder, and nobody may write there
    assert main(["calibrate", str(clinic), "--out", out, "--model", str(model)]) == 2
    assert "expected a folder to write to" in capsys.readouterr().err


def test_exchanged_labels_are_noticed(model):
    predictions, labels = scored(60, 60)
    with pytest.raises(CxrEdgeError, match="labels that are not exchanged"):
        calibrate(Classifier.load(model), predictions, [1 - label for label in labels])


@pytest.mark.parametrize(("normal", "sick"), [(-800.0, 800.0), (-6.0, 6.0), (-4.0, -2.5)])
def test_films_that_determine_no_temperature_keep_the_models_own(model, normal, sick):
    classifier, rng = Classifier.load(model), np.random.default_rng(0)
    logits = [*rng.normal(normal, 0.5, 60), *rng.normal(sick, 0.5, 300)]
    chosen = calibrate(classifier, [Prediction("x", 0.5, float(z), "refer") for z in logits], [0] * 60 + [1] * 300)
    own = classifier.card.temperature
    assert chosen.temperature == Estimate(own, own, own)
    assert all(0 < point.threshold < 1 for point in chosen.operating_points)
    low, high = (chosen.operating_points[i].threshold for i in (1, 0))
    assert abs(normal) > 100 or low < high


@pytest.mark.parametrize("width", [0.1, 0.05, 0.03])
def test_the_films_needed_are_the_fewest(width):
    n = films_needed(width)
    for count, enough in ((n, True), (n - 1, False)):
        interval = proportion(0.95 * count, count)
        assert ((interval.high - interval.low) / 2 <= width) == enough


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"operating_points": []},
        {"temperature": {"value": 0.0, "low": 0.0, "high": 0.0}},
        {"temperature": {"value": float("inf"), "low": 1.0, "high": float("inf")}},
        {"temperature": {"value": 10**400, "low": 1.0, "high": 10**400}},
        {"temperature": 3},
        {"model": []},
        {"operating_points": [{**POINT, "sensitivity": {"value": "0.9", "low": 0.8, "high": 1.0}}]},
        {"operating_points": [{**POINT, "sensitivity": {"value": None, "low": 0.8, "high": 1.0}}]},
        {"operating_points": [{**POINT, "sensitivity": {"value": float("nan"), "low": 0.8, "high": 1.0}}]},
        {"operating_points": [{**POINT, "sensitivity": {"value": 7, "low": -5, "high": 1e300}}]},
        {"operating_points": [{**POINT, "name": ["x"]}]},
        {"operating_points": [{**POINT, "name": "x\n      0.010  no finding  forged.png"}]},
        {"thresholds": ...},
        {"operating_points": [{"name": "x"}]},
    ],
)
def test_an_unusable_file_is_one_line(model, tmp_path, change):
    predictions, labels = scored(60, 60)
    classifier = Classifier.load(model)
    calibrate(classifier, predictions, labels).write(tmp_path / "o.json")
    values = {**json.loads((tmp_path / "o.json").read_text()), **change}
    (tmp_path / "o.json").write_text(json.dumps({k: v for k, v in values.items() if v is not ...}))
    with pytest.raises(CxrEdgeError, match="expected a file made by `cxr-edge calibrate`"):
        classifier.with_operating_point(tmp_path / "o.json")


def test_a_file_for_another_model_is_refused(model, tmp_path):
    classifier = Classifier.load(model)
    chosen = calibrate(classifier, *scored(60, 60))
    chosen.write(tmp_path / "o.json")
    with pytest.raises(CxrEdgeError, match="expected those of lungs"):
        Classifier.load().with_operating_point(tmp_path / "o.json")
    replace(chosen, model={**chosen.model, "sha256": "0" * 64}).write(tmp_path / "o.json")
    with pytest.raises(CxrEdgeError, match="found operating points of tiny 1, sha256 000"):
        classifier.with_operating_point(tmp_path / "o.json")


def test_a_session_has_no_hash_to_compare(model, tmp_path):
    import onnxruntime

    session = Classifier.from_session(onnxruntime.InferenceSession(model))
    calibrate(Classifier.load(model), *scored(60, 60)).write(tmp_path / "o.json")
    with pytest.raises(CxrEdgeError, match="given as a session"):
        session.with_operating_point(tmp_path / "o.json")
    with pytest.raises(CxrEdgeError, match=r"expected one from Classifier\.load"):
        calibrate(session, *scored(60, 60))


def test_where_it_may_be_written_is_known_before_any_film_is_scored(clinic, model, tmp_path, monkeypatch, capsys):
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["path,label", *(f"{path},{label}" for path, label in labelled_films(clinic))]))
    before = table.read_text()
    monkeypatch.setattr(Classifier, "predict", lambda *_, **__: pytest.fail("scored"))
    for out in (tmp_path / "no/o.json", tmp_path, ".", table):
        assert main(["calibrate", str(table), "--out", str(out), "--model", str(model)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert table.read_text() == before


def test_watch_keeps_what_was_said_with_other_operating_points(clinic, model, tmp_path, capsys):
    inbox = tmp_path / "inbox"
    shutil.copytree(clinic / "normal", inbox)
    calibrate(Classifier.load(model), *scored(60, 60)).write(tmp_path / "o.json")
    command = ["watch", str(inbox), "--once", "--settle", "0", "--model", str(model)]
    assert main(command) == 0
    assert "another model" not in capsys.readouterr().out
    assert main([*command, "--operating-point", str(tmp_path / "o.json")]) == 0
    assert "60 films keep the results of another model or operating point" in capsys.readouterr().out


def test_info_says_whose_operating_points_they_are(model, tmp_path, capsys):
    chosen = calibrate(Classifier.load(model), *scored(60, 60))
    chosen.write(tmp_path / "o.json")
    assert main(["info", "--model", str(model), "--operating-point", str(tmp_path / "o.json")]) == 0
    printed = capsys.readouterr().out
    assert f"operating points of {tmp_path / 'o.json'}, sha256" in printed
    assert f"temperature {chosen.temperature.value:.4f}" in printed
