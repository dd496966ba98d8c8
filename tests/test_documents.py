"""What the documents say is so."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from cxr_edge import Classifier, list_models
from cxr_edge.cli.main import BUILT_IN
from cxr_edge.cli.predict import SAMPLES

ROOT = Path(__file__).parents[1]
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
    known = {*BUILT_IN, "train", "evaluate", "export"}
    assert set(re.findall(r"cxr-edge ([a-z]+)", " ".join(re.findall(r"`[^`]+`|```.*?```", text, re.S)))) <= known


def test_the_python_of_the_embedding_page_runs():
    page = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
    sample = next(SAMPLES.glob("drawn_clear.png"))
    names = {"uploads": [sample.read_bytes(), b""], "model_path": list_models()[0].path, "film_path": sample}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(block, names)
    expected = Classifier.load().predict(sample)
    assert names["answers"][0]["probability"] == expected.probability
    assert "empty file" in names["answers"][1]["error"]
    assert names["probability"][0] == expected.probability
    assert names["classifier"].predict(sample).logit == pytest.approx(expected.logit, abs=1e-5)
    assert names["refer"] is False


def test_no_film_or_weight_is_committed():
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not re.findall(r".*\.(?:jpe?g|dcm|h5|keras|npz|tflite)$", files, re.M | re.I)


def test_the_figures_of_the_readme_are_those_of_the_results():
    model = list_models()[0]
    parity = json.loads((ROOT / "results" / model.name / "parity.json").read_text())["int8"]
    test = parity["metrics"]["test"]
    for title in ("AUC", "accuracy", "sensitivity", "specificity", "expected calibration error"):
        figure = test[title.lower().replace(" ", "_")]
        assert f"| {title} | {figure['value']:.3f} | {figure['low']:.3f}–{figure['high']:.3f} |" in README
    assert f"threshold {test['threshold']:.3f}" in README
    assert f"changes {parity['parity']['test']['decisions_changed']} of 624 decisions" in README
    assert f"{model.path.stat().st_size / 1e6:.2f} MB" in README
