"""Any byte of a kit that is not as it was made is named, with Python's standard library alone."""

import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("uv")
pytest.importorskip("spdx_tools")
pytest.importorskip("markdown_it")
from cxr_edge_kit import verify
from kit.small_wheels import small_kit


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_kit(tmp_path_factory.mktemp("made"), "linux_x86_64", ["dicom"], "3.12")[0]


@pytest.fixture
def kit(made, tmp_path):
    return shutil.copytree(made, tmp_path / "kit")


def test_a_changed_byte_in_any_file_is_named(made, kit):
    assert verify.faults(kit) == []
    for name in verify.contents(made):
        data = (made / name).read_bytes()
        for place in {0, len(data) // 2, len(data) - 1}:
            (kit / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            found = verify.faults(kit)
            assert found, (name, place)
            assert any(name in fault and "changed" in fault for fault in found), (name, place, found)
        (kit / name).write_bytes(data)
    assert verify.faults(kit) == []


def test_what_is_missing_and_what_is_added_is_named(kit):
    wheel = next(kit.glob("wheels/numpy*"))
    wheel.unlink()
    (kit / "licences/extra.txt").write_text("")
    (kit / ".DS_Store").write_text("")
    assert verify.faults(kit) == [f"wheels/{wheel.name}: missing", ".DS_Store: added", "licences/extra.txt: added"]
    for name in (verify.SUMS, verify.MANIFEST):
        (kit / name).unlink()
    assert verify.faults(kit) == ["SHA256SUMS: missing", "manifest.json: missing"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_place_of_a_file_is_named(kit, tmp_path):
    wheel = next(kit.glob("wheels/numpy*"))
    wheel.rename(tmp_path / "elsewhere")
    wheel.symlink_to(tmp_path / "elsewhere")
    assert verify.faults(kit) == [f"wheels/{wheel.name}: changed"]


def test_a_hash_that_was_changed_with_its_file_is_found(kit):
    """The manifest knows it, too."""
    start = kit / "start.html"
    before = verify.sha256(start)
    start.write_text("other")
    sums = kit / verify.SUMS
    sums.write_text(sums.read_text().replace(before, verify.sha256(start)))
    assert verify.faults(kit) == ["SHA256SUMS: changed", "start.html: changed"]


def test_the_copy_in_the_kit_needs_the_standard_library_alone(kit):
    command = [sys.executable, "-I", "-S", "-B", "verify.py"]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    (kit / "requirements.txt").write_text("numpy\n")
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("requirements.txt: changed\n")
