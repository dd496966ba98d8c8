import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cxr_edge.film.preprocess import open_film
from cxr_edge.film.source import Limits
from cxr_edge.quality import QualityLimits, of_pixels
from cxr_edge.store import SAMPLES
from helpers import encoded

SIZE = (64, 64)
LIMITS = QualityLimits(("upright", "inverted", "lateral"), 0.5, (60.0, 190.0), 70.0, {})
UPRIGHT = np.array([0.8, 0.1, 0.1], np.float32)
RAMP = np.linspace(20, 230, 64 * 64).reshape(64, 64, 1).astype(np.uint8)


def doubts(film):
    return open_film(film, SIZE, Limits()).doubts


def colour(shift, side=200, mode="RGB"):
    """A gradient downwards whose left half is red and whose right half is blue."""
    grey = np.asarray(Image.linear_gradient("L").resize((side, side)), np.int16)
    red = np.repeat([shift, -shift], side // 2)
    return Image.fromarray(np.stack([grey + red, grey, grey - red], 2).clip(0, 255).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_a_colour_photograph_is_seen_in_every_format(format):
    assert doubts(encoded(colour(40), format)) == ("colour-photograph",)
    assert doubts(encoded(colour(0), format)) == ()


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "YCbCr"])
def test_a_colour_photograph_is_seen_in_every_mode(mode):
    assert doubts(colour(40, mode=mode)) == ("colour-photograph",)


@pytest.mark.parametrize("quality", [60, 90])
def test_a_tinted_film_is_no_colour_photograph(quality):
    film = np.asarray(Image.open(SAMPLES / "drawn_clear.png").convert("L"))
    levels = np.arange(256)
    blue = np.stack([levels * 0.7, levels * 0.8, levels * 0.7 + 70], 1)
    purple_to_yellow = np.stack([68 + levels * 0.7, levels * 0.9, 120 - levels * 0.35], 1)
    for table in (blue, purple_to_yellow):
        assert doubts(encoded(Image.fromarray(table.astype(np.uint8)[film]), "JPEG", quality=quality)) == ()


def test_colours_behind_transparency_do_not_count():
    film = np.zeros((200, 200, 4), np.uint8)
    film[..., :3] = np.random.default_rng(0).integers(0, 256, (200, 200, 3))
    assert doubts(film) == ()
    film[..., 3] = 255
    assert doubts(film) == ("colour-photograph",)


def test_no_number_is_not_trusted():
    assert of_pixels(RAMP, np.full(3, np.nan, np.float32), LIMITS) == ("inverted",)


def test_a_coloured_marker_is_no_colour_photograph():
    film = np.asarray(colour(0)).copy()
    film[10:40, 10:50] = (255, 0, 0)
    assert doubts(film) == ()
    assert doubts(np.asarray(colour(40))) == ("colour-photograph",)


def test_the_luma_of_a_colour_jpeg_is_read_as_it_was_coded():
    data = encoded(colour(40), "JPEG", quality=90)
    grey = np.asarray(open_film(data, SIZE, Limits()).grey)
    coded = Image.open(io.BytesIO(data))
    coded.draft("L", None)
    assert np.array_equal(grey, np.asarray(coded))


@pytest.mark.parametrize(("shape", "small"), [((63, 64), True), ((64, 63), True), ((64, 64), False)])
def test_a_film_that_would_have_to_be_enlarged_is_too_small(shape, small):
    film = np.tile(np.linspace(0, 255, shape[1]).astype(np.uint8), (shape[0], 1))
    assert doubts(film) == (("too-small",) if small else ())
    assert doubts(encoded(Image.fromarray(film), "PNG")) == (("too-small",) if small else ())
    assert doubts(film.astype(np.uint16) * 257) == (("too-small",) if small else ())


@pytest.mark.parametrize(
    ("pixels", "codes"),
    [
        (RAMP, ()),
        (RAMP // 3, ("over-exposed", "low-contrast")),
        (RAMP // 2, ()),
        (RAMP // 20 * 9, ("over-exposed",)),
        (255 - RAMP // 20 * 9, ("under-exposed",)),
        (255 - RAMP // 3, ("under-exposed", "low-contrast")),
        (100 + RAMP // 5, ("low-contrast",)),
    ],
)
def test_exposure(pixels, codes):
    assert of_pixels(pixels, UPRIGHT, LIMITS) == codes


@pytest.mark.parametrize(
    ("view", "codes"), [((0.5, 0.4, 0.1), ()), ((0.49, 0.5, 0.01), ("inverted",)), ((0.3, 0.3, 0.4), ("lateral",))]
)
def test_the_likeliest_other_kind_is_the_reason(view, codes):
    assert of_pixels(RAMP, np.array(view, np.float32), LIMITS) == codes


def test_limits_survive_json():
    limits = replace(LIMITS, flagged={"test": {"value": 0.1, "low": 0.0, "high": 0.2}})
    assert QualityLimits.from_dict(json.loads(json.dumps(limits.__dict__))) == limits


OF_AGES = replace(LIMITS, kinds=("upright", "inverted", "lateral", "adult"), adult=0.9)


@pytest.mark.parametrize(
    ("view", "codes"),
    [
        ((0.9, 0.05, 0.0, 0.05), ()),
        ((0.05, 0.0, 0.0, 0.95), ("adult",)),
        ((0.04, 0.1, 0.3, 0.56), ("adult",)),
        ((0.1, 0.0, 0.0, 0.8), ()),  # of what is upright, less than 0.9 is an adult's
        ((0.1, 0.2, 0.5, 0.2), ("lateral",)),
        ((0.0, 0.6, 0.0, 0.4), ("inverted",)),
    ],
)
def test_an_adult_is_upright_and_called_so(view, codes):
    assert of_pixels(RAMP, np.array(view, np.float32), OF_AGES) == codes


OF_LUNGS = replace(LIMITS, least_lung=0.1, lung_at_edge=0.6)
LUNGS = np.zeros((6, 6), np.float32)
LUNGS[1:5, 1:5] = 0.9


def test_lungs_within_the_film_are_fine():
    assert of_pixels(RAMP, UPRIGHT, OF_LUNGS, LUNGS) == ()


@pytest.mark.parametrize("edge", [np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]])
def test_lungs_along_any_edge_are_cut(edge):
    cut = LUNGS.copy()
    cut[edge] = 0.7
    assert of_pixels(RAMP, UPRIGHT, OF_LUNGS, cut) == ("cropped",)


@pytest.mark.parametrize("lungs", [np.full((6, 6), 0.05, np.float32), np.full((6, 6), np.nan, np.float32)])
def test_a_film_without_lungs_says_so(lungs):
    assert of_pixels(RAMP, UPRIGHT, OF_LUNGS, lungs) == ("no-lungs",)


def test_limits_of_older_models_know_neither_adults_nor_lungs():
    older = {"kinds": ["upright"], "upright": 0.5, "mean": [1, 2], "contrast": 3.0, "flagged": {}}
    assert QualityLimits.from_dict(older) == QualityLimits(("upright",), 0.5, (1.0, 2.0), 3.0, {})


def test_lungs_are_looked_for_in_upright_films_only():
    on_its_side = np.array([0.1, 0.2, 0.7], np.float32)
    assert of_pixels(RAMP, on_its_side, OF_LUNGS, np.zeros((6, 6), np.float32)) == ("lateral",)
