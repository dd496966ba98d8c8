"""DICOM objects are written here with invented patients, and read back to the same pixels."""

import io
import sys

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom", reason="needs cxr-edge[dicom]")
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from cxr_edge import UnreadableFilm
from cxr_edge.film.folder import films_in
from cxr_edge.film.preprocess import open_film, preprocess
from cxr_edge.film.source import Limits
from dicom_film import NAME, SECRETS, dicom

SIZE = (48, 64)


@pytest.fixture
def deep(gradient):
    """12 bits, no symmetry, textured."""
    noise = np.random.default_rng(0).integers(0, 16, gradient.shape)
    return (gradient.astype(np.uint16) * 16 + noise).astype(np.uint16)


def transcode(data, syntax):
    """`data` in another compression, by gdcm."""
    gdcm = pytest.importorskip("gdcm", reason="needs cxr-edge[dicom]")
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "a.dcm"), Path(folder, "b.dcm")
        source.write_bytes(data)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(source))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(target))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return target.read_bytes()


UNCOMPRESSED = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
]


@pytest.mark.parametrize("syntax", UNCOMPRESSED, ids=lambda uid: uid.name)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_uncompressed(gradient, syntax, dtype):
    assert np.array_equal(
        preprocess(dicom(gradient.astype(dtype), syntax), SIZE), preprocess(gradient.astype(dtype), SIZE)
    )


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_every_depth(gradient, bits):
    pixels = gradient.astype(np.uint16) << (bits - 8)
    assert np.array_equal(preprocess(dicom(pixels, bits=bits), SIZE), preprocess(pixels, SIZE))


@pytest.mark.parametrize("depth", [8, 12])
@pytest.mark.parametrize(
    "syntax", ["JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEG2000Lossless", "RLELossless"]
)
def test_lossless_compressions_give_the_same_pixels(gradient, deep, depth, syntax):
    import gdcm

    pixels, bits = (gradient, 8) if depth == 8 else (deep, 12)
    data = transcode(dicom(pixels, bits=bits), getattr(gdcm.TransferSyntax, syntax))
    assert str(pydicom.dcmread(io.BytesIO(data)).file_meta.TransferSyntaxUID) != ExplicitVRLittleEndian
    assert np.array_equal(preprocess(data, SIZE), preprocess(pixels, SIZE))


def test_rle_as_pydicom_writes_it(deep):
    dataset = pydicom.dcmread(io.BytesIO(dicom(deep, bits=12)))
    dataset.compress(RLELossless)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    assert np.array_equal(preprocess(buffer.getvalue(), SIZE), preprocess(deep, SIZE))


def test_jpeg_baseline(gradient):
    buffer = io.BytesIO()
    Image.fromarray(gradient).save(buffer, "JPEG", quality=95)
    data = dicom(gradient, JPEGBaseline8Bit, data=encapsulate([buffer.getvalue()]))
    expected = np.asarray(Image.open(buffer))
    assert np.abs(preprocess(data, SIZE).astype(int) - preprocess(expected, SIZE)).max() <= 1


def test_big_endian(deep):
    dataset = pydicom.dcmread(io.BytesIO(dicom(deep, bits=12)))
    dataset.PixelData = deep.byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False)
    assert np.array_equal(preprocess(buffer.getvalue(), SIZE), preprocess(deep, SIZE))


@pytest.mark.parametrize("bits", [8, 12])
def test_a_monochrome1_twin_gives_the_same_pixels(gradient, deep, bits):
    pixels = gradient if bits == 8 else deep
    twin = dicom((2**bits - 1) - pixels, bits=bits, PhotometricInterpretation="MONOCHROME1")
    assert np.abs(preprocess(twin, SIZE).astype(int) - preprocess(dicom(pixels, bits=bits), SIZE)).max() <= 1


def test_rescale_and_window_are_applied(deep):
    windowed = dicom(deep, bits=12, RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=1000, WindowWidth=800)
    expected = np.clip(deep.astype(np.float32) * 2 - 1000, 600, 1400)
    assert np.abs(preprocess(windowed, SIZE).astype(int) - preprocess(expected, SIZE)).max() <= 2
    negative = dicom(deep, bits=12, RescaleSlope=-1, RescaleIntercept=4095)
    assert np.abs(preprocess(negative, SIZE).astype(int) - preprocess(4095 - deep, SIZE)).max() <= 1


