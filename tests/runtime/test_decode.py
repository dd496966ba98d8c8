import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge.film.decode import decode_picture, in_our_words, sniff
from cxr_edge.film.source import Limits
from helpers import encoded

FORMATS = ["JPEG", "PNG", "TIFF", "BMP", "WEBP"]


def read(data, at_least=(64, 64), limits=None):
    limits = limits or Limits()
    try:
        return decode_picture(data, at_least, limits).image
    except CxrEdgeError:
        raise
    except Exception as error:
        raise in_our_words(error, limits.max_pixels) from None


@pytest.fixture
def film(gradient):
    return Image.fromarray(gradient)


@pytest.mark.parametrize("format", FORMATS)
def test_formats_are_recognised_by_content(film, format):
    data = encoded(film, format)
    assert sniff(data) == format
    assert read(data).size == film.size


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"dear doctor,\r\n", "text"),
        (b"<html>", "text"),
        (b"%PDF-1.7\n\xe2", "a PDF document"),
        (b"GIF89a\0\0", "a GIF picture"),
        (b"\0\1\2\3", "unknown content"),
    ],
)
def test_other_content_is_named(data, kind):
    assert sniff(data).startswith(kind)
    with pytest.raises(UnreadableFilm, match="expected JPEG, PNG, TIFF, BMP, WebP or DICOM"):
        read(data)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
def test_truncated_files_are_refused(film, format, share):
    noise = np.random.default_rng(0).integers(0, 256, (96, 128), np.uint8)
    data = encoded(Image.fromarray(noise), format)
    with pytest.raises(UnreadableFilm, match="truncated"):
        read(data[: int(len(data) * share)])


def test_a_jpeg_whose_tail_is_zeros_is_refused(film):
    data = encoded(film, "JPEG")
    with pytest.raises(UnreadableFilm, match="no end marker"):
        read(data[:-200] + bytes(200))


def test_a_png_with_a_flipped_bit_is_refused(film):
    data = bytearray(encoded(film, "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(UnreadableFilm, match="damaged picture"):
        read(bytes(data))


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (8_000, 8_000), (0, 0), (1, 1)])
def test_bombs_and_specks_are_refused_before_decoding(size):
    with pytest.raises(
        UnreadableFilm, match=r"broken header|expected at (least|most)|truncated or damaged|far too many"
    ):
        read(png_header(*size))


@pytest.mark.parametrize("format", ["TIFF", "WEBP", "PNG"])
def test_several_frames_are_refused(film, format):
    data = encoded(film, format, save_all=True, append_images=[film.rotate(180)])
    with pytest.raises(UnreadableFilm, match="several frames"):
        read(data)


def test_an_animated_gif_is_refused(film):
    with pytest.raises(UnreadableFilm, match="a GIF picture"):
        read(encoded(film, "GIF", save_all=True, append_images=[film.rotate(180)]))


def test_a_large_jpeg_is_decoded_at_reduced_scale(film):
    data = encoded(film.resize((1024, 768)), "JPEG")
    assert read(data, at_least=(256, 192)).size == (256, 192)
    assert read(data, at_least=(320, 320)).size == (512, 384)
    assert read(data, at_least=(2000, 2000)).size == (1024, 768)


TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_is_applied(gradient, orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    found = read(encoded(Image.fromarray(gradient), format, exif=exif, **options)).convert("L")
    expected = TURNS[orientation](gradient)
    assert found.size == expected.shape[::-1]
    assert np.abs(np.asarray(found, int) - expected).max() <= 3


def test_a_jpeg_with_previews_or_other_bytes_behind_it_is_read(film):
    previews = encoded(film, "MPO", save_all=True, append_images=[film.resize((16, 12))])
    assert read(previews).size == film.size
    assert read(encoded(film, "JPEG") + b"\xff\xda trailing").size == film.size


def test_the_switch_that_would_accept_half_films_is_refused(film, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(CxrEdgeError, match="LOAD_TRUNCATED_IMAGES"):
        read(encoded(film, "PNG"))
