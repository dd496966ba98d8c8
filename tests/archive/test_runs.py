"""A run is known again, and another one is refused."""

from dataclasses import replace

import pytest

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.run import Run, begin


@pytest.fixture
def run(tiny, manifest):
    return Run.of(Manifest(manifest, Stores()), tiny, 5, False)


def test_chunks_cover_all_films(run):
    assert (run.rows, run.chunks) == (12, 3)
    assert [run.films_of(chunk) for chunk in range(3)] == [5, 5, 2]
    assert len({run.file_of(chunk) for chunk in range(3)}) == 3


@pytest.mark.parametrize(("rows", "batch"), [(12, 50), (5856, 92), (64_000, 1000), (10_000_000, 1000)])
def test_chunks_are_neither_few_nor_large(tiny, manifest, monkeypatch, rows, batch):
    listed = Manifest(manifest, Stores())
    monkeypatch.setattr(Manifest, "rows", rows)
    assert Run.of(listed, tiny, None, False).batch == batch


def test_what_is_there_is_not_scored_again(run, tmp_path):
    place = Place.of(str(tmp_path))
    assert begin(run, place, Stores()) == [0, 1, 2]
    (tmp_path / run.file_of(1)).write_bytes(b"x")
    (tmp_path / run.file_of(2)).write_bytes(b"")  # what some stores leave of a write that was cut off
    (tmp_path / ".films-0000000-abc.parquet.1234.tmp").write_bytes(b"half")
    assert begin(run, place, Stores()) == [0, 2]
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("manifest_sha256", "1" * 64), ("batch", 6), ("model_sha256", "2" * 64), ("heatmap", True), ("cxr_edge", "9")],
)
def test_another_run_does_not_write_into_the_same_folder(run, tmp_path, field, value):
    begin(run, Place.of(str(tmp_path)), Stores())
    other = replace(run, **{field: value})
    assert other.id != run.id
    with pytest.raises(CxrEdgeError, match=f"found results of another run .{field} "):
        begin(other, Place.of(str(tmp_path)), Stores())


def test_a_folder_with_other_parquet_files_is_refused(run, tmp_path):
    (tmp_path / "sales.parquet").write_bytes(b"x")
    with pytest.raises(CxrEdgeError, match="found parquet files of something else"):
        begin(run, Place.of(str(tmp_path)), Stores())
