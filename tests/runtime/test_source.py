import io
import os

import pytest

from cxr_edge import UnreadableFilm
from cxr_edge.film.source import Limits, read_film


def test_path_bytes_and_file_object_give_the_same_bytes(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        sources = [path, str(path), b"content", bytearray(b"content"), memoryview(b"content"), file]
        assert {read_film(source, "", 100)[1] for source in sources} == {b"content"}


def written(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda p: p / "missing.jpg", "no such file"),
        (lambda p: p, "a folder"),
        (lambda p: os.mkfifo(p / "pipe") or p / "pipe", "no regular file"),
        (lambda p: written(p / "empty", b""), "an empty file"),
        (lambda p: written(p / "large", bytes(101)), "more than 100 bytes"),
        (lambda p: "nul\0byte", "cannot be opened"),
        (lambda p: b"", "an empty file"),
        (lambda p: io.BytesIO(bytes(101)), "more than 100 bytes"),
        (lambda p: io.StringIO("text"), "opened as text"),
    ],
)
def test_what_is_refused_and_why(tmp_path, make, found):
    with pytest.raises(UnreadableFilm, match=found) as refusal:
        read_film(make(tmp_path), "", 100)
    assert "expected" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_permission(secret):
    with pytest.raises(UnreadableFilm, match="no permission"):
        read_film(secret, "", 100)


def test_limits_on_pixels():
    Limits().check(4300, 4300)
    for size, expected in [((31, 500), "at least 32"), ((0, 0), "at least"), ((20_000, 20_000), "at most")]:
        with pytest.raises(UnreadableFilm, match=expected):
            Limits().check(*size)


def test_names():
    with pytest.raises(UnreadableFilm, match=r"^<bytes>: found an empty file"):
        read_film(b"", "", 100)
    with pytest.raises(UnreadableFilm, match=r"^missing\.png: found no such file"):
        read_film("missing.png", "", 100)
    assert read_film(io.BytesIO(b"x"), "", 100) == ("<BytesIO>", b"x")
    assert read_film(b"x", "a film", 100) == ("a film", b"x")


def test_a_name_with_control_characters_stays_on_one_line():
    with pytest.raises(UnreadableFilm) as refusal:
        read_film("two\nlines\x1b[31m.jpg", "", 100)
    assert str(refusal.value).startswith(r"two\nlines\x1b[31m.jpg: found no such file")
