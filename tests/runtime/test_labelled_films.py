"""A clinic's own labelled films: folders or a table, read or refused in one line."""

import re

import pytest
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.labelled_films import labelled_films
from cxr_edge.cli.main import main
from helpers import SIDE


def test_a_film_listed_twice_is_refused(clinic, tmp_path):
    film = next(clinic.glob("normal/*"))
    for second in (film, film.parent / ".." / "normal" / film.name):
        table = tmp_path / "t.csv"
        table.write_text(f"path,label\n{film},0\n{second},1\n")
        with pytest.raises(CxrEdgeError, match="twice; expected every film once"):
            labelled_films(table)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found no columns"),
        (b"path,label\n", "found no films; expected some with labels"),
        (b"path,tag\na.png,1\n", "found path, tag; expected the columns path and label"),
        (b"path;label\na.png;1\n", "found path;label; expected the columns path and label, parted by commas"),
        (b"path,label\na.png\n", "label '' in line 2"),
        (b"path,label\n,1\n", "the path '' with the label '1' in line 2"),
        (b"path,label\na.png,1\nb.png,sick\n", "label 'SICK' in line 3"),
        (b"path,label\n\xff\xfe,1\n", "comma-separated values in UTF-8"),
        (b'path,label\n"a.png,1\n', "comma-separated values in UTF-8"),
    ],
)
def test_unusable_tables(tmp_path, content, message):
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    with pytest.raises(CxrEdgeError, match=re.escape(message)):
        labelled_films(table)


def test_tables_of_spreadsheets_are_read(tmp_path):
    (tmp_path / "t.csv").write_bytes("\ufeffPath, Label ,who\r\nü.png, pneumonia,x\r\n".encode())
    assert labelled_films(tmp_path / "t.csv") == [(tmp_path / "ü.png", 1)]


def test_folders_without_labels_are_refused(tmp_path, capsys):
    Image.new("L", (SIDE, SIDE)).save(tmp_path / "film.png")
    assert main(["calibrate", str(tmp_path)]) == 2
    assert "neither NORMAL nor PNEUMONIA" in capsys.readouterr().err
    assert main(["calibrate", str(tmp_path / "missing")]) == 2
    assert "No such file" in capsys.readouterr().err
