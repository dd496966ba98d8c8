import json
from dataclasses import replace

import pytest

from cxr_edge import list_models
from cxr_edge.cli import bench, selftest
from cxr_edge.cli.main import main
from cxr_edge.computer.machine import machine, peak_memory
from cxr_edge.store import SAMPLES


def test_this_computer_computes_the_released_answers(capsys):
    assert main(["selftest"]) == 0
    assert "decisions changed 0 of 3" in capsys.readouterr().out
    assert main(["selftest", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["passed"]
    assert result["models"][0]["max_difference"] < 0.1
    assert result["machine"]["onnxruntime"]


def test_every_bundled_model_has_a_golden_logit_for_every_sample():
    for model in list_models():
        assert sorted(model.golden) == sorted(path.name for path in SAMPLES.glob("*.png"))


@pytest.mark.parametrize("change", [{"decision": "no finding"}, {"quality": ["lateral"]}])
def test_a_changed_decision_or_reason_fails(capsys, monkeypatch, change):
    golden = {name: {**answer, **change} for name, answer in list_models()[0].golden.items()}
    wrong = replace(list_models()[0], golden=golden)
    monkeypatch.setattr(selftest, "list_models", lambda: (wrong,))
    assert main(["selftest"]) == 1
    assert "FAILED: do not use it on this computer" in capsys.readouterr().out


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
        bench.measure("nonsense", 1, 1)


def test_machine_and_memory():
    facts = machine()
    assert facts["cores"] >= 1
    assert peak_memory() is None or peak_memory() > 10 * 2**20
