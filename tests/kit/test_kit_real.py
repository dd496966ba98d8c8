"""A kit of the real packages for this computer, installed without a network: the base alone, 50 MB."""

import subprocess
import sys

import pytest

pytest.importorskip("uv")
pytest.importorskip("spdx_tools")
pytest.importorskip("markdown_it")
pytest.importorskip("hatchling")
from cxr_edge_kit import verify
from kit.installing import install
from kit.small_wheels import PYTHON, here

pytestmark = pytest.mark.skipif(
    here() is None or sys.platform == "win32", reason="install.sh is for the platforms of kits, but not for Windows"
)


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "kit"
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", folder.parent, "flatbuffers"]
    if subprocess.run([*asked, "--retries", "0"], capture_output=True).returncode:
        pytest.skip("there is no package index")
    command = [sys.executable, "-m", "cxr_edge", "kit", "--platform", here(), "--python", PYTHON, "--out", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_is_installed_scores_a_film_and_knows_a_changed_byte(kit, tmp_path):
    assert verify.faults(kit) == []
    done = install(kit, tmp_path / "program")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\npassed\n" in done.stdout
    program = tmp_path / "program/bin/cxr-edge"
    scored = subprocess.run([program, "predict", "--samples"], capture_output=True, text=True)
    assert scored.stdout.count("refer ") >= 2
    wheel = next(kit.glob("wheels/onnxruntime*"))
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 1
    wheel.write_bytes(data)
    for command in (["sh", kit / "install.sh", tmp_path / "other"], [program, "kit", "verify", kit]):
        refused = subprocess.run(
            command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
        )
        assert refused.returncode == 1
        assert f"wheels/{wheel.name}: changed" in refused.stdout + refused.stderr
    assert not (tmp_path / "other").exists()
