"""A kit is installed without a network by its own script, or refused with the reason."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("uv")
pytest.importorskip("spdx_tools")
pytest.importorskip("markdown_it")
from kit.installing import install
from kit.small_wheels import PYTHON, here, small_kit

pytestmark = pytest.mark.skipif(
    here() is None or os.name == "nt", reason="install.sh is for the platforms of kits, but not for Windows"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_kit(tmp_path_factory.mktemp("made"))[0]


@pytest.fixture
def kit(made, tmp_path):
    return shutil.copytree(made, tmp_path / "a kit")  # a stick may be called so


def test_it_is_installed_and_tests_itself(kit):
    done = install(kit)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "asked for selftest" in done.stdout
    assert done.stdout.index("Every file is as it was made") < done.stdout.index("asked for selftest")
    program = kit.parent / "home/cxr-edge/bin/cxr-edge"
    assert f"{program} predict --samples" in done.stdout
    assert {path.name for path in (kit.parent / "home").iterdir()} == {"cxr-edge"}  # no cache, no settings
    listed = [path.name for path in program.parents[1].glob("lib/python*/site-packages/*.dist-info")]
    assert {name.partition("-")[0] for name in listed} == {"cxr_edge", "numpy", "python_gdcm"}
    assert install(kit).returncode == 0  # once more: renewed
    assert subprocess.run([sys.executable, kit / "verify.py"], capture_output=True).returncode == 0  # nothing was added


def test_a_changed_byte_is_refused_by_name_before_anything_is_installed(kit):
    wheel = next(kit.glob("wheels/numpy*"))
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 1
    wheel.write_bytes(data)
    (kit / "wheels/numpy-9-py3-none-any.whl").write_bytes(data)
    next(kit.glob("wheels/pip*")).unlink()
    done = install(kit)
    assert done.returncode == 1
    assert f"wheels/{wheel.name}: changed\n" in done.stderr
    assert "wheels/numpy-9-py3-none-any.whl: added\n" in done.stderr
    assert "wheels/pip" in done.stderr
    assert not (kit.parent / "home/cxr-edge").exists()


@pytest.mark.parametrize("name", ["verify.py", "install.py"])
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_what_checks_the_others_is_checked_first(kit, name, how):
    if how == "changed":
        (kit / name).write_text("raise SystemExit(0)\n")
    else:
        (kit / name).unlink()
    done = install(kit)
    assert (done.returncode, done.stderr) == (1, f"install.sh: {name}: {how}. Copy the kit again.\n")


def test_another_python_is_refused(kit, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in ("python3", f"python{PYTHON}", "python"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\necho 3.4\n")
        (tmp_path / "bin" / name).chmod(0o755)
    done = install(kit, python=tmp_path / "bin/python3", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 1
    assert f"found no Python {PYTHON} (" in done.stderr
    assert "python3 is 3.4;" in done.stderr


def test_a_folder_with_other_things_is_left_alone(kit, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("mine")
    done = install(kit, "thesis")
    assert (done.returncode, os.listdir(tmp_path / "thesis")) == (1, ["chapter.txt"])
    assert "found other files; expected a new folder" in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"machine": "sparc"}, "computer: found"),
        ({"system": "Plan 9"}, "computer: found"),
        ({"least_system": "99.0"}, "expected 99.0 or newer"),
        ({"python": "3.4"}, "expected Python 3.4"),
    ],
)
def test_another_computer_is_refused(kit, changes, said):
    import runpy

    installer = runpy.run_path(str(kit / "install.py"))
    facts = json.loads((kit / "manifest.json").read_text())
    installer["check_computer"](facts)
    with pytest.raises(installer["Refused"], match=said):
        installer["check_computer"]({**facts, **changes})


def test_a_self_test_that_fails_fails_the_installation(made, tmp_path):
    kit = shutil.copytree(made, tmp_path / "kit")
    install(kit)
    module = next((tmp_path / "home/cxr-edge").glob("lib/python*/site-packages/cxr_edge/__init__.py"))
    code = (
        "import runpy, sys; installer = runpy.run_path(sys.argv[1]); scope = installer['main'].__globals__; "
        "scope['install'] = lambda programs, kit: None; sys.exit(installer['main']([sys.argv[2]]))"
    )
    module.write_text("def main():\n    return 1\n")
    command = [sys.executable, "-c", code, kit / "install.py", tmp_path / "home/cxr-edge"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "the self-test failed" in done.stderr


@pytest.mark.parametrize("program", ["dash -n", "sh -n", "shellcheck"])
def test_the_script_is_plain_posix_shell(kit, program):
    name, *options = program.split()
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([found, *options, kit / "install.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", ["cxr-edge-watch.service", "cxr-edge-node.service"])
def test_the_units_start_what_there_is(unit):
    """Names and options of what they start; systemd-analyze, where there is one, reads the rest."""
    root = Path(__file__).parents[2]
    file = next(root.glob(f"runtime/*/{unit}"), None) or next(root.glob(f"runtime/*/files/{unit}"))
    line = next(line for line in file.read_text().splitlines() if line.startswith("ExecStart="))
    program, command, *rest = line.removeprefix("ExecStart=").split()
    assert program == "/opt/cxr-edge/bin/cxr-edge"
    shown = subprocess.run([sys.executable, "-m", "cxr_edge", command, "--help"], capture_output=True, text=True).stdout
    assert all(word in shown for word in rest if word.startswith("--"))
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if unit in line and "is not executable" not in line]
        assert said == []
