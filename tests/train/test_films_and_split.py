import hashlib

import pytest

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.films import data_folder, labelled, read_labelled
from cxr_edge_train.data.split import read_manifest, split_by_patient, write_manifest


@pytest.mark.parametrize(
    ("name", "label", "series", "patient"),
    [
        ("person12_bacteria_45.jpeg", 1, "bacteria", "bacteria-12"),
        ("person12_virus_46.jpeg", 1, "virus", "virus-12"),
        ("person1_virus_6_2.jpeg", 1, "virus", "virus-1"),
        ("IM-0011-0001-0002.jpeg", 0, "IM", "IM-0011"),
        ("NORMAL2-IM-0011-0001.jpeg", 0, "NORMAL2-IM", "NORMAL2-IM-0011"),
        ("somebody.png", 0, "NORMAL", "somebody"),
    ],
)
def test_the_file_name_carries_the_patient(tmp_path, name, label, series, patient):
    (tmp_path / name).write_bytes(b"x")
    film = labelled(tmp_path / name, label)
    assert (film.series, film.patient) == (series, patient)
    assert film.sha256 == hashlib.sha256(b"x").hexdigest()


@pytest.fixture
def films(tmp_path):
    """100 patients in four series, one to three films each; two patients share a byte-identical film."""
    for folder in ("NORMAL", "PNEUMONIA"):
        (tmp_path / folder).mkdir()
    for n in range(25):
        for copy in range(1 + n % 3):
            for path in (
                f"NORMAL/IM-{n:04}-{copy:04}.jpeg",
                f"NORMAL/NORMAL2-IM-{n:04}-{copy:04}.jpeg",
                f"PNEUMONIA/person{n}_bacteria_{copy}.jpeg",
                f"PNEUMONIA/person{n}_virus_{copy}.jpeg",
            ):
                (tmp_path / path).write_text(path)
    (tmp_path / "NORMAL/IM-0001-0000.jpeg").write_text("the same")
    (tmp_path / "NORMAL/IM-0002-0000.jpeg").write_text("the same")
    return read_labelled(tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_no_patient_and_no_content_on_both_sides(films, seed):
    training, validation = split_by_patient(films, 0.15, seed)
    assert sorted(f.path for f in training + validation) == sorted(f.path for f in films)
    assert not {f.patient for f in training} & {f.patient for f in validation}
    assert not {f.sha256 for f in training} & {f.sha256 for f in validation}
    assert 0.08 < len(validation) / len(films) < 0.24
    for series in ("IM", "NORMAL2-IM", "bacteria", "virus"):
        assert any(f.series == series for f in validation)


def test_the_split_is_seeded(films):
    assert split_by_patient(films, 0.15, 1) == split_by_patient(films, 0.15, 1)
    assert split_by_patient(films, 0.15, 1) != split_by_patient(films, 0.15, 2)


def test_manifest_round_trip_and_check(films, tmp_path):
    training, validation = split_by_patient(films, 0.15, 1)
    path = tmp_path / "manifest.csv"
    digest = write_manifest(path, {"train": training, "validation": validation}, tmp_path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_manifest(path, tmp_path) == {"train": training, "validation": validation}
    training[3].path.write_text("changed")
    with pytest.raises(CxrEdgeError, match=training[3].path.name):
        read_manifest(path, tmp_path)


def test_missing_films_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.delenv("CXR_EDGE_DATA", raising=False)
    with pytest.raises(CxrEdgeError, match="kaggle datasets download"):
        data_folder()
    with pytest.raises(CxrEdgeError, match="found no films in NORMAL/"):
        read_labelled(tmp_path)


def test_the_real_split(data):
    films = read_labelled(data / "chest_xray/train")
    training, validation = split_by_patient(films, 0.15, 1)
    assert not {f.patient for f in training} & {f.patient for f in validation}
    share = [sum(f.label for f in part) / len(part) for part in (training, validation)]
    assert abs(share[0] - share[1]) < 0.02


def test_the_folds_leave_every_film_out_once(films):
    parts = [split_by_patient(films, 0.2, 1, fold)[1] for fold in range(5)]
    assert sorted(f.path for part in parts for f in part) == sorted(f.path for f in films)
    with pytest.raises(CxrEdgeError, match="expected one from 0 to 4"):
        split_by_patient(films, 0.2, 1, 5)


def test_class_folders_may_be_in_lower_case_and_hold_folders(tmp_path):
    for name in ("Pneumonia/b.png", "normal/2019/z.png", "normal/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = [(film.path.relative_to(tmp_path).as_posix(), film.label) for film in read_labelled(tmp_path)]
    assert found == [("normal/2019/z.png", 0), ("normal/a.png", 0), ("Pneumonia/b.png", 1)]


def test_a_film_outside_the_class_folders_is_not_passed_over(tmp_path):
    for name in ("PNEUMONIA/b.png", "NORMAL/a.png", "stray.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with pytest.raises(CxrEdgeError, match=r"stray\.png: found neither NORMAL nor PNEUMONIA among its folders"):
        read_labelled(tmp_path)
