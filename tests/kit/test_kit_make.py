"""Kits of small wheels: what is in them, that the same gives the same, and what becomes of interrupted ones."""

import importlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("uv")
pytest.importorskip("spdx_tools")
pytest.importorskip("markdown_it")
from spdx_tools.spdx.model import RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from cxr_edge.cli.main import main
from cxr_edge.errors import CxrEdgeError
from cxr_edge_kit import verify
from kit.small_wheels import own_wheel, small_kit, wheel

download = importlib.import_module("cxr_edge_kit.download")


def names(kit):
    return {path.name.split("-")[0] for path in kit.glob("wheels/*")}


@pytest.fixture(scope="module")
def linux(tmp_path_factory):
    return small_kit(tmp_path_factory.mktemp("linux"), "linux_x86_64", ["dicom"], "3.12")


def test_a_kit_holds_what_it_says(linux):
    kit, manifest = linux
    assert names(kit) == {"cxr_edge", "numpy", "python_gdcm", "pip"}
    by_name = {file["name"]: file for file in manifest["files"] if "name" in file}
    assert (by_name["numpy"]["version"], by_name["numpy"]["licence"]) == ("2.1", "BSD-3-Clause")
    assert by_name["python-gdcm"]["licence"] == "Apache-2.0"
    assert (kit / "licences" / by_name["numpy"]["licence_texts"][0]).read_text() == "three clauses"
    assert (kit / "licences/python-gdcm-3.2/gdcm/NOTICE").read_text() == "of others"
    assert (manifest["cxr_edge"], manifest["python"], manifest["least_system"]) == ("9.9", "3.12", "2.17")
    assert list(manifest["models"]) == ["m"]
    assert {path.name for path in kit.iterdir()} == {
        "SHA256SUMS", "docs", "install.py", "install.sh", "licences", "manifest.json", "requirements.txt",
        "sbom.spdx.json", "services", "start.html", "verify.py", "wheels",
    }  # fmt: skip
    assert {path.name for path in kit.glob("services/*")} == {"cxr-edge-watch.service"}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_takes_the_sums(linux):
    kit, manifest = linux
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=kit, capture_output=True, text=True)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(manifest["files"]) + 1


def test_the_bill_of_materials_is_valid_and_says_who_needs_whom(linux):
    bill = parse_file(str(linux[0] / "sbom.spdx.json"))
    assert validate_full_spdx_document(bill) == []
    assert {package.name: str(package.license_declared) for package in bill.packages} == {
        "cxr-edge": "Apache-2.0", "numpy": "BSD-3-Clause", "pip": "MIT", "python-gdcm": "Apache-2.0",
    }  # fmt: skip
    edges = {
        (relation.spdx_element_id, relation.related_spdx_element_id)
        for relation in bill.relationships
        if relation.relationship_type == RelationshipType.DEPENDS_ON
    }
    package = "SPDXRef-Package-"
    assert edges == {(f"{package}cxr-edge", f"{package}numpy"), (f"{package}cxr-edge", f"{package}python-gdcm")}


def test_every_link_of_the_pages_leads_somewhere(linux):
    import re

    kit = linux[0]
    for page in [kit / "start.html", *kit.glob("docs/*.html")]:
        text = page.read_text(encoding="utf-8")
        links = re.findall(r'(?:href|src)="(?!https?:)([^"]+)"', text)
        assert links
        assert [link for link in links if not (page.parent / link).exists()] == []
        assert not re.search(r"<(?:link|script|img|iframe)\b|url\(|@import", text), page  # nothing from elsewhere
    assert (kit / "start.html").read_text(encoding="utf-8").count("not a cleared medical device") == 1


def test_windows_gets_what_only_windows_needs(tmp_path):
    kit, _ = small_kit(tmp_path, "windows_amd64", ["dicom"], "3.12")
    assert names(kit) == {"cxr_edge", "numpy", "python_gdcm", "pip", "colorama"}
    assert (kit / "install.cmd").is_file()
    assert not (kit / "install.sh").exists()
    manifest = json.loads((kit / "manifest.json").read_text())
    assert next(file for file in manifest["files"] if file.get("name") == "colorama")["licence"] is None


@pytest.mark.parametrize(
    ("platform", "extras", "named"),
    [("macos_arm64", ["dicom"], "python-gdcm"), ("linux_x86_64", ["dicom", "node"], "rare")],
)
def test_an_extra_that_cannot_be_had_is_named_with_its_package(tmp_path, platform, extras, named):
    with pytest.raises(
        CxrEdgeError, match=rf"^extra {extras[-1]} for {platform} with Python 3.12: found that .*{named}"
    ):
        small_kit(tmp_path, platform, extras, "3.12")
    assert not (tmp_path / "kit").exists()


def test_an_extra_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CxrEdgeError, match="found no extra dicon; expected one of dicom, node"):
        small_kit(tmp_path, "linux_x86_64", ["dicon"], "3.12")


