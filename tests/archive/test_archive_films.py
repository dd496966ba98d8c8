"""Answers are those of ``cxr-edge predict``, field by field, from files and from object storage."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxr_edge.film.source import Limits
from cxr_edge.prediction import FIELDS, Prediction
from cxr_edge.results.file_scoring import films_named, score_files
from cxr_edge_archive import patience
from cxr_edge_archive.listing.make_manifest import Maker
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.patience import StorageFailure
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.archive_films import score, scored
from cxr_edge_archive.scoring.result_table import results_file, schema
from cxr_edge_archive.scoring.run import Run
from cxr_edge_archive.stored import files_in, read_whole, write_whole
from cxr_edge_bench.archive.failing_store import FailingStore


def answers(classifier, uris, stores=None, heatmap=False, limits=None):
    return list(scored(uris, stores or Stores(), lambda films: score(classifier, films, heatmap), limits))


@pytest.fixture
def in_store(films, s3, tmp_path):
    """The manifest of `films` in the store, and what each is in the folder."""
    from pyarrow import fs

    store = fs.S3FileSystem(endpoint_override=s3)
    for file in films.rglob("*.png"):
        key = f"films/{tmp_path.name}/{file.relative_to(films)}"
        with store.open_output_stream(key) as stream:
            stream.write(file.read_bytes())
    out = f"s3://films/manifests/{tmp_path.name}.parquet"
    made = Maker([f"s3://films/{tmp_path.name}"], out, Stores(s3)).make()
    assert made.films == 12
    uris = Manifest(out, Stores(s3)).rows_from(0, 99)["uri"].to_pylist()
    return {uri: films / uri.partition(f"{tmp_path.name}/")[2] for uri in uris}


def test_of_files_they_are_the_same_rows(tiny, films, manifest):
    uris = Manifest(manifest, Stores()).rows_from(0, 99)["uri"].to_pylist()
    ours = {answer.path: answer for answer, _ in answers(tiny, uris)}
    theirs = {answer.path: answer for answer in score_files(tiny, films_named(str(films)))}
    assert ours == theirs
    assert sum(answer.error is not None for answer in ours.values()) == 2
    assert len({answer.probability for answer in ours.values()}) > 5


def test_of_objects_they_are_those_of_the_same_files(tiny, in_store, s3):
    for answer, size in answers(tiny, list(in_store), Stores(s3)):
        file = in_store[answer.path]
        (theirs,) = score_files(tiny, [str(file)])
        assert size == file.stat().st_size
        assert {**answer.to_dict(), "error": None, "path": ""} == {**theirs.to_dict(), "error": None, "path": ""}
        assert (answer.error or "").removeprefix(answer.path) == (theirs.error or "").removeprefix(str(file))


def test_a_store_that_fails_now_and_then_costs_no_film(tiny, in_store, s3, tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "WAITS", (0.01,) * 7)
    with FailingStore(s3, failing=0.3) as store:
        got = answers(tiny, list(in_store), Stores(store.url))
        assert store.failed > 3
        write_whole(Place.of(f"s3://films/{tmp_path.name}/through"), b"data" * 1000, Stores(store.url))
    assert sum(answer.error is not None for answer, _ in got) == 2
    assert read_whole(Place.of(f"s3://films/{tmp_path.name}/through"), Stores(s3)) == b"data" * 1000


def test_a_store_that_is_gone_is_no_fault_of_the_film(tiny, monkeypatch, s3):
    monkeypatch.setattr(patience, "WAITS", ())
    with FailingStore(s3, failing=1.0) as store, pytest.raises(StorageFailure, match="reading a film"):
        answers(tiny, ["s3://films/x.png"], Stores(store.url))


def test_a_film_that_is_gone_is_a_row(tiny, s3, tmp_path):
    gone = [(tmp_path / "gone.png").as_uri(), tmp_path.as_uri()]
    theirs = list(score_files(tiny, [str(tmp_path / "gone.png"), str(tmp_path)]))
    assert [answer for answer, _ in answers(tiny, gone)] == theirs
    ((answer, size),) = answers(tiny, ["s3://films/gone.png"], Stores(s3))
    assert (answer.error, size) == ("s3://films/gone.png: found no such file; expected a readable picture file", None)


@pytest.mark.parametrize("stored", [False, True])
def test_a_film_that_is_too_large_is_refused_in_the_same_words(tiny, tmp_path, s3, stored):
    (tmp_path / "large.png").write_bytes(bytes(3000))
    write_whole(Place.of("s3://films/large.png"), bytes(3000), Stores(s3))
    uri = "s3://films/large.png" if stored else (tmp_path / "large.png").as_uri()
    small = type(tiny)(tiny._session, tiny.card, tiny.sha256, Limits(max_bytes=1000))
    ((answer, _),) = answers(small, [uri], Stores(s3), limits=Limits(max_bytes=1000))
    theirs = small.try_predict(tmp_path / "large.png")
    assert answer.error.removeprefix(Place.of(uri).name) == theirs.error.removeprefix(str(tmp_path / "large.png"))


def run(classifier, films, heatmap=False):
    return Run("0" * 64, films, 50, classifier.card.name, classifier.card.version, classifier.sha256, "", heatmap, "0")


def test_a_file_of_results_holds_every_field(tiny, manifest, tmp_path):
    rows = Manifest(manifest, Stores()).rows_from(0, 99)
    pairs = answers(tiny, rows["uri"].to_pylist())
    columns = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    data = results_file(run(tiny, 12), rows, *columns)
    assert data == results_file(run(tiny, 12), rows, *columns)  # a chunk that is scored twice is the same file
    table = pq.read_table(pa.BufferReader(data))
    assert table.schema.equals(schema(False))
    for row, (answer, size) in zip(table.to_pylist(), pairs, strict=True):
        assert Prediction.from_dict({name: row[name] for name in FIELDS}) == answer
        assert Place.of(row["uri"]).name == answer.path
        assert row["bytes"] == size
        assert (row["model"], row["model_sha256"]) == (tiny.card.name, tiny.sha256)
        assert row["etag"]


def test_heatmaps_are_those_of_the_classifier(films):
    from cxr_edge import Classifier
    from cxr_edge.store import SAMPLES

    classifier = Classifier.load()
    uris = [file.as_uri() for file in sorted(SAMPLES.glob("*.png"))] + [(films / "north" / "film 9.png").as_uri()]
    rows = pa.table({"uri": uris, "bytes": [0] * 4, "etag": [""] * 4})
    pairs = answers(classifier, uris, heatmap=True)
    data = results_file(run(classifier, 4, heatmap=True), rows, [a for a, _ in pairs], [s for _, s in pairs])
    maps = pq.read_table(pa.BufferReader(data))["heatmap"].to_pylist()
    assert maps[3] is None
    for uri, values in zip(uris[:3], maps[:3], strict=True):
        theirs = classifier.predict(Place.of(uri).path, heatmap=True)
        np.testing.assert_array_equal(np.array(values, np.float32), theirs.heatmap)


def test_objects_are_written_whole_and_read_back(s3, tmp_path):
    for uri in (f"s3://films/{tmp_path.name}/whole", str(tmp_path / "deep" / "whole")):
        place = Place.of(uri)
        assert read_whole(place, Stores(s3)) is None
        write_whole(place, b"first", Stores(s3))
        write_whole(place, b"second", Stores(s3))
        assert read_whole(place, Stores(s3)) == b"second"
        folder = Place(place.scheme, place.path.rpartition("/")[0])
        assert files_in(folder, Stores(s3)) == {"whole": 6}
