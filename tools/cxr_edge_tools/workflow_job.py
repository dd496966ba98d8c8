"""Jobs of the workflow, run here: does each install line give all that the job needs?

``python -m cxr_edge_tools.workflow_job [JOB …] [--list] [--workflow FILE] [--verbose]`` runs Linux jobs of
``.github/workflows/ci.yml`` (by default all): each in a fresh clone of the last commit and a fresh virtual environment
in a temporary folder, with exactly the ``run:`` lines of the job and the first Linux entry of its matrix. Steps that
only a pull request has, and actions other than checkout and setup-python, are skipped and named.

What differs from the real thing: the system is this one; Python is the job's version where it is installed, else the
one that runs this. Exit status 1 if a step fails, 2 if there is no such job.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github/workflows/ci.yml"
LAST_LINES = 40
Job = Mapping[str, Any]


@dataclass(frozen=True)
class Workspace:
    """Where a job runs.

    Attributes:
        folder: the working directory of its steps, as ``$GITHUB_WORKSPACE``.
        temporary: ``$RUNNER_TEMP``, beside it.
        matrix: the chosen entry.
        verbose: whether the steps' output is shown as it comes.
    """

    folder: Path
    temporary: Path
    matrix: Mapping[str, str]
    verbose: bool

    def environment(self) -> dict[str, str]:
        """Of the steps: this one without what belongs to another checkout, and the job's Python first."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("CXR_EDGE", "PYTHON"))}
        own.pop("VIRTUAL_ENV", None)
        path = f"{self.temporary / 'python/bin'}{os.pathsep}{self.temporary / 'bin'}{os.pathsep}{own['PATH']}"
        return {
            **own,
            "PATH": path,
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
        }


def jobs(workflow: Path) -> dict[str, Job]:
    """The jobs that have a Linux entry."""
    found: dict[str, Job] = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return {name: job for name, job in found.items() if first_linux_entry(job) is not None}


def first_linux_entry(job: Job) -> dict[str, str] | None:
    """The first entry of the job's matrix that runs on Linux, empty without a matrix; None if there is none."""
    matrix: Mapping[str, list[str]] = job.get("strategy", {}).get("matrix", {})
    for values in product(*matrix.values()):
        entry = dict(zip(matrix, map(str, values), strict=True))
        if _filled(job["runs-on"], entry).startswith("ubuntu"):
            return entry
    return None


def run_job(name: str, job: Job, verbose: bool = False) -> bool:
    """Run every step and print its time and status; whether all passed."""
    matrix = first_linux_entry(job) or {}
    print(f"== {name}" + "".join(f", {key} {value}" for key, value in matrix.items()), flush=True)
    passed = True
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace(Path(temporary, "work"), Path(temporary, "runner"), matrix, verbose)
        for folder in (workspace.folder, workspace.temporary / "bin"):
            folder.mkdir(parents=True)
        if shutil.which("sudo") is None and os.geteuid() == 0:
            shim = workspace.temporary / "bin/sudo"
            shim.write_text('#!/bin/sh\nexec "$@"\n')
            shim.chmod(0o755)
        for step in job["steps"]:
            if passed or step.get("if") == "always()":
                passed &= _run_step(step, workspace)
    return passed


def _run_step(step: Mapping[str, Any], workspace: Workspace) -> bool:
    title = step.get("name") or step.get("run", step.get("uses", "")).strip().splitlines()[0]
    start = time.perf_counter()
    reason = _why_skipped(step)
    if reason:
        status, output = f"skipped ({reason})", ""
    else:
        code, output = _run(step, workspace)
        status = "FAILED" if code else "passed"
    print(f"{time.perf_counter() - start:7.1f} s  {status:<8} {title}", flush=True)
    if status == "FAILED" and not workspace.verbose:
        print("\n".join(output.splitlines()[-LAST_LINES:]), flush=True)
    return status != "FAILED"


def _why_skipped(step: Mapping[str, Any]) -> str:
    if "pull_request" in step.get("if", ""):
        return "pull requests only"
    action = step.get("uses", "").partition("@")[0]
    return "" if action in ("", "actions/checkout", "actions/setup-python") else "no such action here"


def _run(step: Mapping[str, Any], workspace: Workspace) -> tuple[int, str]:
    """Exit status and output of the command that the step is."""
    done = subprocess.run(
        _command(step, workspace),
        cwd=workspace.folder,
        env=workspace.environment(),
        stdout=None if workspace.verbose else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout or ""


def _command(step: Mapping[str, Any], workspace: Workspace) -> list[str]:
    action, options = step.get("uses", "").partition("@")[0], step.get("with", {})
    if action == "actions/checkout":
        return ["git", "clone", "-q", str(ROOT), str(workspace.folder / options.get("path", "."))]
    if action == "actions/setup-python":
        version = _filled(str(options["python-version"]), workspace.matrix)
        return [interpreter(version), "-m", "venv", str(workspace.temporary / "python")]
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _filled(step["run"], workspace.matrix)]


def interpreter(version: str) -> str:
    """A Python of this `version` ("3.10"), from the path or from pyenv; without one, the Python that runs this."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for python in (f"python{version}", *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))):
        if shutil.which(python) and subprocess.run([python, "--version"], capture_output=True).returncode == 0:
            return python
    print(f"note: Python {version} is not installed; {sys.version.split()[0]} takes its place")
    return str(Path(sys.base_prefix, "bin/python3"))


def _filled(text: str, matrix: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: matrix[found[1]], text)


def main(arguments: list[str] | None = None) -> int:
    """Run the jobs; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", metavar="JOB")
    parser.add_argument("--workflow", type=Path, default=WORKFLOW)
    parser.add_argument("--list", action="store_true", help="print the names of the jobs")
    parser.add_argument("--verbose", action="store_true", help="show what the steps print")
    args = parser.parse_args(arguments)
    known = jobs(args.workflow)
    unknown = set(args.jobs) - set(known)
    if unknown:
        print(f"found no Linux job {', '.join(sorted(unknown))}; expected of {', '.join(known)}", file=sys.stderr)
        return 2
    if args.list:
        print("\n".join(known))
        return 0
    failed = [name for name in args.jobs or known if not run_job(name, known[name], args.verbose)]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
