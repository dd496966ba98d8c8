"""What URIs name."""

import os

import pytest

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.places import Place, Stores


@pytest.mark.parametrize(
    ("uri", "scheme", "path"),
    [
        ("/a/b.png", "file", "/a/b.png"),
        ("file:///a/b%20c%23%25.png", "file", "/a/b c#%.png"),
        ("s3://bucket/a b#%20?.png", "s3", "bucket/a b#%20?.png"),
        ("s3://bucket", "s3", "bucket"),
        ("gs://bucket/key", "gs", "bucket/key"),
        ("abfs://films/key", "abfs", "films/key"),
    ],
)
def test_a_uri_and_back(uri, scheme, path):
    place = Place.of(uri)
    assert (place.scheme, place.path) == (scheme, path)
    assert Place.of(place.uri) == place


def test_an_account_of_azure_stays_with_its_places():
    place = Place.of("abfss://films@clinic.dfs.core.windows.net/a/b.dcm")
    assert (place.path, place.account) == ("films/a/b.dcm", "clinic")
    assert Place.of(place.uri) == place
    assert (place / "c").account == "clinic"


def test_a_name_that_is_no_text_comes_back_whole():
    place = Place.of(os.fsdecode(b"/films/\xff.png"))
    assert place.uri == "file:///films/%FF.png"
    assert Place.of(place.uri) == place


def test_files_are_called_as_predict_calls_them_and_objects_by_their_uri():
    assert Place.of("file:///a%20b.png").name == "/a b.png"
    assert Place.of("s3://bucket/a b.png").name == "s3://bucket/a b.png"


def test_what_is_no_place_is_refused():
    with pytest.raises(CxrEdgeError, match=r"found http://; expected"):
        Place.of("http://x/y")
    with pytest.raises(CxrEdgeError, match="found no bucket"):
        Place.of("s3:///key")


def test_azure_needs_an_account(monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    with pytest.raises(CxrEdgeError, match="found no account"):
        Stores("http://127.0.0.1:1").reach(Place.of("abfs://films/x"))
