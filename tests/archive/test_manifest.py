"""Listings: complete, resumable, and read by row."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.folder import films_in
from cxr_edge_archive.listing import walk
from cxr_edge_archive.listing.make_manifest import SCHEMA, Maker
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores


@pytest.fixture
def tree(tmp_path):
    """Ten folders of three films, in two levels, with a hidden file, a text and a DICOM object without suffix."""
    root = tmp_path / "tree"
    for number in range(10):
        folder = root / f"{number % 2}" / f"{number}"
        folder.mkdir(parents=True)
        for name in ("a.png", "b.JPG", "c.dcm", ".hidden.png", "notes.txt"):
            (folder / name).write_bytes(b"x" * number)
        (folder / "1.2.840").write_bytes(bytes(128) + b"DICM")
    (root / "loop").symlink_to(root, target_is_directory=True)
    return root


def listed(file):
    return pq.read_table(file).to_pylist()


def test_it_lists_what_predict_would_find(tree, tmp_path):
    made = Maker([str(tree)], str(tmp_path / "m.parquet"), Stores()).make()
    rows = listed(tmp_path / "m.parquet")
    assert sorted(Place.of(row["uri"]).path for row in rows) == sorted(map(str, films_in(tree)))
    assert (made.films, made.bytes) == (40, sum(row["bytes"] for row in rows))
    assert len({row["etag"] for row in rows}) > 1
    assert list(tmp_path.glob("*.partial")) == []
    assert list(tmp_path.glob(".*")) == []


def test_a_changed_film_has_another_etag(tree, tmp_path):
    def etags():
        Maker([str(tree)], str(tmp_path / "m.parquet"), Stores()).make()
        return {row["uri"]: row["etag"] for row in listed(tmp_path / "m.parquet")}

    before = etags()
    changed = tree / "0" / "2" / "a.png"
    changed.write_bytes(b"yyyy")
    assert {uri for uri, etag in etags().items() if etag != before[uri]} == {changed.as_uri()}


@pytest.mark.parametrize("stop_at", [1, 2, 5, 9, 12])
def test_a_listing_that_was_stopped_goes_on(tree, tmp_path, monkeypatch, stop_at):
    whole = tmp_path / "whole.parquet"
    Maker([str(tree)], str(whole), Stores()).make()
    scandir, left = walk.os.scandir, [stop_at]

    def stops(path):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return scandir(path)

    monkeypatch.setattr(walk.os, "scandir", stops)
    with pytest.raises(KeyboardInterrupt):
        Maker([str(tree)], str(tmp_path / "m.parquet"), Stores(), part=7).make()
    left[0] = 10**6
    made = Maker([str(tree)], str(tmp_path / "m.parquet"), Stores(), part=7).make()
    assert listed(tmp_path / "m.parquet") == listed(whole)
    assert made.films == 40
    assert bool(made.resumed) == (stop_at > 4)  # root, 0, and two folders of four films


def test_the_parts_of_another_listing_are_not_mixed_in(tree, tmp_path):
    partial = tmp_path / "m.parquet.partial"
    partial.mkdir()
    journal = {"asked": ["file:///elsewhere"], "every_object": False, "pending": []}
    (partial / "journal.json").write_text(json.dumps(journal))
    with pytest.raises(CxrEdgeError, match=r"found the parts of another listing, of file:///elsewhere"):
        Maker([str(tree)], str(tmp_path / "m.parquet"), Stores())


def test_every_object_takes_what_has_no_suffix(tree, tmp_path):
    made = Maker([str(tree)], str(tmp_path / "m.parquet"), Stores(), every_object=True).make()
    assert made.films == 50


def test_folders_within_others_are_listed_once(tree, tmp_path):
    made = Maker([str(tree / "0"), str(tree), str(tree)], str(tmp_path / "m.parquet"), Stores()).make()
    assert made.films == 40


@pytest.mark.parametrize("name", ["nothing", "0/0/a.png"])
def test_what_is_no_folder_is_refused(tree, tmp_path, name):
    with pytest.raises(CxrEdgeError, match="expected a folder or bucket"):
        Maker([str(tree / name)], str(tmp_path / "m.parquet"), Stores())


def test_a_folder_without_films_leaves_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CxrEdgeError, match="found no films"):
        Maker([str(tmp_path / "empty")], str(tmp_path / "m.parquet"), Stores()).make()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize("parts", [1, 3])
def test_rows_are_read_by_number_across_groups_and_parts(tmp_path, parts):
    rows = [{"uri": f"file:///{number}", "bytes": number, "etag": "e"} for number in range(100)]
    folder = tmp_path / "m.parquet"
    folder.mkdir()
    for part in range(parts):
        pq.write_table(pa.Table.from_pylist(rows[part::1][:40], SCHEMA), folder / f"{part}.parquet", row_group_size=7)
    manifest = Manifest(str(folder), Stores())
    whole = [row for part in range(parts) for row in rows[part:][:40]]
    assert manifest.rows == len(whole) == 40 * parts
    for first, number in ((0, 1), (5, 9), (33, 50), (39, 2), (0, 1000)):
        assert manifest.rows_from(first, number).to_pylist() == whole[first : first + number]
    assert [uri for batch in manifest.batches() for uri in batch.column(0).to_pylist()] == [r["uri"] for r in whole]


def test_a_manifest_of_uris_alone_is_enough(tmp_path):
    pq.write_table(pa.table({"uri": ["file:///a"], "site": ["x"]}), tmp_path / "m.parquet")
    manifest = Manifest(str(tmp_path / "m.parquet"), Stores())
    assert manifest.rows_from(0, 1).to_pylist() == [{"uri": "file:///a", "bytes": None, "etag": None}]


def test_the_hash_is_that_of_the_content(tmp_path):
    for name, uri in (("a", "x"), ("b", "x"), ("c", "y")):
        pq.write_table(pa.table({"uri": [uri]}), tmp_path / f"{name}.parquet")
    a, b, c = (Manifest(str(tmp_path / f"{name}.parquet"), Stores()).sha256 for name in "abc")
    assert a == b != c


def test_what_is_no_manifest_is_refused(tmp_path):
    (tmp_path / "text.parquet").write_text("no parquet")
    pq.write_table(pa.table({"path": ["x"]}), tmp_path / "other.parquet")
    (tmp_path / "empty").mkdir()
    for name, words in (
        ("text.parquet", "found something else"), ("other.parquet", "found no column uri"),
        ("empty", "found no parquet file"), ("nothing", "found no such file"),
    ):  # fmt: skip
        with pytest.raises(CxrEdgeError, match=words):
            Manifest(str(tmp_path / name), Stores())
