"""Films that a decoder would fill up in silence, or choke on."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge.film.preprocess import preprocess
from helpers import encoded

SIZE = (48, 64)
NOISE = np.random.default_rng(0).integers(0, 256, (96, 128), np.uint8)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, rows, bits=8, colour=0, interlaced=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(tags, strips):
    """A little-endian TIFF with `tags` {number: (type, values)}; 273 (strip or tile offsets) is filled in."""
    entries = b""
    offset = 8
    for strip in strips:
        offset += len(strip)
    data = b"".join(strips)
    late = b""
    base = 8 + len(data) + 2 + 12 * len(tags) + 4
    for number, (kind, values) in sorted(tags.items()):
        packed = struct.pack("<" + {3: "H", 4: "I"}[kind] * len(values), *values)
        if len(packed) > 4:
            entries += struct.pack("<HHII", number, kind, len(values), base + len(late))
            late += packed
        else:
            entries += struct.pack("<HHI", number, kind, len(values)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4) + late


def test_a_png_of_fewer_rows_than_it_says():
    rows = b"".join(b"\0" + row.tobytes() for row in NOISE)
    assert np.array_equal(preprocess(png(128, 96, rows), SIZE), preprocess(NOISE, SIZE))
    for missing in (1, 129 * 48):
        with pytest.raises(UnreadableFilm, match="too few pixels"):
            preprocess(png(128, 96, rows[:-missing]), SIZE)


@pytest.mark.parametrize(
    ("bits", "colour", "channels"), [(8, 0, 1), (1, 0, 1), (4, 0, 1), (16, 0, 1), (8, 2, 3), (8, 6, 4)]
)
def test_interlaced_pngs_of_every_kind_are_counted_right(bits, colour, channels):
    rows = b""
    for x, y, dx, dy in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        columns, lines = len(range(x, 61, dx)), len(range(y, 47, dy))
        rows += (b"\0" + b"\x55" * ((columns * bits * channels + 7) // 8)) * lines
    assert preprocess(png(61, 47, rows, bits, colour, 1), SIZE).shape == (*SIZE, 1)
    with pytest.raises(UnreadableFilm, match="too few pixels"):
        preprocess(png(61, 47, rows[:-1], bits, colour, 1), SIZE)


def strips(rows_there, **changes):
    tags = {256: (3, [128]), 257: (3, [96]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 277: (3, [1])}
    tags |= {278: (3, [16]), 273: (4, [8 + 2048 * i for i in range(rows_there // 16)])}
    tags |= {279: (4, [2048] * (rows_there // 16))}
    return tiff(tags | changes.get("tags", {}), [NOISE[:rows_there].tobytes()])


def test_a_tiff_with_missing_strips():
    assert np.array_equal(preprocess(strips(96), SIZE), preprocess(NOISE, SIZE))
    for there in (16, 80):
        with pytest.raises(UnreadableFilm, match="truncated"):
            preprocess(strips(there), SIZE)


def test_a_tiff_with_a_huge_tile():
    tags = {256: (3, [64]), 257: (3, [64]), 258: (3, [8]), 259: (3, [8]), 262: (3, [1]), 277: (3, [1])}
    tile = zlib.compress(bytes(1000))
    tags |= {322: (4, [44_000]), 323: (4, [44_000]), 324: (4, [8]), 325: (4, [len(tile)])}
    with pytest.raises(UnreadableFilm, match="tiles that are far too large"):
        preprocess(tiff(tags, [tile]), SIZE)


@pytest.mark.parametrize("orientation", [0, 1, 9])
@pytest.mark.parametrize("photometric", [0, None])
def test_16_bits_in_which_white_is_zero_with_a_strange_orientation(orientation, photometric):
    film = NOISE.astype(np.uint16) * 16
    inverted = (film.max() - film).astype("<u2").tobytes()
    tags = {256: (3, [128]), 257: (3, [96]), 258: (3, [16]), 259: (3, [1]), 277: (3, [1]), 278: (3, [96])}
    tags |= {273: (4, [8]), 279: (4, [len(inverted)]), 274: (3, [orientation])}
    tags |= {} if photometric is None else {262: (3, [photometric])}
    assert np.abs(preprocess(tiff(tags, [inverted]), SIZE).astype(int) - preprocess(film, SIZE)).max() <= 1


@pytest.mark.parametrize("colour", [2, 4, 6])
def test_colour_of_16_bits_is_refused_not_cut_to_8(colour):
    channels = {2: 3, 4: 2, 6: 4}[colour]
    rows = (b"\0" + bytes(128 * 2 * channels)) * 96
    with pytest.raises(UnreadableFilm, match="16 bits a channel"):
        preprocess(png(128, 96, rows, 16, colour), SIZE)


def test_colour_of_16_bits_in_a_tiff_is_refused():
    data = bytes(128 * 96 * 6)
    tags = {256: (3, [128]), 257: (3, [96]), 258: (3, [16, 16, 16]), 259: (3, [1]), 262: (3, [2]), 277: (3, [3])}
    tags |= {278: (3, [96]), 273: (4, [8]), 279: (4, [len(data)])}
    with pytest.raises(UnreadableFilm, match=r"16 bits a channel|mode"):
        preprocess(tiff(tags, [data]), SIZE)


def test_a_fax_is_refused():
    with pytest.raises(UnreadableFilm, match="a fax"):
        preprocess(encoded(Image.fromarray(NOISE).convert("1"), "TIFF", compression="group4"), SIZE)


def test_a_palette_out_of_range_is_a_refusal_not_a_crash(tiny):
    palette = chunk(b"PLTE", bytes(range(30))) + chunk(b"tRNS", bytes(300))
    rows = b"".join(b"\0" + bytes([200] * 128) for _ in range(96))
    bad = png(128, 96, rows, 8, 3, 0, palette)
    first, second = tiny.predict_many([bad, NOISE])
    assert first.error or first.probability is not None
    assert second.probability is not None


def test_a_jpeg_of_endless_scans():
    data = encoded(Image.fromarray(NOISE), "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    scan = data[start : data.index(b"\xff", start + 20)]
    with pytest.raises(UnreadableFilm, match="more than 100 scans"):
        preprocess(data[:start] + scan * 200 + data[start:], SIZE)
    assert preprocess(data, SIZE).shape == (*SIZE, 1)


def test_a_jpeg_of_endless_markers_and_a_png_of_endless_chunks():
    """Without the bound on chunks behind the pixels, a PNG of 1,000,000 of them (20 MB) took 150 s."""
    jpeg = encoded(Image.fromarray(NOISE), "JPEG")
    rows = b"".join(b"\0" + row.tobytes() for row in NOISE)
    short = png(128, 96, rows[:-200])
    flood = chunk(b"IDAT", b"x" * 8) * 300_000
    with pytest.raises(UnreadableFilm, match="more than 10,000 markers"):
        preprocess(jpeg[:-2] + b"\xff\x01\0\0" * 5_000_000 + jpeg[-2:], SIZE)
    with pytest.raises(UnreadableFilm, match="too few pixels"):
        preprocess(short[:-12] + flood + short[-12:], SIZE)


def test_a_long_chain_of_tiff_directories_is_not_walked():
    data = encoded(Image.fromarray(NOISE), "TIFF", save_all=True, append_images=[Image.fromarray(NOISE)] * 30)
    with pytest.raises(UnreadableFilm, match="several frames"):
        preprocess(data, SIZE)


def test_a_callers_half_image_is_refused_too(monkeypatch):
    half = encoded(Image.fromarray(NOISE), "JPEG")[:3000]
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(CxrEdgeError, match="LOAD_TRUNCATED_IMAGES"):
        preprocess(Image.open(io.BytesIO(half)), SIZE)
