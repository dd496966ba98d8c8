"""A step of the report that fails takes no other with it, and is repeated alone; no network is asked for weights."""

import json
import sys

import pytest

for package in ("onnx", "tf2onnx", "sklearn", "matplotlib", "jinja2"):
    pytest.importorskip(package)
from cxr_edge_bench.child_process import ChildFailed, output_of
from cxr_edge_bench.evidence import paired_parity
from cxr_edge_bench.report import __main__ as command
from cxr_edge_bench.report.measurements import Settings, Step, errors, run_steps, steps
from cxr_edge_bench.suites.whole_processes import launched

NO_NETWORK = """
import os, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        raise RuntimeError(f"asked for the network: {event}")
sys.addaudithook(refuse)
from cxr_edge import list_models, Classifier
from cxr_edge_bench.suites.keras_original import keras_original
for model in list_models():
    card = Classifier.load(model.name).card
    print(model.name, keras_original(card).input_shape == (None, *card.input_size, 1))
"""


def failing():
    raise ModuleNotFoundError("No module named 'hatchling'")


@pytest.fixture
def only(monkeypatch):
    """Replace the steps of the report."""
    monkeypatch.delenv("CXR_EDGE_DATA", raising=False)

    def replace(*found):
        monkeypatch.setattr(command, "steps", lambda settings: iter(found))

    return replace


def test_a_step_that_fails_leaves_the_results_of_the_others_on_disk(only, tmp_path, capsys):
    only(Step("parity", paired_parity.measure), Step("processes", failing, "bytes"), Step("latency", list))
    assert command.main([str(tmp_path), "--quick"]) == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["parity"]["models"]
    assert report["latency"] == []
    assert "processes" not in report
    assert "hatchling" in report["steps"]["processes: bytes"]["error"]
    for text in (*capsys.readouterr(), *((tmp_path / f"report.{kind}").read_text() for kind in ("md", "html"))):
        assert "hatchling" in text


def test_resume_repeats_what_failed_and_nothing_else(only, tmp_path):
    counted = []
    only(Step("limit", lambda: counted.append("limit")), Step("latency", failing))
    assert command.main([str(tmp_path)]) == 1
    only(Step("limit", lambda: counted.append("limit")), Step("latency", list))
    assert command.main([str(tmp_path), "--resume"]) == 0
    assert command.main([str(tmp_path), "--resume"]) == 0
    assert counted == ["limit"]
    report = json.loads((tmp_path / "report.json").read_text())
    assert errors(report) == {}
    assert len(report["runs"]) == 2  # the last one measured nothing
    assert report["default"]["name"]


def test_a_report_of_something_else_is_not_gone_on_with(only, tmp_path, capsys):
    only(Step("latency", list))
    assert command.main([str(tmp_path)]) == 0
    assert command.main([str(tmp_path), "--resume", "--quick"]) == 2
    assert "a report of other quick" in capsys.readouterr().err


def test_the_report_is_saved_after_every_step():
    saved, report = [], {}
    run_steps([Step("a", lambda: 1), Step("b", lambda: 2, "c")], report, lambda: saved.append(json.dumps(report)))
    assert [json.loads(text).get("b") for text in saved] == [None, {"c": 2}]


def test_every_step_has_its_own_name():
    names = [step.name for step in steps(Settings(quick=True))]
    assert len(set(names)) == len(names)


def test_the_networks_of_the_peers_are_built_without_weights_or_network(monkeypatch, tmp_path):
    monkeypatch.delenv("CXR_EDGE_WEIGHTS", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    lines = output_of([sys.executable, "-c", NO_NETWORK]).splitlines()
    assert lines
    assert all(line.endswith("True") for line in lines)


def test_a_child_that_fails_says_why():
    with pytest.raises(ChildFailed, match=r"exit status 3\nthe reason"):
        output_of([sys.executable, "-c", "import sys; print('the reason', file=sys.stderr); sys.exit(3)"])


def test_the_memory_of_a_process_is_its_own_however_large_the_one_that_starts_it_is():
    held = bytearray(b"x" * 400_000_000)
    process = launched([sys.executable, "-I", "-S", "-c", "print('done')"])
    assert process.output == "done\n"
    assert 1e6 < process.peak_bytes < 50e6
    assert 0 < process.seconds < 30
    del held


def test_the_report_runs_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--resume" in output_of([sys.executable, "-m", "cxr_edge_bench.report", "--help"])
