"""What ``cxr-edge archive`` prints and writes is what its schemas say."""

import json

import pytest

pytest.importorskip("jsonschema")
for package in ("ray", "pyarrow", "psutil"):
    pytest.importorskip(package)

import pyarrow.parquet as pq

from archive.made_results import score_here, work_for
from cxr_edge.cli.main import main
from cxr_edge.store import SAMPLES
from cxr_edge_archive.cli.scoring_run import summary
from cxr_edge_archive.scoring.result_table import schema
from cxr_edge_archive.scoring.score_archive import Outcome
from cxr_edge_tools.outputs.checked import faults, schemas


@pytest.fixture
def archive(tmp_path, capsys):
    """A manifest of the samples and a broken film, its results, and what ``manifest`` printed."""
    folder = tmp_path / "films"
    folder.mkdir()
    for sample in SAMPLES.glob("*.png"):
        (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / "broken.png").write_bytes(b"")
    manifest = str(tmp_path / "films.parquet")
    assert main(["archive", "manifest", str(folder), "--out", manifest, "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    score_here(work_for(manifest, tmp_path / "results", "default"))
    return manifest, tmp_path / "results", printed


def test_of_a_manifest(archive):
    assert faults("archive-manifest", archive[2]) == []
    assert archive[2]["films"] == 4
    for wrong in ({"films": 0}, {"manifest": ""}, {"unreadable_folders": None}):
        assert faults("archive-manifest", {**archive[2], **wrong})


def test_of_a_row_of_results(archive):
    rows = [row for file in archive[1].glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert len(rows) == 4
    assert sum(row["error"] is not None for row in rows) == 1
    assert [fault for row in rows for fault in faults("archive-results", row)] == []
    for wrong in ({"uri": None}, {"bytes": -1}, {"model_sha256": "0"}, {"probability": 2.0}, {"decision": "sick"}):
        assert [row for row in rows if not faults("archive-results", {**row, **wrong})] == []
    described = set(schemas()["archive-results"]["properties"])
    known = set(schemas()["common"]["$defs"]["answer"]["required"]) | {"path"}
    assert set(schema(True).names) == described | known


def test_of_a_check(archive, capsys):
    manifest, results, _ = archive

    def checked():
        status = main(["archive", "check", manifest, str(results), "--format", "json"])
        found = json.loads(capsys.readouterr().out)
        assert faults("archive-check", found) == []
        return status, found

    assert checked()[0] == 0
    (file,) = results.glob("films-*")
    (results / "again.parquet").write_bytes(file.read_bytes())
    status, found = checked()
    assert status == 1
    assert len(found["names"]["double"]) == found["double"] == 4
    for wrong in ({"missing": -1}, {"names": {}}, {"models": [{}]}, {"passed": "no"}):
        assert faults("archive-check", {**found, **wrong})


def test_of_a_summary():
    outcome = Outcome(10, before=2, scored=5, unreadable=1, bytes=99, seconds=2.0)
    outcome.decisions.update(["refer", "retake", "refer", "no finding"])
    said = {"schema": 1, "results": "x", "run": "0" * 12, **summary(outcome)}
    assert faults("archive-score", said) == []
    assert (said["left"], said["films_per_second"]) == (3, 2.5)
    assert faults("archive-score", {**said, **summary(Outcome(3, before=3))}) == []


@pytest.mark.parametrize(("field", "value"), [("run", "x"), ("decisions", {"sick": 1}), ("left", -1), ("films", 0)])
def test_a_wrong_summary_is_refused(field, value):
    said = {"schema": 1, "results": "x", "run": "0" * 12, **summary(Outcome(3, before=3)), field: value}
    assert faults("archive-score", said)
