"""What the canvas shows: the film's own pixels at 100 %, and windows as pydicom has them."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
pydicom = pytest.importorskip("pydicom")
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing

from cxr_edge.store import SAMPLES
from dicom_film import dicom
from viewer_page import VIEWER, film_at_100, open_viewer, shown, state, token_of

PHANTOM = np.asarray(Image.open(SAMPLES / "drawn_opacity_both.png").convert("L"))
NOISE = np.random.default_rng(1).integers(-8, 9, PHANTOM.shape)
DEEP = np.clip(PHANTOM.astype(int) * 16 + NOISE, 0, 4095).astype(np.uint16)  # 12 bits
SIZE = PHANTOM.shape[::-1]


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def view(new_page, server, tmp_path):
    def opened(name, data, attributes="", **options):
        return open_viewer(new_page(**options), server, token_of(server, tmp_path / name, data), attributes)

    return opened


def by_pydicom(data, apply=apply_windowing):
    """Levels 0…255 that pydicom has for a DICOM object; MONOCHROME1 turned bone white."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    values = apply_modality_lut(dataset.pixel_array, dataset)
    seen = apply(values, dataset).astype(float)
    low, high = (0, 2**dataset.BitsStored - 1) if dataset.PixelRepresentation == 0 else (-2048, 2047)
    if "RescaleSlope" in dataset:
        low, high = (float(dataset.RescaleSlope) * end + float(dataset.RescaleIntercept) for end in (low, high))
    levels = 255 * (seen - low) / (high - low)
    return 255 - levels if dataset.PhotometricInterpretation == "MONOCHROME1" else levels


@pytest.mark.parametrize("ratio", [1, 2])
def test_at_100_percent_the_canvas_shows_the_films_own_pixels(view, ratio):
    data = (SAMPLES / "drawn_opacity_both.png").read_bytes()
    page = view("film.png", data, device_scale_factor=ratio)
    assert np.array_equal(film_at_100(page, SIZE), PHANTOM)
    assert state(page)["screen"]["width"] == 900 * ratio  # a pixel of the canvas is one of the screen


def test_a_jpeg_at_100_percent_moved_to_a_corner(view, data):
    path = next((data / "full_resolution" / "PNEUMONIA").glob("*.jpeg"))
    film = np.asarray(Image.open(path).convert("L"))
    page = view("film.jpg", path.read_bytes(), device_scale_factor=1)
    page.evaluate(f"{VIEWER}.setZoom(1)")
    page.evaluate(f"{VIEWER}.changeView((view) => view.pan(5000.4, 5000.4))")
    picture = shown(page)
    height, width = min(picture.shape[0], film.shape[0]), min(picture.shape[1], film.shape[1])
    top, left = (max(0, (picture.shape[i] - film.shape[i]) // 2) for i in (0, 1))
    if picture.shape[0] <= film.shape[0] and picture.shape[1] <= film.shape[1]:
        assert (top, left) == (0, 0)
    assert np.array_equal(picture[top : top + height, left : left + width, 0], film[:height, :width])


def test_from_400_percent_every_pixel_is_a_sharp_square(view):
    page = view("film.png", (SAMPLES / "drawn_opacity_both.png").read_bytes())
    page.evaluate(f"{VIEWER}.setZoom(4)")
    picture, origin = shown(page)[..., 0], state(page)["origin"]
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    assert np.array_equal(picture, PHANTOM[(y - origin["y"]) // 4, (x - origin["x"]) // 4])


def test_a_film_that_is_zoomed_out_is_averaged(view):
    checks = (np.indices((1024, 1024)).sum(0) % 2 * 255).astype(np.uint8)
    page = view("film.png", _png(checks))
    assert state(page)["zoom"] < 0.6
    picture = shown(page)
    seen = picture[picture[..., 3] == 255][:, 0].astype(int)
    assert len(seen) > 300_000
    assert np.abs(seen - 128).max() <= 6  # no stripes


WINDOWED = {
    "12 bits": {"bits": 12, "WindowCenter": 1800, "WindowWidth": 1500},
    "exact": {"bits": 12, "WindowCenter": 1800.5, "WindowWidth": 1200.25, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"bits": 12, "WindowCenter": 1800, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
    "monochrome1": {"bits": 12, "WindowCenter": 1500, "WindowWidth": 2500, "PhotometricInterpretation": "MONOCHROME1"},
    "lut": {"bits": 12, "WindowCenter": 600, "WindowWidth": 700, "RescaleSlope": 0.37, "RescaleIntercept": -12.5},
    "one": {"bits": 12, "WindowCenter": 1800, "WindowWidth": 1},
}


@pytest.mark.parametrize("kind", WINDOWED)
def test_a_window_of_12_bits_is_pydicoms(view, kind):
    data = dicom(DEEP, **WINDOWED[kind])
    seen, expected = film_at_100(view("film.dcm", data), SIZE), by_pydicom(data)
    assert np.abs(seen - expected).max() <= 1
    assert np.ptp(expected) > 200


def test_a_window_that_the_reader_sets_is_pydicoms_too(view):
    page = view("film.dcm", dicom(DEEP, bits=12))
    page.evaluate(f"{VIEWER}.window = {{centre: 1234, width: 987}}")
    expected = by_pydicom(dicom(DEEP, bits=12, WindowCenter=1234, WindowWidth=987))
    assert np.abs(film_at_100(page, SIZE) - expected).max() <= 1


def test_signed_pixels_are_windowed_as_pydicom_does(view):
    data = dicom(DEEP.astype(np.int16) - 2048, bits=12, WindowCenter=-300, WindowWidth=1500)
    assert np.abs(film_at_100(view("film.dcm", data), SIZE) - by_pydicom(data)).max() <= 1


def test_a_voi_table_is_pydicoms(view):
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 12]
    table.LUTData = (np.linspace(0, 1, 4096) ** 2 * 4095).astype(np.uint16).tobytes()
    table["LUTData"].VR, table["LUTDescriptor"].VR = "OW", "US"
    data = dicom(DEEP, bits=12, VOILUTSequence=[table])
    assert np.abs(film_at_100(view("film.dcm", data), SIZE) - by_pydicom(data, apply_voi_lut)).max() <= 1


def test_16_bits_are_kept_below_what_8_would_show(view):
    fine = (30000 + np.indices(PHANTOM.shape)[1]).astype(np.uint16)  # 448 steps within two levels of 8 bits
    page = view("film.png", _png(fine))
    page.evaluate(f"{VIEWER}.window = {{centre: 30224, width: 449}}")
    assert len(np.unique(film_at_100(page, SIZE)[0])) == 256


def _png(array):
    from helpers import encoded

    return encoded(Image.fromarray(array), "PNG")
