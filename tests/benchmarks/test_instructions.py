"""The gate on instructions: what it compares, what it says, and that it notices a needless resize under valgrind."""

import copy
import json
import platform
import re
import sys

import pytest

from cxr_edge import list_models

for package in ("onnx", "scipy"):
    pytest.importorskip(package)
from cxr_edge_bench.checkout import ROOT
from cxr_edge_bench.instructions import __main__ as command
from cxr_edge_bench.instructions import callgrind
from cxr_edge_bench.instructions.client_requests import Callgrind
from cxr_edge_bench.instructions.count import count
from cxr_edge_bench.instructions.counting_process import seen_here
from cxr_edge_bench.instructions.films import counted_films
from cxr_edge_bench.instructions.gate import ACCEPT, TOLERANCE, compare
from cxr_edge_bench.instructions.repeated import NEEDLESS_RESIZE, RECORD, spread
from cxr_edge_bench.instructions.stages import CALLS, STAGES, stages

BASELINE = json.loads(command.BASELINE.read_text(encoding="utf-8"))
MODEL = list_models()[0].name
FILM = "full-size JPEG"
on_linux = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="valgrind is used on Linux on x86-64 alone"
)
PART = """# callgrind format
version: 1
desc: Trigger: Client Request: lungs-96; golden JPEG; run
events: Ir

ob=(1) /usr/lib/libpython3.11.so.1.0
fl=(1) ceval.c
fn=(1) _PyEval_EvalFrameDefault
10 100
cob=(2) /site-packages/onnxruntime/capi/onnxruntime_pybind11_state.so
cfn=(2) Run
calls=1 5
+2 7000

ob=(2)
fn=(2)
5 6000
+1 500
ob=(3) /lib/x86_64-linux-gnu/libc.so.6
fn=(3) memcpy
0 500

totals: 7100
"""


@pytest.fixture
def now():
    return copy.deepcopy(BASELINE)


def dearer(found, share, stage="network", of="models"):
    found[of][MODEL][f"{stage}, {FILM}"] = round(BASELINE[of][MODEL][f"{stage}, {FILM}"] * (1 + share))


def test_the_same_count_passes_and_all_of_it_is_compared(now):
    verdict = compare(now, BASELINE)
    assert verdict.failures == verdict.remarks == ()
    assert verdict.compared == len(list_models()) * len(STAGES) * 2


def test_more_than_the_tolerance_fails_and_less_does_not(now):
    dearer(now, TOLERANCE - 0.001)
    assert compare(now, BASELINE).failures == ()
    dearer(now, TOLERANCE + 0.001)
    (failure,) = compare(now, BASELINE).failures
    before, after = (found["models"][MODEL][f"network, {FILM}"] for found in (BASELINE, now))
    for said in ("network", MODEL, FILM, f"{before:,}", f"{after:,}", "+3.1%", ACCEPT):
        assert said in failure


def test_a_gain_is_told_so_that_it_is_kept(now):
    dearer(now, -0.1)
    verdict = compare(now, BASELINE)
    assert verdict.failures == ()
    assert "-10.0%" in verdict.remarks[0]


def test_another_model_file_is_named_beside_its_count(now):
    dearer(now, 0.1)
    now["model_files"][MODEL] = "0"
    assert "the model file is another" in compare(now, BASELINE).failures[0]


def test_a_model_without_baseline_fails(now):
    now["models"]["new"] = now["models"][MODEL]
    failures = compare(now, BASELINE).failures
    assert len(failures) == len(STAGES) * 2
    assert "the baseline has no count" in failures[0]


def test_with_another_pillow_only_what_does_not_call_it_is_compared(now):
    now["versions"]["pillow"] = "0"
    for stage in ("decode", "resize", "film to decision"):
        dearer(now, 1, stage)
    verdict = compare(now, BASELINE)
    assert verdict.failures == ()
    assert verdict.compared == len(list_models()) * 2 * 2
    assert "decode was not compared: pillow is 0 here" in " ".join(verdict.remarks)
    dearer(now, 1)
    assert len(compare(now, BASELINE).failures) == 1


def test_another_interpreter_is_left_out_of_what_it_runs(now):
    now["versions"]["python"] = "another build"
    for film in BASELINE["films"]:
        key = f"decode, {film}"
        for of in ("models", "of_python"):
            now[of][MODEL][key] += 10**9
    verdict = compare(now, BASELINE)
    assert verdict.failures == ()
    assert verdict.compared == len(list_models()) * 2 * (len(STAGES) - 1)
    dearer(now, 1.1e9 / BASELINE["models"][MODEL][key], "decode")
    assert len(compare(now, BASELINE).failures) == 1


