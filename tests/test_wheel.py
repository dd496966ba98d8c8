"""The wheel, installed beside the base dependencies alone, scores the samples without any network."""

import json
import os
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NO_NETWORK = (
    "import sys\n"
    "def refuse(event, args):\n"
    "    if event.startswith('socket.'):\n"
    "        raise RuntimeError('asked for the network: ' + event)\n"
    "sys.addaudithook(refuse)\n"
    "from cxr_edge.cli.main import main\n"
    "sys.exit(main(sys.argv[1:]))\n"
)


def with_dependencies(names):
    """The distributions `names` and what they need, by name."""
    found = {}
    queue = list(names)
    while queue:
        distribution = metadata.distribution(queue.pop())
        if distribution.name not in found:
            found[distribution.name] = distribution
            needs = [Requirement(r) for r in distribution.requires or []]
            queue += [r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Python of an environment that holds the wheel and links to the three base dependencies and their own."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    site = Path(next(folder.glob("lib/python*/site-packages"), folder / "Lib/site-packages"))
    for distribution in with_dependencies(["numpy", "pillow", "onnxruntime"]).values():
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            (site / top).symlink_to(distribution.locate_file(top))
    python = next(folder.glob("[bS]*/python*"))
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True)
    return python


def test_the_wheel_holds_what_runs_and_nothing_else(wheel):
    import zipfile

    names = zipfile.ZipFile(wheel).namelist()
    shared = f"cxr_edge-{metadata.version('cxr-edge')}.data"  # what pip puts into share/ of the environment
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name} - {shared}
    assert tops == {
        "cxr_edge", "cxr_edge_node", "cxr_edge_kit", "cxr_edge_archive", "cxr_edge_train", "cxr_edge_export",
        "cxr_edge_demo",
    }  # fmt: skip
    assert sum(name.endswith(".onnx") for name in names) >= 1
    assert sum(name.startswith("cxr_edge/samples/drawn_") for name in names) == 3
    data = {"cxr_edge/py.typed", "cxr_edge_kit/files/install.cmd"}
    for folder in ("browser", "html/style", "html/templates", "words"):  # what the demo reads from its own folders
        files = (Path(__file__).parents[1] / "demo/cxr_edge_demo" / folder).iterdir()
        data |= {f"cxr_edge_demo/{folder}/{file.name}" for file in files if file.is_file()}
    data |= {"cxr_edge_archive/looking/templates/archive_report.html"}
    data |= {"cxr_edge/schemas/predict.schema.json", f"{shared}/data/share/man/man1/cxr-edge.1"}
    assert data <= set(names)
    assert wheel.stat().st_size < 5e6


def test_samples_are_scored_with_three_dependencies_and_no_network(python, tmp_path):
    command = [python, "-c", NO_NETWORK, "predict", "--samples", "--format", "json"]
    home = tmp_path / "home"
    home.mkdir()
    env = {"PATH": "", "HOME": str(home), "USERPROFILE": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []  # ONNX Runtime's telemetry would leave a device identifier
    decisions = {Path(film["path"]).name: film["decision"] for film in json.loads(done.stdout)["films"]}
    assert decisions.pop("drawn_clear.png") in ("no finding", "review")
    assert set(decisions.values()) == {"refer"}


def test_the_guard_against_the_network_works(python, tmp_path):
    code = NO_NETWORK.replace("from cxr_edge", "import socket; socket.socket()\nfrom cxr_edge")
    done = subprocess.run([python, "-c", code, "models"], capture_output=True, text=True, cwd=tmp_path)
    assert "asked for the network" in done.stderr


@pytest.mark.parametrize("command", ["train --run x", "export x", "evaluate x", "demo", "kit", "archive check a b"])
def test_the_other_commands_say_what_to_install(python, tmp_path, command):
    done = subprocess.run([python, "-m", "cxr_edge", *command.split()], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "install it with: pip install 'cxr-edge[" in done.stderr
