import io

import numpy as np
import pytest
from PIL import Image

from cxr_edge import UnreadableFilm
from cxr_edge.film.grey import percentiles, window
from cxr_edge.film.preprocess import UNWINDOWED, preprocess
from cxr_edge.film.source import Limits
from helpers import encoded

SIZE = (48, 64)


@pytest.fixture
def expected(gradient):
    return preprocess(gradient, SIZE)


def close(a, b, levels=2):
    return np.abs(a.astype(int) - b.astype(int)).max() <= levels


def test_shape_type_and_orientation(expected, gradient):
    assert expected.shape == (*SIZE, 1)
    assert expected.dtype == np.uint8
    assert expected[0, -1, 0] > 240  # white stays white, and stays where it was
    assert expected[:, 0].max() < 10


def test_every_way_to_hand_over_a_film_gives_the_same_pixels(tmp_path, gradient, expected):
    image = Image.fromarray(gradient)
    data = encoded(image, "PNG")
    path = tmp_path / "film.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        for film in (path, str(path), data, io.BytesIO(data), file, image, gradient, gradient[..., None]):
            assert np.array_equal(preprocess(film, SIZE), expected), type(film)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "PA", "CMYK", "YCbCr"])
def test_8_bit_modes_agree(gradient, expected, mode):
    image = Image.fromarray(gradient)
    converted = image.convert("P", palette=Image.Palette.ADAPTIVE) if mode == "P" else None
    converted = converted or (image.convert("LA").convert("RGBA") if mode == "PA" else image.convert(mode))
    assert close(preprocess(converted, SIZE), expected)


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("JPEG", "CMYK"),
        ("JPEG", "RGB"),
        ("TIFF", "CMYK"),
        ("WEBP", "RGBA"),
        ("BMP", "P"),
        ("PNG", "LA"),
        ("TIFF", "RGBA"),
    ],
)
def test_colour_files_agree(gradient, expected, format, mode):
    image = Image.fromarray(gradient).convert(mode)
    options = {"quality": 100} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    assert close(preprocess(encoded(image, format, **options), SIZE), expected, levels=4)


def test_1_bit(gradient):
    bits = Image.fromarray(gradient).point(lambda v: 255 * (v > 127)).convert("1")
    assert np.array_equal(preprocess(encoded(bits, "PNG"), SIZE), preprocess(bits.convert("L"), SIZE))


def test_palette_with_transparency_and_alpha_lie_over_black(gradient):
    alpha = np.full_like(gradient, 255)
    alpha[:, 64:] = 0
    image = Image.fromarray(np.dstack([gradient, alpha]))
    found = preprocess(image, SIZE, version=UNWINDOWED)  # black in half of the film moves its window
    assert found[:, 34:].max() == 0
    assert close(found[:, :30], preprocess(gradient, SIZE, version=UNWINDOWED)[:, :30])


@pytest.mark.parametrize("factor", [1, 16, 257])
def test_a_film_gives_the_same_pixels_whatever_depth_it_is_stored_in(factor):
    film = np.random.default_rng(0).integers(60, 180, (96, 128), np.uint8)
    film[20:60, 30:90] //= 2
    deep = film.astype(np.uint16) * factor
    found, expected = preprocess(deep, SIZE), preprocess(film, SIZE)
    assert np.array_equal(found, expected)
    assert (np.percentile(expected, 0.4), np.percentile(expected, 99.6)) == (0, 255)


def test_version_1_leaves_8_bits_as_they_are(gradient):
    flat = np.full((96, 128), 77, np.uint8)
    assert np.unique(preprocess(flat, SIZE, version=UNWINDOWED)).tolist() == [77]
    assert preprocess(flat, SIZE).max() == 0
    deep = gradient.astype(np.uint16) * 257
    assert np.array_equal(preprocess(deep, SIZE, version=UNWINDOWED), preprocess(deep, SIZE))


