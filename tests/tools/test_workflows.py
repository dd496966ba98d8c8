"""The workflows pass their linter, pin what they use, and ask for the lowest versions that pyproject.toml allows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11")
from cxr_edge_tools import workflow_job
from cxr_edge_tools.workflow_job import WORKFLOW, first_linux_entry, jobs, main

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_passes_its_linter_and_pins_its_actions(workflow):
    for action in re.findall(r"uses: (.+)", workflow.read_text()):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), action
    program = shutil.which("actionlint", path=str(Path(sys.executable).parent)) or shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not installed")
    done = subprocess.run([program, workflow], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_only_the_job_that_publishes_may_ask_for_an_identity():
    publish = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())
    assert publish["permissions"] == {"contents": "read"}
    found = {name: job.get("permissions", {}) for name, job in publish["jobs"].items()}
    assert [name for name, given in found.items() if "id-token" in given] == ["publish"]
    assert publish["jobs"]["publish"]["environment"]["name"] == "pypi"


def test_the_lowest_versions_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = " ".join(step.get("run", "") for step in jobs(WORKFLOW)["lowest"]["steps"])
    pinned = dict(re.findall(r"([\w-]+)==([\d.]+)", asked))
    for requirement in [*project["dependencies"], *extras["dicom"], *(r for r in extras["dev"] if "pytest>=" in r)]:
        name, lowest = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()
        assert f"{pinned[name]}.".startswith(f"{lowest}."), requirement
    setup = next(s for s in jobs(WORKFLOW)["lowest"]["steps"] if "setup-python" in s.get("uses", ""))
    assert project["requires-python"] == f">={setup['with']['python-version']}"


HIDING = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
import pytest
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "tests/runtime"]))
"""
HIDDEN = """onnx keras tensorflow scipy sklearn matplotlib tqdm hypothesis gradio h5py tf2onnx yaml jinja2
    cxr_edge_bench cxr_edge_tools"""


def test_the_tests_of_the_runtime_are_collected_with_what_their_job_installs():
    """What else is installed is hidden. ``python -m cxr_edge_tools.workflow_job runtime`` runs the whole job."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", HIDING, HIDDEN]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) tests? collected", done.stdout)[1]) > 300


def test_jobs_of_other_systems_are_left_out_and_the_first_linux_entry_is_taken(tmp_path):
    assert first_linux_entry(jobs(WORKFLOW)["runtime"]) == {"os": "ubuntu-24.04", "python": "3.10"}
    job = {"runs-on": "${{ matrix.os }}", "strategy": {"matrix": {"os": ["windows-2025", "ubuntu-24.04"]}}}
    assert first_linux_entry(job) == {"os": "ubuntu-24.04"}
    assert first_linux_entry({"runs-on": "macos-15"}) is None


@pytest.fixture
def tiny_workflow(tmp_path, monkeypatch):
    """A workflow of two jobs, and a checkout to clone."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=checkout, check=True)
    monkeypatch.setattr(workflow_job, "ROOT", checkout)
    file = tmp_path / "ci.yml"
    file.write_text("""
jobs:
  good:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@x
      - uses: actions/setup-python@x
        with:
          python-version: "0.0"
      - run: test -d .git && test "$(command -v python)" = "$RUNNER_TEMP/python/bin/python"
      - if: github.event_name == 'pull_request'
        run: exit 1
      - uses: actions/upload-artifact@x
  bad:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          echo the reason
          false
      - run: echo never
      - if: always()
        run: echo at last >> "$GITHUB_STEP_SUMMARY"
""")
    return file


def test_a_job_is_run_as_it_stands(tiny_workflow, capfd):
    assert main(["--workflow", str(tiny_workflow), "good"]) == 0
    out = capfd.readouterr().out
    assert "Python 0.0 is not installed" in out
    assert "skipped (pull requests only)" in out
    assert "skipped (no such action here)" in out


def test_a_step_that_fails_is_shown_with_its_output_and_ends_the_job(tiny_workflow, capfd):
    assert main(["--workflow", str(tiny_workflow)]) == 1
    out = capfd.readouterr().out
    assert "the reason" in out
    assert "echo never" not in out
    assert "passed   echo at last" in out
    assert out.endswith("failed: bad\n")


def test_an_unknown_job_is_told(capsys):
    assert main(["nothing"]) == 2
    assert "expected of tests, runtime" in capsys.readouterr().err
    assert main(["--list"]) == 0