def test_the_same_is_the_same_to_the_byte(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, manifest = small_kit(tmp_path, "linux_aarch64", ["dicom"], "3.11")
    second, _ = small_kit(tmp_path, "linux_aarch64", ["dicom"], "3.11", out=tmp_path / "again")
    assert manifest["made"] == "2023-11-14T22:13:20Z"
    assert (first / verify.SUMS).read_bytes() == (second / verify.SUMS).read_bytes()


def test_what_was_downloaded_before_it_was_stopped_is_used_again(tmp_path, monkeypatch):
    fetch, fetched = download._fetch, []

    def stops(pin, *rest):
        if pin.name == "python-gdcm":
            raise KeyboardInterrupt
        return fetch(pin, *rest)

    monkeypatch.setattr(download, "_fetch", stops)
    with pytest.raises(KeyboardInterrupt):
        small_kit(tmp_path, "linux_x86_64", ["dicom"], "3.12", fetched=False)
    assert not (tmp_path / "kit").exists()
    there = {path.name for path in tmp_path.glob("kit.partial/wheels/*.whl")}
    assert any(name.startswith("numpy") for name in there)
    damaged = next(tmp_path.glob("kit.partial/wheels/numpy*"))
    damaged.write_bytes(damaged.read_bytes()[:-1])

    def counts(pin, *rest):
        fetched.append(pin.name)
        return fetch(pin, *rest)

    monkeypatch.setattr(download, "_fetch", counts)
    kit, _ = small_kit(tmp_path, "linux_x86_64", ["dicom"], "3.12", fetched=False)
    assert sorted(fetched) == ["numpy", "python-gdcm"]
    assert verify.faults(kit) == []
    assert not (tmp_path / "kit.partial").exists()


def test_an_earlier_kit_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    kit, _ = small_kit(tmp_path, "linux_x86_64", ["dicom"], "3.12")
    before = (kit / verify.SUMS).read_bytes()
    with pytest.raises(CxrEdgeError):
        small_kit(tmp_path, "linux_x86_64", ["node"], "3.12")
    assert (verify.faults(kit), (kit / verify.SUMS).read_bytes()) == ([], before)
    monkeypatch.setattr(download, "_fetch", None)  # all wheels are here
    kit, _ = small_kit(tmp_path, "linux_x86_64", [], "3.12", fetched=False)
    assert verify.faults(kit) == []
    assert names(kit) == {"cxr_edge", "numpy", "pip"}


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit/thesis.txt").write_text("mine")
    with pytest.raises(CxrEdgeError, match="found a folder with other files"):
        small_kit(tmp_path, "linux_x86_64", [], "3.12")
    (tmp_path / "kit/thesis.txt").unlink()
    kit, _ = small_kit(tmp_path, "linux_x86_64", [], "3.12")
    (kit / "notes.txt").write_text("mine")
    with pytest.raises(CxrEdgeError, match=r"files of yours \(notes.txt: added\)"):
        small_kit(tmp_path, "linux_x86_64", [], "3.12")
    assert (kit / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("wrong", ["model", "name", "file"])
def test_a_wheel_that_is_not_ours_is_refused(tmp_path, wrong):
    (tmp_path / "w").mkdir()
    given = own_wheel(tmp_path / "w", "0" * 64) if wrong == "model" else wheel(tmp_path / "w", "numpy")
    if wrong == "file":
        given.write_text("no archive")
    with pytest.raises(
        CxrEdgeError, match="expected the one listed" if wrong == "model" else "found no wheel of cxr-edge"
    ):
        small_kit(tmp_path, "linux_x86_64", [], "3.12", wheel=given)


def test_without_source_it_says_what_to_give(tmp_path, monkeypatch):
    own_wheel_module = importlib.import_module("cxr_edge_kit.own_wheel")
    monkeypatch.setattr(own_wheel_module, "CHECKOUT", tmp_path)
    with pytest.raises(CxrEdgeError, match="expected --wheel FILE, or a copy of the source"):
        own_wheel_module.build(tmp_path)


def test_the_command_makes_and_verifies(linux, tmp_path, capsys):
    house = linux[0].parent / "wheelhouse"
    own = next((linux[0].parent / "own").iterdir())
    asked = ["kit", "--platform", "linux_x86_64", "--python", "3.12", "--extras", "dicom"]
    given = ["--out", str(tmp_path / "kit"), "--wheel", str(own), "--wheelhouse", str(house)]
    limits = ["--constraints", str(linux[0].parent / "constraints.txt")]
    assert main([*asked, *given, *limits]) == 0
    assert "cxr-edge 9.9 for linux_x86_64, Python 3.12: 4 wheels" in capsys.readouterr().out
    assert main(["kit", "verify", str(tmp_path / "kit")]) == 0
    (tmp_path / "kit/start.html").write_text("")
    assert main(["kit", "verify", str(tmp_path / "kit")]) == 1
    assert "start.html: changed" in capsys.readouterr().out
    assert main(["kit", "verify", str(tmp_path / "none")]) == 2
    with pytest.raises(SystemExit, match="2"):
        main(["kit", "--platform", "linux_x86_64"])


def test_the_wheel_of_the_checkout_is_one_that_kits_take(tmp_path):
    from cxr_edge import list_models
    from cxr_edge_kit.own_wheel import build, read_own_wheel

    pytest.importorskip("hatchling")
    own = read_own_wheel(build(tmp_path))
    assert own.models == {model.name: model.sha256 for model in list_models()}
    assert {"dicom", "node", "demo"} <= own.extras
    assert "ExecStart=" in own.text("cxr_edge_node/cxr-edge-node.service")
    assert Path(own.wheel.path).parent == tmp_path
