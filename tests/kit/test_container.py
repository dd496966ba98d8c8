"""The Dockerfile passes its linter, copies what the wheel is built from and no more, and gives its program little."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_dockerfile_passes_its_linter():
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_program_runs_without_root_and_tests_itself():
    last = TEXT.split("\nFROM ")[-1]
    steps = [line.split()[0] for line in last.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert re.search(r"^USER [1-9]\d*$", last, re.M)
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert re.search(r'^HEALTHCHECK .*CMD \["cxr-edge", "selftest"\]$', last, re.M)
    assert all(re.search(r":\d+\.\d+-slim", image) for image in re.findall(r"^FROM (\S+)", TEXT, re.M))
    assert "PYTHONDONTWRITEBYTECODE=1" in last  # the file system may be read-only


def test_the_build_is_given_what_the_wheel_is_made_of_and_no_films():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert all((ROOT / name).exists() for name in kept)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = re.search(r"targets\.wheel\]\npackages = \[(.*)\]", project)[1]
    needed = {path.strip().strip('"').split("/")[0] for path in packages.split(",")}
    assert needed | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "NOTICE"} == kept
