"""False colours: told from tints, from coloured marks on a grey film, and from photographs of the world."""

import io

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.film.appearance import SCALES, doubts_of_colour
from cxr_edge.film.folder import films_in
from cxr_edge.quality import RETAKE
from cxr_edge.store import SAMPLES
from helpers import encoded

PHANTOMS = {path.stem: np.asarray(Image.open(path).convert("L")) for path in sorted(SAMPLES.glob("*.png"))}
x = np.linspace(0, 1, 256)


def table(*channels):
    """256 colours, uint8 [256, 3], of red, green and blue in 0…1."""
    return np.rint(255 * np.clip(np.stack(channels, 1), 0, 1)).astype(np.uint8)


def between(colours):
    """256 colours along those of a published scale."""
    corners = np.array([list(bytes.fromhex(colour)) for colour in colours.split()]) / 255
    return table(*(np.interp(x, np.linspace(0, 1, len(corners)), channel) for channel in corners.T))


FALSE = {  # every thirteenth of viridis and turbo, and the formulas of the others
    "viridis": between("440154 481f70 443983 3b528b 31688e 287c8e 21918c 20a486 35b779 5ec962 90d743 c8e020 fde725"),
    "turbo": between("30123b 434eba 4685fa 28bceb 1ae4b6 55fa76 a4fc3c d9e436 faba39 fb7e21 e4450a b91e02 7a0403"),
    "jet": table(*(1.5 - np.abs(4 * x - middle) for middle in (3, 2, 1))),
    "hot": table(x * 8 / 3, x * 8 / 3 - 1, 4 * x - 3),
    "hsv": table(*(2 - np.abs(6 * x - middle) for middle in (6, 2, 4))) | table(2 - 6 * x, 0 * x, 0 * x),
    "afmhot, which is not listed": table(2 * x, 2 * x - 0.5, 2 * x - 1),
}
TINTED = {
    "blue base": table(0.7 * x, 0.8 * x, 0.7 * x + 0.27),
    "sepia": table(1.35 * x, 1.2 * x, 0.94 * x),
    "cold": table(x**1.15, x, x**0.87),
    "warm": table(x**0.87, x, x**1.15),
    "over-exposed light box": table(1.02 * x, 1.12 * x, 1.25 * x + 0.03),
    "cyanotype": table(x**1.5, 0.12 + 0.86 * x, 0.3 + 0.68 * x**0.8),
    "bone": table(*(7 * x / 8 + np.clip(3 * x - start, 0, 1) / 8 for start in (2, 1, 0))),
    "copper": table(1.25 * x, 0.78 * x, 0.5 * x),
}


def stored(picture, how):
    if how == "palette":
        return encoded(picture.quantize(256), "PNG")
    return encoded(picture, "PNG") if how == "PNG" else encoded(picture, "JPEG", quality=how)


def found(data):
    return doubts_of_colour(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("how", ["PNG", "palette", 95, 75])
@pytest.mark.parametrize("scale", FALSE)
def test_phantoms_in_false_colours_are_marked(scale, how):
    for name, grey in PHANTOMS.items():
        for colours in (FALSE[scale], FALSE[scale][::-1]):
            assert found(stored(Image.fromarray(colours[grey]), how)) == ("false-colour",), name


@pytest.mark.parametrize("scale", ["viridis", "jet", "hot", "turbo", "hsv"])
def test_a_film_in_false_colours_is_to_be_retaken(scale):
    assert "false-colour" in RETAKE
    classifier = Classifier.load()
    for grey in PHANTOMS.values():
        prediction = classifier.predict(stored(Image.fromarray(FALSE[scale][grey]), 90))
        assert "false-colour" in prediction.quality
        assert "colour-photograph" not in prediction.quality
        assert prediction.decision == "retake"


@pytest.mark.parametrize("how", ["PNG", "palette", 95, 75])
@pytest.mark.parametrize("tint", TINTED)
def test_a_tinted_film_is_a_film(tint, how):
    for name, grey in PHANTOMS.items():
        assert found(stored(Image.fromarray(TINTED[tint][grey]), how)) == (), name


@pytest.mark.parametrize("share", [0.03, 0.1, 0.2])
def test_a_grey_film_with_a_coloured_banner_is_a_film(share):
    for grey in PHANTOMS.values():
        for colour in ((255, 0, 0), (255, 255, 0), (0, 0, 255)):
            film = np.repeat(grey[..., None], 3, axis=2)
            film[: int(share * len(film))] = colour
            assert found(stored(Image.fromarray(film), 90)) == ()


def test_plain_colours_have_no_scale():
    for colour in ("black", "white", "grey", "blue", "#21918c"):
        assert found(stored(Image.new("RGB", (200, 200), colour), "PNG")) == ()


def test_photographs_of_the_world_are_no_false_colours():
    datasets = pytest.importorskip("sklearn.datasets")
    for photograph in datasets.load_sample_images().images:
        for how in ("PNG", 75):
            assert found(stored(Image.fromarray(photograph), how)) == ("colour-photograph",)


@pytest.mark.parametrize("name", SCALES)
def test_the_listed_corners_are_those_of_matplotlib(name):
    colormaps = pytest.importorskip("matplotlib").colormaps
    published = colormaps[name](x)[:, :3] * 255
    corners = np.array([list(bytes.fromhex(colour)) for colour in SCALES[name].split()], float)
    start, step = corners[:-1], np.diff(corners, axis=0)
    beside = published[:, None] - start
    along = np.clip((beside * step).sum(2) / (step * step).sum(1), 0, 1)
    distance = np.linalg.norm(beside - along[..., None] * step, axis=2).min(axis=1)
    assert distance.max() < 13


def test_real_films_in_false_colours_are_told_from_real_films(data):
    """Of films that no bound was chosen on."""
    films = films_in(data / "chest_xray/test")[::24]
    marked = dict.fromkeys(FALSE, 0)
    for path in films:
        with Image.open(path) as film:
            assert doubts_of_colour(film) == ()
            grey = np.asarray(film.convert("L"))
        for name, colours in FALSE.items():
            marked[name] += found(stored(Image.fromarray(colours[grey]), 75)) == ("false-colour",)
        for colours in TINTED.values():
            assert found(stored(Image.fromarray(colours[grey]), 75)) == ()
    assert min(marked.values()) >= 0.95 * len(films), marked


@pytest.mark.parametrize("folder", ["external_rsna", "external_nih", "adult_nih"])
def test_films_of_other_hospitals_are_grey(data, folder):
    for path in films_in(data / folder):
        with Image.open(path) as film:
            assert doubts_of_colour(film) == (), path
