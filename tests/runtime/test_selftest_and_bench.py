import copy
import hashlib
import json

import pytest

from cxr_edge import list_models
from cxr_edge.cli.main import main
from cxr_edge.computer.golden import FOLDER, golden, read_pgm
from cxr_edge.computer.machine import machine, peak_memory
from cxr_edge.computer.speed import measure
from cxr_edge.store import SAMPLES


def test_this_computer_computes_the_released_answers(capsys):
    assert main(["selftest"]) == 0
    assert "decisions changed 0 of" in capsys.readouterr().out
    assert main(["selftest", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["passed"]
    assert result["models"][0]["largest_differences"]["probability"] < 0.05
    assert result["machine"]["onnxruntime"]


def test_the_golden_vectors_are_of_the_bundled_files_and_of_every_kind_of_film():
    recorded = {entry["name"]: entry for entry in golden()["models"]}
    assert {name: entry["sha256"] for name, entry in recorded.items()} == {m.name: m.sha256 for m in list_models()}
    files = [film["file"] for film in golden()["films"]]
    assert {path.rpartition(".")[2] for path in files} == {"png", "jpg", "dcm"}
    assert {f"samples/{path.name}" for path in SAMPLES.glob("*.png")} <= set(files)
    for film in golden()["films"]:
        assert hashlib.sha256((FOLDER.parent / film["file"]).read_bytes()).hexdigest() == film["sha256"]
        for entry in recorded.values():
            height, width = entry["input_size"]
            assert read_pgm(FOLDER.parent / film["pixels"][f"{height}x{width}"]).shape == (height, width, 1)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"decision": "nothing"}, "another decision or reason"),
        ({"quality": ["lateral"]}, "another decision or reason"),
        ({"logit": 9.0}, "logit differs"),
    ],
)
def test_another_answer_fails(capsys, monkeypatch, change, failure):
    record = copy.deepcopy(golden())
    next(iter(record["models"][0]["answers"].values())).update(change)
    monkeypatch.setattr("cxr_edge.computer.golden.golden", lambda: record)
    assert main(["selftest"]) == 1
    out = capsys.readouterr().out
    assert failure in out
    assert "FAILED: do not use it on this computer" in out


def test_other_pixels_fail(capsys, monkeypatch):
    monkeypatch.setattr("cxr_edge.computer.golden.read_pgm", lambda file: read_pgm(file) ^ 8)
    assert main(["selftest"]) == 1
    assert "pixels differs by" in capsys.readouterr().out


def test_without_the_extra_dicom_films_are_skipped_and_named(capsys, monkeypatch):
    monkeypatch.setattr("cxr_edge.computer.golden.find_spec", lambda name: None)
    assert main(["selftest"]) == 0
    assert "3 DICOM films skipped" in capsys.readouterr().out


def test_bench_measures_every_model(capsys):
    assert main(["bench", "--films", "10", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in result["models"]] == [model.name for model in list_models()]
    row = result["models"][0]
    assert 0 < row["median_ms"] <= row["p90_ms"] <= row["p99_ms"]
    assert result["fastest"] in {model.name for model in list_models()}
    assert main(["bench", "--films", "10"]) == 0
    assert "fastest here" in capsys.readouterr().out


def test_bench_of_an_unknown_model_is_one_line():
    from cxr_edge import CxrEdgeError

    with pytest.raises(CxrEdgeError, match="no such model"):
        measure("nonsense", 1, 1)


def test_machine_and_memory():
    facts = machine()
    assert facts["cores"] >= 1
    assert peak_memory() is None or peak_memory() > 10 * 2**20
