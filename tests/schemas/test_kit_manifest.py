"""The manifest of an offline kit is what its schema says."""

import copy

import pytest

pytest.importorskip("jsonschema")
pytest.importorskip("packaging")
pytest.importorskip("spdx_tools")

from cxr_edge_tools.outputs.checked import faults, schemas
from kit.small_wheels import small_kit


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return small_kit(tmp_path_factory.mktemp("kit"))[1]


def test_a_kit_says_what_its_schema_says(manifest):
    from cxr_edge_kit.targets import TARGETS

    assert faults("kit-manifest", manifest) == []
    assert any(file["path"].startswith("wheels/") for file in manifest["files"])
    assert set(schemas()["kit-manifest"]["properties"]["platform"]["enum"]) == set(TARGETS)


@pytest.mark.parametrize(
    ("place", "value"),
    [("made", "today"), ("platform", "amiga"), ("models", {"m": "0"}), ("files", []), ("least_system", None)],
)
def test_a_wrong_one_is_refused(manifest, place, value):
    assert faults("kit-manifest", {**manifest, place: value})


def test_a_wheel_without_a_licence_field_is_refused(manifest):
    broken = copy.deepcopy(manifest)
    wheel = next(file for file in broken["files"] if file["path"].startswith("wheels/"))
    del wheel["licence"]
    assert faults("kit-manifest", broken) == [
        f"$.files[{broken['files'].index(wheel)}]: 'licence' is a required property"
    ]
