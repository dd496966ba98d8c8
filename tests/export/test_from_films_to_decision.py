"""The whole way in small: drawn films → Keras → ONNX → int8 → card → runtime → metrics."""

import csv
import json
import shutil

import numpy as np
import onnx
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
import cxr_edge_export.release as release
from cxr_edge import Classifier, CxrEdgeError, ModelIntegrityError
from cxr_edge.cli.main import main
from cxr_edge.film.preprocess import preprocess
from cxr_edge_export.parity import ParityGate
from cxr_edge_export.steps import quantization_choice
from cxr_edge_tools import bundle as bundling
from cxr_edge_tools.bundle import EVIDENCE
from cxr_edge_train.learning.networks import logits
from tiny_training import RECIPE, train_tiny


@pytest.fixture(scope="module", autouse=True)
def no_stopwatch():
    """How long a tiny network takes beside itself says nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantization_choice, "SLOWEST", float("inf"))
        yield


@pytest.fixture(scope="module")
def run(drawn_films, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train_tiny(drawn_films, folder)
    return folder


@pytest.fixture(scope="module")
def exported(run, drawn_films):
    return release.export(run, drawn_films, "tiny", "7")


def test_a_run_writes_everything(run):
    for name in EVIDENCE:
        assert name.startswith("export/") or (run / name).stat().st_size > 0, name
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["test"]["auc"]["value"] > 0.9
    assert metrics["validation"]["sensitivity"]["value"] >= 0.95


def test_a_finished_run_is_evaluated_again_not_trained(run, drawn_films, capsys):
    before = (run / "metrics.json").read_text()
    train_tiny(drawn_films, run)
    assert "trained already" in capsys.readouterr().out
    assert (run / "metrics.json").read_text() == before


def test_another_recipe_or_other_films_are_refused(run, drawn_films, tmp_path):
    from dataclasses import replace

    with pytest.raises(CxrEdgeError, match="another recipe or other films"):
        train_tiny(drawn_films, run, replace(RECIPE, seed=99))
    shutil.copytree(drawn_films, tmp_path / "films")
    next((tmp_path / "films/test/NORMAL").iterdir()).unlink()
    with pytest.raises(CxrEdgeError, match="another recipe or other films"):
        train_tiny(tmp_path / "films", run)
    with pytest.raises(CxrEdgeError, match="expected the one listed"):
        release.export(run, tmp_path / "films", "tiny", "7")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_exported_file_keeps_the_contract(exported, precision):
    model = onnx.load(exported[precision].path)
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {"film": ["N", 32, 32, 1], "probability": ["N"], "logit": ["N"], "heatmap": ["N", 8, 8]}
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert "BatchNormalization" not in {node.op_type for node in model.graph.node}
    card = Classifier.load(exported[precision].path).card
    assert (card.name, card.version, card.input_size) == ("tiny", "7", (32, 32))
    assert card.parity["test"]["films"] == 24


def test_int8_holds_int8_and_its_calibration_films_are_training_films_of_both_classes(exported, run):
    model = onnx.load(exported["int8"].path)
    assert sum(tensor.data_type == onnx.TensorProto.INT8 for tensor in model.graph.initializer) >= 2
    rows = [line.split(",") for line in (run / "manifest.csv").read_text().splitlines()[1:]]
    known = {row[3]: (row[0], row[1]) for row in rows}
    used = {known[digest] for digest in Classifier.load(exported["int8"].path).card.quantization["calibration_films"]}
    assert used == {("train", "NORMAL"), ("train", "PNEUMONIA")}


def test_the_fp32_file_answers_as_keras_does_and_the_heatmap_adds_up(exported, run, drawn_films):
    import onnxruntime

    model = keras.models.load_model(run / "model.keras")
    point = json.loads((run / "operating_point.json").read_text())
    pixels = np.stack([preprocess(path, (32, 32)) for path in sorted((drawn_films / "test").glob("*/*"))])
    session = onnxruntime.InferenceSession(exported["fp32"].path)
    p, z, heatmap = session.run(["probability", "logit", "heatmap"], {"film": pixels})
    assert z == pytest.approx(logits(model, pixels), abs=1e-4)
    assert p == pytest.approx(1 / (1 + np.exp(-z / point["temperature"])), abs=1e-6)
    assert heatmap.sum(axis=(1, 2)) + model.layers[-1].get_weights()[1][0] == pytest.approx(z, abs=1e-4)


def test_every_probability_behind_the_parity_is_kept(exported, run):
    with (run / "export/scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (run / "predictions.csv").open(newline="") as file:
        trained = {row["sha256"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(trained)
    for row in rows:
        first = trained[row["sha256"]]
        assert (row["part"], row["label"]) == (first["part"], first["label"])
        assert float(row["keras_logit"]) == pytest.approx(float(first["logit"]), abs=1e-4)
    rows = [row for row in rows if row["part"] == "test"]
    for precision, done in exported.items():
        differences = [abs(float(row[f"{precision}_probability"]) - float(row["keras_probability"])) for row in rows]
        assert max(differences) == pytest.approx(done.measured.parity["test"].max_difference, abs=1e-8)


def test_the_runtime_scores_with_it_and_evaluate_measures(exported, drawn_films, capsys, tmp_path):
    model = ["--model", str(exported["int8"].path)]
    assert main(["predict", str(drawn_films / "test"), "--format", "json", *model]) == 0
    scores = tmp_path / "scores.json"
    scores.write_text(capsys.readouterr().out)
    figures = []
    for source in (scores, drawn_films / "test"):
        assert main(["evaluate", str(source), "--format", "json", *model]) == 0
        figures.append(json.loads(capsys.readouterr().out)["metrics"])
    assert figures[0] == figures[1]
    assert figures[0] == json.loads(json.dumps(exported["int8"].measured.metrics["test"].to_dict()))


def test_evaluate_refuses_what_has_no_labels(drawn_films, capsys, tmp_path):
    (tmp_path / "no.json").write_text("{}")
    assert main(["evaluate", str(tmp_path / "no.json")]) == 2
    assert "found no scores" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path)]) == 2
    assert "found no films in NORMAL/" in capsys.readouterr().err


def test_labels_come_from_the_one_folder_named_after_a_class(exported, drawn_films, capsys, tmp_path):
    model = ["--model", str(exported["int8"].path)]
    shutil.copytree(drawn_films / "test/NORMAL", tmp_path / "NORMAL/2019/may")
    shutil.copytree(drawn_films / "test/PNEUMONIA", tmp_path / "PNEUMONIA")
    assert main(["evaluate", str(tmp_path), "--format", "json", *model]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["films"] == 24
    (tmp_path / "PNEUMONIA").rename(tmp_path / "NORMAL/PNEUMONIA")
    (tmp_path / "PNEUMONIA").mkdir()
    (tmp_path / "NORMAL/PNEUMONIA").rename(tmp_path / "PNEUMONIA/NORMAL")
    assert main(["evaluate", str(tmp_path), *model]) == 2
    assert "found both NORMAL and PNEUMONIA among its folders" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--batch 31", "--batch 0", "--seed -1", "--size 16", "--size 300", "--epochs 0"])
def test_training_options_that_make_no_sense(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", "--run", "x", *option.split()])
    assert "error: argument" in capsys.readouterr().err


def test_a_file_that_fails_its_gate_cannot_be_loaded(run, drawn_films, tmp_path, monkeypatch):
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("export"))
    monkeypatch.setattr(release, "INT8", ParityGate(0.0, 0.0, 0.0, 0.0))
    int8 = release.export(copy, drawn_films, "tiny", "7")["int8"]
    assert int8.path.name == "rejected-tiny-int8.onnx"
    assert int8.failures
    assert not json.loads((copy / "export/parity.json").read_text())["int8"]["releasable"]
    with pytest.raises(ModelIntegrityError, match="no listed hash"):
        Classifier.load(int8.path)


def test_the_command_tells_of_a_failed_gate(run, drawn_films, tmp_path, monkeypatch):
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("export"))
    command = ["export", str(copy), "--data", str(drawn_films), "--name", "tiny"]
    assert main(command) == 0
    monkeypatch.setattr(release, "INT8", ParityGate(0.0, 0.0, 0.0, 0.0))
    assert main(command) == 1


def test_no_quantization_within_the_gate_is_an_error(run, drawn_films, monkeypatch):
    monkeypatch.setattr(quantization_choice, "INT8_VALIDATION", ParityGate(0.0, 0.0, 0.0, 0.0))
    with pytest.raises(CxrEdgeError, match="no quantization within the parity gate"):
        release.export(run, drawn_films, "tiny", "7")


def test_bundling_puts_a_model_beside_the_others(exported, run, tmp_path, capsys):
    models = tmp_path / "runtime/cxr_edge/models"
    assert bundling.main([str(run), str(tmp_path)]) == 2
    assert "expected the root of a cxr-edge source tree" in capsys.readouterr().err
    models.mkdir(parents=True)
    (models / "index.json").write_text('{"aliases": {"default": "old"}, "models": [{"name": "old"}]}')
    for options, aliases in (([], {"default": "old"}), (["--as", "default"], {"default": "tiny"})):
        assert bundling.main([str(run), str(tmp_path), *options]) == 0
        index = json.loads((models / "index.json").read_text())
        assert index["aliases"] == aliases
        assert [model["name"] for model in index["models"]] == ["old", "tiny"]
    assert (models / index["models"][1]["file"]).read_bytes() == exported["int8"].path.read_bytes()
    assert (tmp_path / "results/tiny/predictions.csv").is_file()


def test_only_an_exported_file_that_passed_is_bundled(exported, run, tmp_path, capsys):
    assert bundling.main([str(tmp_path / "none")]) == 2
    assert "found no exported files" in capsys.readouterr().err
    (tmp_path / "export").mkdir()
    record = json.loads((run / "export/parity.json").read_text())
    record["int8"] |= {"releasable": False, "failures": ["too far off"]}
    (tmp_path / "export/parity.json").write_text(json.dumps(record))
    assert bundling.main([str(tmp_path)]) == 2
    assert "failed its parity gate (too far off)" in capsys.readouterr().err


def test_exporting_an_unfinished_run_is_refused(tmp_path, drawn_films):
    with pytest.raises(CxrEdgeError, match="no finished training run"):
        release.export(tmp_path, drawn_films, "tiny", "7")
