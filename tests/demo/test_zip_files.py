"""Films come out of a zip file within bounds, and every other file of it is named."""

import zipfile

import pytest

from cxr_edge import UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge_demo.web.zip_files import films_in_zip
from zipped import zipped


def unzipped(data, **bounds):
    return dict(films_in_zip(data, Limits(max_bytes=10_000), **bounds))


def test_films_come_out_of_a_zip_and_its_clutter_does_not():
    data = zipped({"a/b.png": b"1", "__MACOSX/._b.png": b"2", ".hidden": b"3", "a/": b"", "../../up.png": b"4"})
    assert unzipped(data) == {"a/b.png": b"1", "../../up.png": b"4"}


def test_a_bomb_is_named_and_the_rest_is_read():
    found = unzipped(zipped({"bomb": b"\0" * 5_000_000, "film": b"1"}))
    assert "more than 10,000 bytes unpacked" in str(found["bomb"])
    assert found["film"] == b"1"


def test_the_total_is_bounded():
    found = unzipped(zipped({f"{n}": bytes(9_000) for n in range(5)}), max_total=20_000)
    assert [isinstance(film, bytes) for film in found.values()] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (zipped({str(n): b"" for n in range(9)}), "9 files"),
        (zipped({}), "0 files"),
        (zipped({"a": b"x" * 999})[:-30], "truncated"),
        (b"PK\3\4" + b"x" * 500, "truncated"),
        (zipped({"n" * 60_000 + str(n): b"" for n in range(10)}), "far too many"),
    ],
)
def test_zip_files_that_are_refused_whole(data, found):
    with pytest.raises(UnreadableFilm, match=found):
        unzipped(data, max_films=8)


def test_no_zip_in_a_zip_and_no_unusual_compression():
    inner = unzipped(zipped({"inner.png": zipped({"a": b"1"})}))["inner.png"]
    assert "a zip file inside the zip file" in str(inner)
    odd = unzipped(zipped({"a": b"1"}, compression=zipfile.ZIP_BZIP2))["a"]
    assert "unusual compression" in str(odd)


def test_a_damaged_member_is_named():
    data = bytearray(zipped({"a": b"x" * 500, "b": b"1"}, compression=zipfile.ZIP_STORED))
    data[100] ^= 255
    found = unzipped(bytes(data))
    assert "damaged" in str(found["a"])
    assert found["b"] == b"1"
