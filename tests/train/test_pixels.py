"""Films at several sizes from one decoding: the same pixels as one at a time, to the bit."""

import numpy as np
import pytest

from cxr_edge import UnreadableFilm
from cxr_edge.film.preprocess import preprocess
from cxr_edge_train.data import pixels
from cxr_edge_train.data.films import labelled
from cxr_edge_train.data.phantom import Phantom, draw
from cxr_edge_train.data.pixels import at_sizes, load_at_sizes, load_pixels

FILM = draw(Phantom(3), 900)
SIZES = ((64, 64), (112, 96), (160, 160), (224, 224))


@pytest.fixture
def decodings(monkeypatch):
    """How often a picture was decoded."""
    counted, original = [], pixels.open_film

    def count(*arguments):
        counted.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(pixels, "open_film", count)
    return counted


@pytest.mark.parametrize("side", [100, 224, 400, 447, 448, 640, 900])
@pytest.mark.parametrize("suffix", ["jpeg", "png"])
def test_pixels_are_those_of_preprocess(side, suffix, tmp_path):
    film = tmp_path / f"film.{suffix}"
    FILM.resize((side, side + 37)).save(film)
    for one, size in zip(at_sizes(film, SIZES), SIZES, strict=True):
        assert np.array_equal(one, preprocess(film, size))


def test_a_film_is_decoded_once_unless_a_jpeg_is_reduced_differently(tmp_path, decodings):
    FILM.resize((224, 224)).save(tmp_path / "copy.jpeg")
    at_sizes(tmp_path / "copy.jpeg", ((160, 160), (224, 224)))
    assert len(decodings) == 1
    FILM.save(tmp_path / "whole.png")
    at_sizes(tmp_path / "whole.png", ((64, 64), (224, 224)))
    assert len(decodings) == 2
    FILM.save(tmp_path / "whole.jpeg")  # at a quarter for 64 pixels, a half for 224
    at_sizes(tmp_path / "whole.jpeg", ((64, 64), (224, 224), (220, 220)))
    assert len(decodings) == 4


def test_many_films_are_stacked(tmp_path):
    for seed in range(3):
        draw(Phantom(seed), 120).save(tmp_path / f"{seed}.png")
    films = [labelled(path, 0) for path in sorted(tmp_path.iterdir())]
    small, large = load_at_sizes(films, ((32, 32), (40, 48)), "films")
    assert np.array_equal(small, load_pixels(films, (32, 32), "films"))
    assert np.array_equal(large, load_pixels(films, (40, 48), "films"))


def test_a_film_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "half.jpeg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    with pytest.raises(UnreadableFilm, match=r"half\.jpeg: found"):
        at_sizes(tmp_path / "half.jpeg", SIZES)