def test_other_instruction_sets_give_no_verdict(now):
    now["instruction_sets"].append("AVX512F")
    dearer(now, 1)
    verdict = compare(now, BASELINE)
    assert (verdict.failures, verdict.compared) == ((), 0)
    assert "AVX512F" in verdict.remarks[0]


def test_the_baseline_is_of_the_pinned_libraries_and_of_every_model():
    pins = dict(re.findall(r"^(\w+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
    for library in ("pillow", "numpy", "onnxruntime"):
        assert BASELINE["versions"][library] == pins[library], ACCEPT
    assert BASELINE["model_files"] == {model.name: model.sha256 for model in list_models()}, ACCEPT
    assert {key for counts in BASELINE["models"].values() for key in counts} == {
        f"{stage}, {film}" for stage in STAGES for film in counted_films()
    }


def test_the_same_pillow_draws_the_films_of_the_baseline():
    here = seen_here([MODEL], counted_films())
    if here["versions"]["pillow"] != BASELINE["versions"]["pillow"]:
        pytest.skip("another Pillow writes other files")
    assert here["films"] == BASELINE["films"]


def test_instructions_belong_to_the_library_that_spends_them():
    label, counts = callgrind.read_part(PART)
    assert label == "lungs-96; golden JPEG; run"
    assert counts == {callgrind.OURS: 6500, callgrind.PYTHON: 100, callgrind.LIBC: 500}


def test_work_outside_the_stages_is_the_rest():
    counts = dict(zip(CALLS, (100, 40, 10, 200, 350), strict=True))
    found = stages(counts)
    assert found == {"decode": 100, "resize": 30, "window": 10, "network": 200, "the rest": 10, "film to decision": 350}
    assert tuple(found) == STAGES


@on_linux
def test_without_valgrind_requests_do_nothing():
    here = Callgrind(["part"])
    here.start()
    here.end_part("part")  # another label would have no request made ready
    with pytest.raises(KeyError):
        here.end_part("other")


def test_the_command_fails_says_why_and_accepts(now, monkeypatch, capsys, tmp_path):
    dearer(now, 0.1)
    monkeypatch.setattr(command, "count", lambda: now)
    baseline, out = tmp_path / "baseline.json", tmp_path / "out.json"
    baseline.write_text(json.dumps(BASELINE))
    assert command.main(["--baseline", str(baseline), "--out", str(out)]) == 1
    assert f"FAIL: network of {MODEL}, {FILM}" in capsys.readouterr().out
    assert json.loads(out.read_text()) == now
    assert command.main(["--baseline", str(baseline), "--accept"]) == 0
    assert command.main(["--baseline", str(baseline)]) == 0
    assert "instructions gate: pass" in capsys.readouterr().out


def test_without_a_baseline_the_command_says_how_to_make_one(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["--baseline", str(tmp_path / "none.json")])
    assert stopped.value.code == 2
    assert ACCEPT in capsys.readouterr().err


@on_linux
def test_without_valgrind_nothing_is_counted_and_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr(callgrind.shutil, "which", lambda program: None)
    assert command.main([]) == 0
    assert "nothing was counted: there is no valgrind here" in capsys.readouterr().out


def test_the_record_shows_unchanged_runs_that_passed_and_a_needless_resize_that_did_not():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert len(record["unchanged"]) >= 10
    assert all(run["passed"] and run["compared"] for run in record["unchanged"])
    for counts in record["spread_percent"].values():
        for key, percent in counts.items():  # as docs/benchmarks.md says
            assert percent <= (0.6 if key.startswith("the rest") else 0.2)
    assert not record["needless_resize"]["passed"]


def test_spread_is_largest_over_smallest():
    counts = [{"models": {"a": {"decode": number}}} for number in (1000, 1020, 1010)]
    assert spread(counts) == {"a": {"decode": 2.0}}


def test_a_needless_resize_is_noticed():
    try:
        found = count([MODEL], NEEDLESS_RESIZE)
    except callgrind.CannotCount as reason:
        pytest.skip(str(reason))
    verdict = compare(found, BASELINE)
    for remark in verdict.remarks:
        if remark.startswith(("nothing was compared", "resize was not compared")):
            pytest.skip(remark)
    blamed = {failure.partition(" of ")[0] for failure in verdict.failures}
    assert "resize" in blamed
    assert blamed <= {"resize", "film to decision"}
