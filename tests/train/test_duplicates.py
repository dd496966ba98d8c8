from PIL import Image

from cxr_edge.film.folder import films_in
from cxr_edge_train.data.duplicates import crossings
from cxr_edge_train.data.films import labelled
from cxr_edge_train.data.phantom import Phantom, draw


def write(folder, name, image, **options):
    (folder / "NORMAL").mkdir(parents=True, exist_ok=True)
    image.save(folder / "NORMAL" / name, **options)


def test_patients_copies_and_near_copies_are_found(tmp_path):
    films = [draw(Phantom(seed), 224) for seed in range(6)]
    one, two = tmp_path / "one", tmp_path / "two"
    for number in range(4):
        write(one, f"IM-{number:04}-0001.png", films[number])
    write(two, "IM-0001-0002.png", films[4].rotate(90))  # the patient of one of them, another film
    write(two, "NORMAL2-IM-0009-0001.png", films[2])  # byte for byte the same
    smaller = films[3].crop((3, 3, 221, 221)).resize((180, 180), Image.Resampling.BILINEAR)
    write(two, "NORMAL2-IM-0010-0001.jpeg", smaller, quality=40)
    (crossing,) = crossings({part.name: [labelled(path, 0) for path in films_in(part)] for part in (one, two)})
    assert crossing.parts == ("one", "two")
    assert crossing.patients == ["IM-0001"]
    assert crossing.identical == ["NORMAL2-IM-0009-0001.png"]
    assert {(second, first) for second, first, _ in crossing.alike} == {
        ("NORMAL2-IM-0009-0001.png", "IM-0002-0001.png"),
        ("NORMAL2-IM-0010-0001.jpeg", "IM-0003-0001.png"),
    }
