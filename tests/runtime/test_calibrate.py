import json
import os
import re
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.calibration.clinic import calibrate
from cxr_edge.calibration.intervals import LEAST, Estimate, films_needed, proportion
from cxr_edge.calibration.labelled_films import labelled_films
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.cli.main import main
from cxr_edge.prediction import Prediction
from helpers import SIDE, tiny_card, tiny_onnx, write_model

POINT = asdict(tiny_card().operating_points[0])


@pytest.fixture
def model(tmp_path):
    """Its logit is (mean grey − 128) / 20."""
    return write_model(tmp_path / "tiny.onnx", tiny_onnx(tiny_card().to_json()))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A clinic whose films are 30 grey levels darker than the model knows: 60 normal, 70 with pneumonia."""
    folder, rng = tmp_path_factory.mktemp("clinic"), np.random.default_rng(0)
    for name, count, middle in (("normal", 60, 80), ("Pneumonia/may", 70, 120)):
        (folder / name).mkdir(parents=True)
        for i, grey in enumerate(rng.normal(middle, 18, count).clip(5, 250)):
            Image.new("L", (SIDE, SIDE), round(grey)).save(folder / name / f"{i:03}.png")
    return folder


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
    overlay = calibrate(classifier, classifier.predict_many(path for path, _ in films), [y for _, y in films])
    for point in overlay.operating_points:
        interval = overlay.thresholds[point.name]
        assert interval.low <= point.threshold == interval.value <= interval.high
        assert interval.low < interval.high
    assert overlay.temperature.low < overlay.temperature.value < overlay.temperature.high


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


def test_exchanged_labels_are_noticed(model):
    predictions, labels = scored(60, 60)
    with pytest.raises(CxrEdgeError, match="labels that are not exchanged"):
        calibrate(Classifier.load(model), predictions, [1 - label for label in labels])


@pytest.mark.parametrize(("normal", "sick"), [(-800.0, 800.0), (-6.0, 6.0), (-4.0, -2.5)])
def test_films_that_determine_no_temperature_keep_the_models_own(model, normal, sick):
    classifier, rng = Classifier.load(model), np.random.default_rng(0)
    logits = [*rng.normal(normal, 0.5, 60), *rng.normal(sick, 0.5, 300)]
    overlay = calibrate(classifier, [Prediction("x", 0.5, float(z), "refer") for z in logits], [0] * 60 + [1] * 300)
    own = classifier.card.temperature
    assert overlay.temperature == Estimate(own, own, own)
    assert all(0 < point.threshold < 1 for point in overlay.operating_points)
    low, high = (overlay.operating_points[i].threshold for i in (1, 0))
    assert abs(normal) > 100 or low < high


def test_a_film_listed_twice_is_refused(clinic, tmp_path):
    film = next(clinic.glob("normal/*"))
    for second in (film, film.parent / ".." / "normal" / film.name):
        table = tmp_path / "t.csv"
        table.write_text(f"path,label\n{film},0\n{second},1\n")
        with pytest.raises(CxrEdgeError, match="twice; expected every film once"):
            labelled_films(table)


@pytest.mark.parametrize("width", [0.1, 0.05, 0.03])
def test_the_films_needed_are_the_fewest(width):
    n = films_needed(width)
    for count, enough in ((n, True), (n - 1, False)):
        interval = proportion(0.95 * count, count)
        assert ((interval.high - interval.low) / 2 <= width) == enough


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found no columns"),
        (b"path,label\n", "found no films; expected some with labels"),
        (b"path,tag\na.png,1\n", "found path, tag; expected the columns path and label"),
        (b"path;label\na.png;1\n", "found path;label; expected the columns path and label, parted by commas"),
        (b"path,label\na.png\n", "label '' in line 2"),
        (b"path,label\n,1\n", "the path '' with the label '1' in line 2"),
        (b"path,label\na.png,1\nb.png,sick\n", "label 'SICK' in line 3"),
        (b"path,label\n\xff\xfe,1\n", "comma-separated values in UTF-8"),
        (b'path,label\n"a.png,1\n', "comma-separated values in UTF-8"),
    ],
)
def test_unusable_tables(tmp_path, content, message):
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    with pytest.raises(CxrEdgeError, match=re.escape(message)):
        labelled_films(table)


def test_tables_of_spreadsheets_are_read(tmp_path):
    (tmp_path / "t.csv").write_bytes("\ufeffPath, Label ,who\r\nü.png, pneumonia,x\r\n".encode())
    assert labelled_films(tmp_path / "t.csv") == [(tmp_path / "ü.png", 1)]


def test_folders_without_labels_are_refused(tmp_path, capsys):
    Image.new("L", (SIDE, SIDE)).save(tmp_path / "film.png")
    assert main(["calibrate", str(tmp_path)]) == 2
    assert "neither NORMAL nor PNEUMONIA" in capsys.readouterr().err
    assert main(["calibrate", str(tmp_path / "missing")]) == 2
    assert "No such file" in capsys.readouterr().err


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


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"3", b"[" * 100_000, None])
def test_something_else_is_one_line(model, tmp_path, content):
    if content is not None:
        (tmp_path / "o.json").write_bytes(content)
    with pytest.raises(CxrEdgeError, match="expected a file made by `cxr-edge calibrate`"):
        Classifier.load(model).with_operating_point(tmp_path / "o.json")


def test_a_pipe_is_refused_at_once(model, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CxrEdgeError, match="no regular file"):
        Classifier.load(model).with_operating_point(tmp_path / "pipe")


def test_a_file_for_another_model_is_refused(model, tmp_path):
    classifier = Classifier.load(model)
    overlay = calibrate(classifier, *scored(60, 60))
    overlay.write(tmp_path / "o.json")
    with pytest.raises(CxrEdgeError, match="expected those of mobilenet"):
        Classifier.load().with_operating_point(tmp_path / "o.json")
    replace(overlay, model={**overlay.model, "sha256": "0" * 64}).write(tmp_path / "o.json")
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


def test_an_empty_name_is_not_taken_for_none(model, capsys):
    assert main(["predict", "--samples", "--operating-point", "", "--model", str(model)]) == 2
    assert "expected a file made by `cxr-edge calibrate`" in capsys.readouterr().err


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
    overlay = calibrate(Classifier.load(model), *scored(60, 60))
    overlay.write(tmp_path / "o.json")
    assert main(["info", "--model", str(model), "--operating-point", str(tmp_path / "o.json")]) == 0
    printed = capsys.readouterr().out
    assert f"operating points of {tmp_path / 'o.json'}, sha256" in printed
    assert f"temperature {overlay.temperature.value:.4f}" in printed


def test_estimates_print_with_their_interval():
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.5000 [0.2500, 0.7500]"
