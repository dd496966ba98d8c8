"""What must hold of the window, the orientation and the size of any film."""

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from cxr_edge.film.dicom import age_in_years
from cxr_edge.film.grey import window
from cxr_edge.film.preprocess import UNWINDOWED, preprocess

values = arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=40),
                       elements=st.floats(-1e6, 1e6, width=32))  # fmt: skip
films = arrays.arrays(np.uint8, st.tuples(st.integers(32, 70), st.integers(32, 70)))
quick = settings(deadline=None, max_examples=60)


@given(values)
@quick
def test_a_window_keeps_the_order_of_grey_levels(film):
    seen = window(film)
    assert seen.dtype == np.uint8
    order = np.argsort(film, axis=None)
    assert (np.diff(seen.ravel()[order].astype(int)) >= 0).all()


@given(values, st.floats(0.5, 100, width=32), st.floats(-1e4, 1e4, width=32))
@quick
def test_a_window_does_not_care_for_slope_and_intercept(film, slope, intercept):
    film = np.rint(film / 100)  # so that float32 holds the product without error
    changed = (film.astype(np.float64) * slope + intercept).astype(np.float32)
    assert np.abs(window(film).astype(int) - window(changed)).max() <= 2


@given(films, st.integers(1, 8))
@quick
def test_a_film_is_turned_as_its_orientation_says(film, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(film).save(buffer, "PNG", exif=exif)
    turns = {
        1: film, 2: film[:, ::-1], 3: film[::-1, ::-1], 4: film[::-1], 5: film.T, 6: np.rot90(film, -1),
        7: film[::-1, ::-1].T, 8: np.rot90(film),
    }  # fmt: skip
    size = (40, 44)
    assert np.array_equal(
        preprocess(buffer.getvalue(), size), preprocess(np.ascontiguousarray(turns[orientation]), size)
    )


@given(films, st.integers(8, 90), st.integers(8, 90))
@quick
def test_any_film_becomes_the_size_that_is_asked_for_from_black_to_white(film, height, width):
    pixels = preprocess(film, (height, width))
    assert (pixels.shape, pixels.dtype) == ((height, width, 1), np.uint8)
    assert pixels.min() == 0
    assert pixels.max() in (0, 255)  # all black where the film is of one grey level
    unwindowed = preprocess(film, (height, width), version=UNWINDOWED)
    assert film.min() <= unwindowed.min()
    assert unwindowed.max() <= film.max()


@given(films, st.integers(8, 90), st.integers(8, 90), st.sampled_from([2, 16, 257]))
@quick
def test_any_film_and_its_deeper_copy_give_the_same_pixels(film, height, width, factor):
    found, deeper = (preprocess(one, (height, width)).astype(int) for one in (film, film.astype(np.uint16) * factor))
    assert np.abs(found - deeper).max() <= 1  # float32 rounds otherwise at a half


@given(st.text(max_size=6))
def test_an_age_is_read_from_age_strings_alone(text):
    years = age_in_years(text)
    assert years is None or 0 <= years < 1000


@given(st.integers(0, 999), st.sampled_from("DWMY"))
def test_an_age_in_any_unit_becomes_years(number, unit):
    per_year = {"D": 365.25, "W": 365.25 / 7, "M": 12, "Y": 1}[unit]
    assert abs(age_in_years(f"{number:03}{unit}") * per_year - number) < 1e-9
