"""Masks of films, and masks made from a clone of the published set."""

import csv

import numpy as np
import pytest
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.lung_masks import NoMasks, lung_mask, masks_folder
from cxr_edge_train.data.published_masks import MASKS, PublishedMask, main, make_masks, read_table, squashed

FILM = "chest_xray/test/NORMAL/IM-0001-0001.jpeg"
LISTED = PublishedMask("12", "test", "NORMAL", "IM-0001-0001.jpeg")


@pytest.fixture
def clone(tmp_path):
    """Two lungs on 480 × 960 pixels; a tube, which is no lung, between them."""
    pixels = np.zeros((480, 960), np.uint8)
    pixels[96:384, 192:384] = pixels[96:384, 576:768] = 255
    pixels[96:384, 400:500] = 127
    (tmp_path / "clone" / MASKS).mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "clone" / MASKS / "12.png")
    return tmp_path / "clone"


def test_a_made_mask_is_read_at_the_films_size(clone, tmp_path):
    make_masks(clone, tmp_path / "masks", [LISTED])
    with Image.open(tmp_path / "masks/test/NORMAL/IM-0001-0001.png") as stored:
        assert (stored.mode, stored.size) == ("1", (224, 224))
    mask = lung_mask(tmp_path / FILM, tmp_path / "masks", (448, 896))
    assert mask.dtype == bool
    assert mask.shape == (448, 896)
    assert mask[200, 200:340].all()
    assert mask[200, 560:700].all()
    assert not mask[200, 380:520].any()
    assert mask.mean() == pytest.approx(0.24, abs=0.01)


def test_a_film_that_nobody_drew_has_no_mask(tmp_path):
    assert lung_mask(tmp_path / FILM, tmp_path) is None


def test_absent_masks_are_said_with_a_cure(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_EDGE_DATA", str(tmp_path))
    with pytest.raises(NoMasks, match=r"lung_masks: found no such folder; .*published_masks CLONE"):
        masks_folder()
    (tmp_path / "lung_masks").mkdir()
    assert masks_folder() == tmp_path / "lung_masks"


@pytest.mark.parametrize("content", [b"no picture", None], ids=["damaged", "empty"])
def test_what_is_no_mask_is_named(content, tmp_path):
    path = tmp_path / "test/NORMAL/IM-0001-0001.png"
    path.parent.mkdir(parents=True)
    if content:
        path.write_bytes(content)
    else:
        Image.new("1", (224, 224)).save(path)
    with pytest.raises(CxrEdgeError, match=r"IM-0001-0001\.png: found"):
        lung_mask(tmp_path / FILM, tmp_path)


def test_a_clone_that_lacks_masks_leaves_nothing_behind(clone, tmp_path):
    other = PublishedMask("13", "test", "NORMAL", "IM-0003-0001.jpeg")
    with pytest.raises(CxrEdgeError, match=r"no mask for 1 of 2 films \(13\.png\); expected a whole clone"):
        make_masks(clone, tmp_path / "masks", [LISTED, other])
    assert not (tmp_path / "masks").exists()


@pytest.mark.parametrize(("picture", "found"), [(Image.new("L", (400, 400)), "found lung on 0% of it"),
                                                (Image.new("L", (400, 400), 255), "found lung on 100% of it"),
                                                (Image.new("L", (400, 60), 255), "found 400 × 60 pixels")])  # fmt: skip
def test_what_cannot_be_lungs_of_a_film_is_refused(picture, found, tmp_path):
    picture.save(tmp_path / "1.png")
    with pytest.raises(CxrEdgeError, match=found):
        squashed(tmp_path / "1.png")


def test_the_table_names_each_film_and_mask_once():
    table = read_table()
    assert len(table) == 5851
    assert len({mask.number for mask in table}) == len({(m.part, m.label, m.film) for m in table}) == 5851
    assert {(mask.part, mask.label) for mask in table} == {
        (part, label) for part in ("train", "val", "test") for label in ("NORMAL", "PNEUMONIA")
    }


def test_the_command_says_what_a_folder_lacks(tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path / "masks")]) == 2
    assert "found no mask for 5,851 of 5,851 films" in capsys.readouterr().err


def test_the_command_makes_the_masks_of_its_table(clone, tmp_path, monkeypatch, capsys):
    with (tmp_path / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("v7_id", "split", "class", "film"), ("12", "val", "PNEUMONIA", "a.jpeg")])
    table = read_table(tmp_path / "table.csv")
    monkeypatch.setattr("cxr_edge_train.data.published_masks.read_table", lambda: table)
    monkeypatch.setenv("CXR_EDGE_DATA", str(tmp_path))
    assert main([str(clone)]) == 0
    assert (tmp_path / "lung_masks/val/PNEUMONIA/a.png").is_file()
    assert "1 masks" in capsys.readouterr().out


def test_every_film_but_five_has_its_mask(data):
    if not (data / "lung_masks").is_dir():
        pytest.skip("needs lung masks: `python -m cxr_edge_train.data.published_masks`")
    films = sorted((data / "chest_xray").rglob("*.jpeg"))
    without = [film.stem for film in films if lung_mask(film, data / "lung_masks") is None]
    assert without == [*(f"person608_bacteria_{n}" for n in (2471, 2472, 2473)), "person609_bacteria_2474",
                       "person610_bacteria_2475"]  # fmt: skip