def test_a_voi_lut_is_applied(deep):
    lut = Dataset()
    lut.LUTDescriptor = [4096, 0, 16]
    curve = (np.linspace(0, 1, 4096) ** 2 * 65535).astype(np.uint16)
    lut.LUTData = curve.tobytes()
    lut["LUTData"].VR = "OW"
    lut["LUTDescriptor"].VR = "US"
    data = dicom(deep, bits=12, VOILUTSequence=[lut])
    assert np.abs(preprocess(data, SIZE).astype(int) - preprocess(curve[deep], SIZE)).max() <= 1


@pytest.mark.parametrize(
    ("tags", "reasons"),
    [
        ({}, ()),
        ({"ViewPosition": "AP"}, ()),
        ({"ViewPosition": ""}, ()),
        ({"ViewPosition": "LL"}, ("not-frontal",)),
        ({"ViewPosition": NAME}, ("not-frontal",)),
        ({"Modality": "CT"}, ("not-a-radiograph",)),
        ({"Modality": "CR", "BodyPartExamined": "KNEE"}, ("not-chest",)),
        (
            {"Modality": "OT", "ViewPosition": "LLO", "BodyPartExamined": "HAND"},
            ("not-a-radiograph", "not-frontal", "not-chest"),
        ),
    ],
)
def test_what_the_header_says_against_a_film(tiny, gradient, tags, reasons, caplog):
    data = dicom(gradient, **tags)
    caplog.clear()
    prediction = tiny.predict(data)
    assert not any(secret in caplog.text + str(prediction) for secret in SECRETS)
    assert prediction.quality == reasons
    assert (prediction.decision == "review") == bool(reasons)
    assert prediction.probability is not None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"NumberOfFrames": 2, "data": bytes(2 * 96 * 128)}, "2 frames"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour palette"),
        ({"Rows": 20_000, "Columns": 20_000}, "20000 × 20000 pixels"),
        ({"syntax": DeflatedExplicitVRLittleEndian}, "deflated"),
        ({"Rows": 500}, "damaged DICOM"),
        ({"BitsAllocated": 7}, "damaged DICOM"),
        ({"PhotometricInterpretation": NAME}, "damaged DICOM"),
    ],
)
def test_refusals_name_no_patient(gradient, change, found, capfd, caplog, recwarn):
    data = dicom(gradient, **change)
    caplog.clear()
    recwarn.clear()
    with pytest.raises(UnreadableFilm, match=found) as refusal:
        preprocess(data, SIZE)
    said = [str(refusal.value), *capfd.readouterr(), caplog.text, *(str(w.message) for w in recwarn)]
    assert not any(secret in text for text in said for secret in SECRETS)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95, 0.999])
def test_truncated_objects_are_refused(gradient, share):
    data = dicom(gradient)
    with pytest.raises(UnreadableFilm, match="DICOM"):
        preprocess(data[: int(len(data) * share)], SIZE)


def test_a_truncated_jpeg_inside_is_refused(gradient):
    buffer = io.BytesIO()
    Image.fromarray(gradient).save(buffer, "JPEG")
    half = buffer.getvalue()[: len(buffer.getvalue()) // 2]
    with pytest.raises(UnreadableFilm, match="truncated JPEG"):
        preprocess(dicom(gradient, JPEGBaseline8Bit, data=encapsulate([half])), SIZE)


def test_without_the_extra_the_error_names_it(gradient, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(UnreadableFilm, match=r"pip install 'cxr-edge\[dicom\]'"):
        preprocess(dicom(gradient), SIZE)


def test_objects_are_recognised_by_content(tmp_path, gradient, tiny):
    (tmp_path / "1.2.276.0").write_bytes(dicom(gradient))
    (tmp_path / "film.png").write_bytes(dicom(gradient))
    (tmp_path / "notes").write_text("no film")
    assert [path.name for path in films_in(tmp_path)] == ["1.2.276.0", "film.png"]
    first, second = tiny.predict_many(films_in(tmp_path))
    assert first.probability == second.probability is not None


def test_a_real_object_reads_as_its_decoded_pixels(data):
    from pathlib import Path

    paths = sorted(Path(data / "dicom").glob("*.dcm"))
    if not paths:
        pytest.skip("needs dicom/ in CXR_EDGE_DATA")
    pixels = pydicom.dcmread(paths[0]).pixel_array
    opened = open_film(paths[0], (160, 160), Limits())
    image, reasons = opened.grey, opened.doubts
    assert reasons == ()
    assert np.array_equal(np.asarray(image), pixels)