@pytest.mark.parametrize("values", [np.arange(7.0), np.array([3, 3, 3, 9], np.uint8), np.ones(5), np.array([4.0])])
def test_the_window_is_that_of_numpys_percentiles(values):
    low, high = np.percentile(values, (0.5, 99.5))
    expected = np.rint(np.clip((values - low) * 255 / (high - low), 0, 255)) if high > low else np.zeros(len(values))
    assert np.abs(window(values) - expected).max() <= 1
    assert percentiles(values, 5, 50, 95) == pytest.approx(np.percentile(values, (5, 50, 95)))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_more_than_8_bits_are_windowed(gradient, format, bits):
    deep = gradient.astype(np.uint16) * ((2**bits - 1) // 255)
    data = encoded(Image.fromarray(deep), format)
    assert np.array_equal(preprocess(data, SIZE), preprocess(deep, SIZE))
    small = preprocess(gradient.astype(np.float32), SIZE)
    assert close(preprocess(deep, SIZE), small)
    assert preprocess(deep, SIZE).min() == 0
    assert preprocess(deep, SIZE).max() == 255


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.float16, np.float32, np.float64])
def test_arrays_of_more_than_8_bits_agree(gradient, dtype):
    assert close(preprocess(gradient.astype(dtype), SIZE), preprocess(gradient.astype(np.uint16), SIZE))


def test_float_tiff(gradient):
    values = gradient.astype(np.float32) / 255 - 3
    data = encoded(Image.fromarray(values), "TIFF")
    assert np.array_equal(preprocess(data, SIZE), preprocess(values, SIZE))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_in_which_white_is_zero_is_not_inverted(gradient, dtype):
    film = gradient.astype(dtype)
    inverted = Image.fromarray(np.iinfo(dtype).max - film if dtype == np.uint8 else 255 - film)
    data = bytearray(encoded(inverted, "TIFF"))
    entry = data.index(b"\x06\x01\x03\x00\x01\x00\x00\x00")  # PhotometricInterpretation, SHORT, 1 value
    assert data[entry + 8] == 1
    data[entry + 8] = 0
    assert close(preprocess(bytes(data), SIZE), preprocess(film, SIZE))


def test_windowing_is_by_percentiles():
    values = np.arange(1001, dtype=np.float32).reshape(13, 77)
    windowed = window(values)
    assert (windowed == 0).sum() == pytest.approx(1001 * 0.005, abs=3)
    assert (windowed == 255).sum() == pytest.approx(1001 * 0.005, abs=3)
    assert windowed.ravel()[500] in (127, 128)
    assert not window(np.full((5, 5), 7, np.float32)).any()


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.full((64, 64), np.nan), "not finite"),
        (np.full((64, 64), np.inf, np.float32), "not finite"),
        (np.full((64, 64), 1e300), "not finite"),
        (np.zeros((64, 64), bool), "bool"),
        (np.zeros((64, 64), np.int64), "int64"),
        (np.zeros((64, 64), complex), "complex"),
        (np.full((64, 64), "a"), "U1"),
        (np.zeros(64, np.uint8), r"uint8 \[64\]"),
        (np.zeros((64, 64, 2), np.uint8), r"uint8 \[64, 64, 2\]"),
        (np.zeros((64, 64, 3), np.float32), r"float32 \[64, 64, 3\]"),
        (np.zeros((2, 64, 64, 1), np.uint8), r"\[2, 64, 64, 1\]"),
        (np.zeros((0, 0), np.uint8), "0 × 0"),
        (np.zeros((1, 1), np.uint8), "1 × 1"),
    ],
)
def test_arrays_that_are_no_films(array, found):
    with pytest.raises(UnreadableFilm, match=found):
        preprocess(array, SIZE)


@pytest.mark.parametrize("film", [None, 3, ["a.png"], object()])
def test_other_objects_are_no_films(film):
    with pytest.raises(UnreadableFilm, match="an object of type"):
        preprocess(film, SIZE)


def test_limits_hold_for_pictures_and_arrays(gradient):
    strict = Limits(max_pixels=5000)
    for film in (gradient, Image.fromarray(gradient), encoded(Image.fromarray(gradient), "PNG")):
        with pytest.raises(UnreadableFilm, match="at most 5,000 pixels"):
            preprocess(film, SIZE, strict)


def test_a_callers_image_is_left_as_it_was(gradient):
    image = Image.fromarray(gradient)
    image.getexif()[0x0112] = 6
    turned = preprocess(image, SIZE)
    assert image.size == (128, 96)
    assert np.array_equal(turned, preprocess(np.rot90(gradient, -1), SIZE))


def test_reduced_decoding_changes_little(gradient):
    large = Image.fromarray(gradient).resize((1600, 1200), Image.Resampling.BICUBIC)
    assert close(preprocess(encoded(large, "JPEG", quality=95), SIZE), preprocess(large, SIZE), levels=4)
