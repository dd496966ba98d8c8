"""What the documents say is so: their links, commands, code, fields and figures."""

import dataclasses
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import cxr_edge
from cxr_edge import Classifier, Prediction, list_models
from cxr_edge.calibration.operating_point_file import OperatingPointFile, WithFlagged
from cxr_edge.card import OperatingPoint
from cxr_edge.cli.main import BUILT_IN
from cxr_edge.film.dicom import TAGS
from cxr_edge.quality import RETAKE, Decision
from cxr_edge.results.ledger import COLUMNS
from cxr_edge.results.writers import write_json

ROOT = Path(__file__).parents[1]
RELEASED = [model for model in list_models() if model.alias]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "examples/README.md", "schemas/README.md"]
PAGES += sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/*.md"))
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
README = TEXTS["README.md"]


def commands(text):
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]


def code(text):
    return " ".join(re.findall(r"```.*?```|`[^`]+`", text, re.S))


def anchors(text):
    """What GitHub makes of the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def result(name, file):
    return json.loads((ROOT / "results" / name / f"{file}.json").read_text(encoding="utf-8"))


def test_the_first_two_commands_are_one_line_each_and_ci_runs_the_second():
    run, check = commands(README)[:2]
    assert run.endswith("cxr-edge predict --samples")
    assert check.endswith("-m pytest")
    quiet = check.replace("pip install ", "pip install -q ")
    assert quiet in (ROOT / ".ci/run").read_text().splitlines()


def test_the_readme_is_one_screen_and_says_plainly_that_it_is_research_only():
    assert len(README.splitlines()) <= 100
    assert "not a cleared medical device" in README
    assert "Adults" in README


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#([^)]+))?\)", TEXTS[page]):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_every_page_is_reached_from_the_readme():
    reached, queue = set(), [ROOT / "README.md"]
    while queue:
        page = queue.pop().resolve()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
            queue += [page.parent / link for link in links]
    assert {ROOT / page for page in PAGES} <= reached


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_of_the_documents_exists(page):
    known = {*BUILT_IN, "train", "evaluate", "pool", "export", "demo", "node", "kit", "archive"}
    found = re.findall(r"cxr-edge ([a-z]+)\b(?!-)([^\n`]*)", code(TEXTS[page]))
    assert {command for command, _ in found} <= known
    for command, rest in found:
        options = re.findall(r"(?<![\w-])--[a-z0-9-]+", rest.partition("#")[0].partition("&&")[0])
        if options and page != "CHANGELOG.md":  # which names what is gone, too
            action = [word for word in rest.split()[:1] if command in ("node", "kit", "archive") and word.isalpha()]
            asked = [sys.executable, "-m", "cxr_edge", command, *action, "--help"]
            done = subprocess.run(asked, capture_output=True, text=True)
            assert set(options) <= set(re.findall(r"--[a-z0-9-]+", done.stdout)), command


@pytest.mark.parametrize("page", PAGES)
def test_every_module_of_the_documents_exists(page):
    for module in set(re.findall(r"-m (cxr_edge[a-z_.]*[a-z])", TEXTS[page])):
        assert importlib.util.find_spec(module), module
        if Path(importlib.util.find_spec(module).origin).name == "__init__.py":
            assert importlib.util.find_spec(f"{module}.__main__"), module


def test_the_python_of_the_page_for_users_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(Path(cxr_edge.__file__).parent / "golden/drawn_opacity_both.jpg", "film.jpg")
    classifier = Classifier.load()
    points = classifier.card.operating_points
    own = OperatingPointFile(
        {"name": classifier.card.name, "version": classifier.card.version, "sha256": classifier.sha256},
        points[0].sensitivity,
        points,
    )
    own.write(Path("clinic.json"))
    names = {"paths": ["film.jpg"]}
    for block in re.findall(r"```python\n(.*?)```", TEXTS["docs/use.md"], re.S):
        exec(block, names)
    assert names["prediction"].decision in get_args(Decision)
    assert Path("looked.png").is_file()
    assert names["clinic"].card.temperature == points[0].sensitivity.value


def test_the_page_of_results_names_every_field_column_and_code(tmp_path):
    page = TEXTS["docs/results.md"]
    named = {part.rpartition(".")[2] for part in re.findall(r"`([a-z0-9_.\- ]+)`", page)}
    classifier = Classifier.load()
    header = {"not-a-radiograph", "not-frontal", "not-chest", "age"}
    kinds = set(classifier.card.quality.kinds) - {"upright"}
    classes = (OperatingPointFile, WithFlagged, OperatingPoint)
    fields = {field.name for kind in classes for field in dataclasses.fields(kind)}
    with (tmp_path / "out.json").open("w+") as file:
        write_json([Prediction("x")], classifier, file, 0.1)
        file.seek(0)
        written = json.load(file)
    fields |= {*written, *written["model"], *written["films"][0], *written["predictive_values"][0], *COLUMNS}
    assert {*get_args(Decision), *RETAKE, *kinds, *header, *fields} <= named
    retake, review = page.split("| code |")[1:]
    assert all(f"`{code}`" in retake for code in RETAKE)
    assert all(f"`{code}`" in review for code in (kinds | header) - RETAKE)


def test_the_page_for_users_says_which_patient_tags_are_read():
    assert [tag for tag in TAGS if tag.startswith("Patient")] == ["PatientAge", "PatientBirthDate"]
    assert "only the age is read, or the date of birth" in " ".join(TEXTS["docs/use.md"].split())


def test_no_film_or_weight_is_committed():
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = re.findall(r".*\.(?:jpe?g|dcm|h5|keras|npz|tflite)$", files, re.M | re.I)
    assert [path for path in found if not path.startswith("runtime/cxr_edge/golden/drawn_")] == []


def test_the_figures_of_the_pages_are_those_of_the_records():
    pytest.importorskip("tqdm")
    from cxr_edge_tools.written_figures import main

    assert main(["--check"]) == 0


def test_no_figure_begins_a_line_where_it_would_end_the_paragraph():
    for page, text in TEXTS.items():
        assert not re.findall(r"^<!-- figures: .*<!-- end -->.*$", text, re.M), page


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


def test_the_changelog_and_the_citation_are_of_this_version():
    assert re.search(rf"^## {re.escape(cxr_edge.__version__)}\b", TEXTS["CHANGELOG.md"], re.M)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {cxr_edge.__version__}\n" in citation


def test_the_notice_names_every_source_of_the_bundled_models_and_is_in_the_wheel():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert all(word in notice for word in ("Kermany", "10.17632/rscbjbr9sj.2", "CC BY 4.0", "MobileNetV2", "VGG19"))
    assert re.search(r'^license-files = \[.*"NOTICE".*\]', (ROOT / "pyproject.toml").read_text(), re.M)


def test_the_workflow_passes_its_linter():
    program = shutil.which("actionlint", path=str(Path(sys.executable).parent)) or shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not installed")
    workflow = ROOT / ".github/workflows/ci.yml"
    done = subprocess.run([program, workflow], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    for action in re.findall(r"uses: (\S+)", workflow.read_text()):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
