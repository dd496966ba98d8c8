"""The grey levels that the viewer is sent: the film's own, bone white, upright."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("pydicom")
from pydicom.dataset import Dataset

from cxr_edge import UnreadableFilm
from cxr_edge.film.source import Limits
from cxr_edge_demo.viewer.shown_film import MOST_SIDE, shown_film
from dicom_film import dicom
from helpers import encoded

DEEP = np.random.default_rng(3).integers(0, 4096, (60, 80), np.uint16)


def read(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def values(film):
    return film.slope * film.levels.astype(float) + film.offset


def test_a_picture_of_8_bits_is_sent_as_it_is(gradient):
    film = shown_film(encoded(Image.fromarray(gradient), "PNG"))
    assert film.bits == 8
    assert np.array_equal(read(film.png()), gradient)
    assert (film.windows[0].centre, film.windows[0].width) == (128, 256)  # black is 0 and white 255
    jpeg = encoded(Image.fromarray(gradient), "JPEG", quality=90)
    assert np.array_equal(shown_film(jpeg).levels, Image.open(io.BytesIO(jpeg)))


def test_a_picture_of_16_bits_keeps_them():
    film = shown_film(encoded(Image.fromarray(DEEP * 16), "PNG"))
    assert film.bits == 16
    assert np.array_equal(read(film.png()), DEEP * 16)
    assert np.array_equal(values(film), DEEP * 16)


def test_exif_orientation_turns_the_film(gradient):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    film = shown_film(encoded(Image.fromarray(gradient), "PNG", exif=exif))
    assert np.array_equal(film.levels, np.rot90(gradient, -1))
    assert film.size == gradient.shape


def test_a_dicom_keeps_12_bits_and_its_windows():
    film = shown_film(dicom(DEEP, bits=12, WindowCenter=[2000, 900], WindowWidth=[3000, 400]))
    assert film.bits == 12
    assert np.array_equal(read(film.png()), DEEP)
    assert [(w.centre, w.width) for w in film.windows[:2]] == [(2000, 3000), (900, 400)]
    low, high = np.percentile(DEEP, [0.5, 99.5])
    network = shown_film(dicom(DEEP, bits=12)).windows[0]  # without one, as the network sees it
    assert network.centre - network.width / 2 == pytest.approx(low, abs=1)
    assert network.centre + network.width / 2 == pytest.approx(high + 1, abs=1)


def test_monochrome1_is_bone_white():
    film = shown_film(dicom(DEEP, bits=12, PhotometricInterpretation="MONOCHROME1"))
    assert film.inverted
    assert np.array_equal(film.levels, DEEP.max() - DEEP)
    assert np.array_equal(values(film), DEEP)  # windows are in its own units
    shallow = (DEEP >> 4).astype(np.uint8)
    assert np.array_equal(shown_film(dicom(shallow, PhotometricInterpretation="MONOCHROME1")).levels, 255 - shallow)


def test_a_modality_lut_that_is_not_whole_keeps_every_step():
    film = shown_film(dicom(DEEP, bits=12, RescaleSlope=0.37, RescaleIntercept=-12.5))
    assert np.array_equal(film.levels, DEEP)
    assert values(film) == pytest.approx(DEEP * 0.37 - 12.5)
    falling = shown_film(dicom(DEEP, bits=12, RescaleSlope=-2, RescaleIntercept=100))
    assert values(falling) == pytest.approx(100 - 2.0 * DEEP)


def test_signed_pixels_keep_every_step():
    signed = DEEP.astype(np.int16) - 2048
    film = shown_film(dicom(signed, bits=12))
    assert film.levels.dtype == np.uint16
    assert np.array_equal(values(film), signed)


def test_a_modality_lut_as_a_table_is_applied():
    table = Dataset()
    curve = (np.linspace(0, 1, 4096) ** 2 * 65535).astype(np.uint16)
    table.LUTDescriptor, table.LUTData = [4096, 0, 16], curve.tobytes()
    table["LUTData"].VR, table["LUTDescriptor"].VR = "OW", "US"
    assert np.array_equal(shown_film(dicom(DEEP, bits=12, ModalityLUTSequence=[table])).levels, curve[DEEP])


def test_a_large_film_is_made_smaller():
    tall = np.tile(np.arange(5000, dtype=np.uint32).astype(np.uint16)[:, None] * 13, (1, 1000))
    film = shown_film(encoded(Image.fromarray(tall), "PNG"))
    assert film.full_size == (1000, 5000)
    assert film.size == (round(1000 * MOST_SIDE / 5000), MOST_SIDE)
    assert film.levels.dtype == np.uint16
    rows = np.arange(MOST_SIDE) * 5000 / MOST_SIDE * 13
    assert np.abs(film.levels[:, 0] - rows).max() < 20  # a pixel and a half


@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": "", "WindowWidth": ""},
        {"WindowCenter": 100, "WindowWidth": 0},
        {"WindowCenter": 100, "WindowWidth": 50, "VOILUTFunction": "SOMETHING"},
        {"VOILUTSequence": [Dataset()]},
    ],
)
def test_a_window_that_makes_no_sense_is_left_out(tags):
    assert len(shown_film(dicom(DEEP, bits=12, **tags)).windows) == 2


@pytest.mark.parametrize("descriptor", [[10**8, 0, 12], [4096, 0, 4000], [4096, 0, 0]])
def test_a_table_that_claims_too_much_is_left_out_and_fills_no_memory(descriptor):
    table = Dataset()
    table.LUTDescriptor, table.LUTData = descriptor, bytes(8192)
    table["LUTData"].VR, table["LUTDescriptor"].VR = "OW", "UL"
    film = dicom(DEEP, bits=12, VOILUTSequence=[table])
    tracemalloc.start()
    try:
        assert len(shown_film(film).windows) == 2
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_what_is_no_film_is_refused():
    with pytest.raises(UnreadableFilm):
        shown_film(b"text")
    with pytest.raises(UnreadableFilm, match="found 80 × 60 pixels"):
        shown_film(dicom(DEEP, bits=12), Limits(max_pixels=1000))
