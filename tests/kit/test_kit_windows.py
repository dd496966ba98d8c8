"""install.cmd and the tasks of Windows, read as closely as can be done without Windows."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

pytest.importorskip("uv")
pytest.importorskip("spdx_tools")
pytest.importorskip("markdown_it")
from packaging.utils import parse_wheel_filename

from cxr_edge_kit.targets import TARGETS
from cxr_edge_kit.verify import sha256
from cxr_edge_kit.written_files import DATA, TASKS
from kit.small_wheels import small_kit, wheel

TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    house = small_kit(folder, "windows_amd64", ["dicom"], "3.12", out=folder / "first")[0].parent / "wheelhouse"
    wheel(house, "rare")
    return small_kit(folder, "windows_amd64", ["dicom", "node"], "3.12")[0]


@pytest.fixture(scope="module")
def lines(kit):
    text = (kit / "install.cmd").read_bytes().decode("ascii")
    assert text.count("\n") == text.count("\r\n")
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("rem")]


def test_every_label_and_every_file_that_the_script_names_is_there(kit, lines):
    text = "\n".join(lines)
    labels = set(re.findall(r"^:(\w+)", text, re.M))
    assert set(re.findall(r"\b(?:goto|call) :?(\w+)", text)) == labels == {"install", "end", "check"}
    checked = dict(re.findall(r"call :check (\S+) ([0-9a-f]{64})", text))
    assert checked == {name: sha256(kit / name) for name in ("verify.py", "install.py")}
    assert set(re.findall(r"%HERE%([\w.]+)", text)) == {"install.py"}
    assert text.count("(") == text.count(")")


def test_every_step_of_the_script_is_followed_by_a_look_at_its_result(lines):
    steps = [i for i, line in enumerate(lines) if re.match(r"(call|py|python|certutil|%PYTHON%)\b|%PYTHON%", line)]
    assert len(steps) == 6
    assert all(re.match(r"if (not )?errorlevel 1", lines[i + 1]) for i in steps)
    assert lines[lines.index(":check") - 1] == "exit /b %STATUS%"  # the main part does not run into it


def test_pip_takes_the_requirements_for_windows_from_the_kit_alone(kit, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--find-links", kit / "wheels", "-q"]
    command += ["--require-hashes", "--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.12"]
    command += ["--target", tmp_path / "target", "--requirement", kit / "requirements.txt"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = {line.split("==")[0] for line in (kit / "requirements.txt").read_text().splitlines()}
    assert listed == {"cxr-edge", "numpy", "python-gdcm", "colorama", "rare"}


@pytest.mark.parametrize("command", TASKS)
def test_a_task_starts_what_there_is_at_boot_and_again_when_it_ends(kit, command):
    data = (kit / f"services/cxr-edge-{command}.xml").read_bytes()
    assert data[:2] == b"\xff\xfe"  # schtasks takes UTF-16 alone
    task = ElementTree.fromstring(data)
    assert task.tag == f"{TASK}Task"
    assert [part.tag.removeprefix(TASK) for part in task] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip
    assert task.findtext(f".//{TASK}BootTrigger/{TASK}Repetition/{TASK}Interval") == "PT5M"
    settings = task.find(f"{TASK}Settings")
    assert settings.findtext(f"{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    assert settings.findtext(f"{TASK}ExecutionTimeLimit") == "PT0S"
    assert task.find(f"{TASK}Actions").get("Context") == task.find(f".//{TASK}Principal").get("id")
    arguments = task.findtext(f".//{TASK}Arguments")
    inner = re.fullmatch(r'/d /c "(.*)"', arguments)[1]  # cmd takes the outermost quotes off
    program, rest = re.fullmatch(r'"([^"]+)" (.*)', inner).groups()
    assert program == r"C:\Program Files\cxr-edge\Scripts\cxr-edge.exe"
    words = rest.split()
    assert words[0] == command
    assert words[-3:] == [">>", rf"{DATA}\{command}.log", "2>&1"]
    shown = subprocess.run([sys.executable, "-m", "cxr_edge", command, "--help"], capture_output=True, text=True).stdout
    assert all(word in shown for word in words if word.startswith("--"))


@pytest.mark.parametrize(
    ("name", "python", "file", "taken"),
    [
        ("linux_x86_64", "3.12", "numpy-2.4.6-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", True),
        ("linux_x86_64", "3.12", "numpy-2.4.6-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", False),
        ("linux_x86_64", "3.12", "x-1-cp312-cp312-musllinux_1_2_x86_64.whl", False),
        ("linux_x86_64", "3.12", "x-1-cp312-cp312-manylinux_2_34_x86_64.whl", False),
        ("linux_x86_64", "3.12", "x-1-cp312-cp312-manylinux1_x86_64.whl", True),
        ("linux_aarch64", "3.11", "protobuf-7.36.2-cp310-abi3-manylinux2014_aarch64.whl", True),
        ("linux_aarch64", "3.11", "x-1-cp311-cp311-manylinux_2_28_x86_64.whl", False),
        ("windows_amd64", "3.12", "hf_xet-1.8.0-cp38-abi3-win_amd64.whl", True),
        ("windows_amd64", "3.12", "x-1-cp312-cp312-win_arm64.whl", False),
        ("macos_arm64", "3.12", "onnxruntime-1.32.0-cp312-cp312-macosx_14_0_arm64.whl", True),
        ("macos_arm64", "3.12", "charset_normalizer-3.5.2-cp312-cp312-macosx_10_9_universal2.whl", True),
        ("macos_arm64", "3.12", "x-1-cp312-cp312-macosx_15_0_arm64.whl", False),
    ],
)
def test_the_platforms_take_the_wheels_that_they_should(name, python, file, taken):
    assert bool(TARGETS[name].supported(python) & parse_wheel_filename(file)[3]) is taken


def test_the_oldest_system_is_that_of_the_most_demanding_wheel():
    linux = ["a-1-py3-none-any.whl", "b-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_28_x86_64.whl"]
    assert TARGETS["linux_x86_64"].least_system(linux) == "2.17"
    assert TARGETS["linux_x86_64"].least_system([*linux, "c-1-cp312-cp312-manylinux_2_27_x86_64.whl"]) == "2.27"
    assert TARGETS["macos_arm64"].least_system(["c-1-cp312-cp312-macosx_14_0_arm64.whl", *linux]) == "14.0"
    assert TARGETS["windows_amd64"].least_system(["c-1-cp312-cp312-win_amd64.whl"]) == ""
