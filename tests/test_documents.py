"""What the documents say is so."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from cxr_edge import Classifier, Prediction, list_models
from cxr_edge.calibration.operating_point_file import Overlay
from cxr_edge.card import OperatingPoint
from cxr_edge.cli.main import BUILT_IN
from cxr_edge.quality import RETAKE, Decision
from cxr_edge.results.inbox import COLUMNS

ROOT = Path(__file__).parents[1]
RELEASED = [model for model in list_models() if model.alias]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(text):
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]


def test_the_first_two_commands_are_one_line_each_and_ci_runs_the_second():
    run, check = commands(README)[:2]
    assert run.endswith("cxr-edge predict --samples")
    assert check.endswith("-m pytest")
    quiet = check.replace("pip install ", "pip install -q ")
    assert quiet in (ROOT / ".ci/run").read_text().splitlines()


def test_research_only_is_said_plainly():
    assert "not a cleared medical device" in README


@pytest.mark.parametrize("page", ["README.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_every_command_of_the_documents_exists():
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "README.md", *ROOT.glob("docs/*.md")))
    known = {*BUILT_IN, "train", "evaluate", "pool", "export", "demo"}
    assert set(re.findall(r"cxr-edge ([a-z]+)", " ".join(re.findall(r"`[^`]+`|```.*?```", text, re.S)))) <= known


def test_the_page_of_results_names_every_field_column_and_code():
    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    named = {part.rpartition(".")[2] for part in re.findall(r"`([a-z0-9_.\- ]+)`", page)}
    header = {"not-a-radiograph", "not-frontal", "not-chest"}
    kinds = set(Classifier.load().card.quality.kinds) - {"upright"}
    fields = {*Prediction("x").to_dict(), *COLUMNS, *(field.name for field in dataclasses.fields(Overlay))}
    points = {field.name for field in dataclasses.fields(OperatingPoint)}
    assert {*get_args(Decision), *RETAKE, *kinds, *header, *fields, *points} <= named
    retake, review = page.split("| code |")[1:]
    assert all(f"`{code}`" in retake for code in RETAKE)
    assert all(f"`{code}`" in review for code in (kinds | header) - RETAKE)


def test_no_film_or_weight_is_committed():
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = re.findall(r".*\.(?:jpe?g|dcm|h5|keras|npz|tflite)$", files, re.M | re.I)
    assert [path for path in found if not path.startswith("runtime/cxr_edge/golden/drawn_")] == []


def interval(e):
    return f"{e['value']:.3f} ({e['low']:.3f}–{e['high']:.3f})"


def result(name, file):
    return json.loads((ROOT / "results" / name / f"{file}.json").read_text(encoding="utf-8"))


def test_the_figures_of_the_readme_are_those_of_the_results():
    test = {model.name: result(model.name, "evidence")["test"]["metrics"] for model in RELEASED}
    for title in ("AUC", "accuracy", "sensitivity", "specificity", "expected calibration error"):
        cells = [interval(test[model.name][title.lower().replace(" ", "_")]) for model in RELEASED]
        assert f"| {title} | {' | '.join(cells)} |" in README
    changed = [result(m.name, "parity")["int8"]["parity"]["test"]["decisions_changed"] for m in RELEASED]
    text = " ".join(README.split())
    assert f"changes {changed[0]} of 624 decisions and the accurate one {changed[1]}." in text
    for model in RELEASED:
        assert f"{model.path.stat().st_size / 1e6:.2f} MB" in text
        assert f"{test[model.name]['threshold']:.3f}" in text


def test_the_readme_says_of_the_quality_gate_what_was_measured():
    sets = result(RELEASED[0].name, "quality_gate")["sets"]
    rows = {
        "test films": "test films",
        "knees": "knee films",
        "lateral chest films": "lateral films",
        "frontal films, mostly of adults (RSNA)": "external_rsna (frontal films of another hospital, mostly adults)",
        "frontal films, mostly of adults (NIH)": "external_nih (frontal films of another hospital, mostly adults)",
    }
    for title, name in rows.items():
        share, films = sets[name]["flagged"], sets[name]["films"]
        interval = f"{100 * share['low']:.1f}–{100 * share['high']:.1f} %"
        assert f"| {title} | {round(share['value'] * films)} of {films} | {interval} |" in README
    changed = [row for name, row in sets.items() if name.startswith("test films, ")]
    assert len(changed) == 4
    assert all(row["flagged"]["value"] == 1 for row in changed)
    assert f"624 of 624 each | {100 * changed[0]['flagged']['low']:.1f}–100.0 % |" in README
    foreign = sets["no chest X-ray, in grey"]
    assert f"made grey | {round(foreign['flagged']['value'] * foreign['films'])} of 300 | many kinds" in README
    assert f"{sets['lateral films']['reasons']['lateral']} were called `lateral`" in README


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_the_evidence_is_of_the_bundled_file(model):
    shas = {result(model.name, file)["sha256"] for file in ("quality_gate", "evidence", "other_cpus")}
    assert {*shas, result(model.name, "audit")["model"]["sha256"]} == {model.sha256}


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.name)
def test_the_model_card_is_what_the_evidence_gives(model):
    pytest.importorskip("onnx")
    from cxr_edge_tools.model_cards import CARDS, model_card

    written = (CARDS / f"{model.name}.md").read_text(encoding="utf-8")
    assert written == model_card(model, ROOT / "results" / model.name), "python -m cxr_edge_tools.model_cards"


def test_the_readme_says_of_folds_audit_and_elsewhere_what_was_measured():
    text = " ".join(README.split())
    for model in RELEASED:
        test = result(model.name, "folds")["test"]
        cells = (f"{test[k]['mean']:.3f} ± {test[k]['sd']:.3f}" for k in ("auc", "sensitivity", "specificity"))
        assert f"| {' | '.join(cells)} |" in README
    name = RELEASED[0].name
    audit = result(name, "audit")
    assert f"no picture at all, reaches {audit['file_facts']['value']:.3f}" in text
    changes = audit["changes"]
    severe = {"10 % cut off each side", "borders covered", "lungs covered", "all but the borders covered"}
    worst = max(-row["auc_change"]["value"] for name, row in changes.items() if name not in severe)
    assert f"cost the default at most {worst:.3f} of AUC" in text
    assert f"each side costs {-changes['10 % cut off each side']['auc_change']['value']:.3f}" in text
    assert f"AUC is still {changes['lungs covered']['auc']['value']:.3f}" in text
    assert f"outer 8 % left {changes['all but the borders covered']['auc']['value']:.3f}" in text
    points = Classifier.load().card.operating_points
    assert f"({points[1].threshold:.3f} and {points[2].threshold:.3f});" in text
    evidence = result(name, "evidence")
    close = evidence["test"]["decisions"]["too close to call"]
    assert f"{100 * close['value']:.1f} % ({100 * close['low']:.1f} to {100 * close['high']:.1f})" in text
    hospitals = evidence["other hospitals"]
    for hospital in ("external_rsna", "external_nih"):
        assert f"{interval(hospitals[hospital]['auc'])} on" in text
    specificity = hospitals["external_nih, AP only"]["specificity"]["value"]
    assert f"calls {100 * (1 - specificity):.0f} % of the normal bedside (AP) films pneumonia" in text


def test_the_workflow_passes_its_linter():
    program = shutil.which("actionlint", path=str(Path(sys.executable).parent)) or shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not installed")
    workflow = ROOT / ".github/workflows/ci.yml"
    done = subprocess.run([program, workflow], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    for action in re.findall(r"uses: (\S+)", workflow.read_text()):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
