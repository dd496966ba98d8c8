"""DCMTK's programs as senders: what they say goes in, in every encoding they have."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

pytest.importorskip("pynetdicom")

from cxr_edge_node.settings import Caller
from node.receiving_peers import EXPLICIT, IMPLICIT, film, listening, needs_dcmtk, run

pytestmark = needs_dcmtk

BASELINE, EXTENDED, LOSSLESS, RLE = (f"1.2.840.10008.1.2.{end}" for end in ("4.50", "4.51", "4.70", "5"))
JLS, JLS_NEAR, BIG_ENDIAN = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.2"
ENCODERS = {
    BASELINE: ("dcmcjpeg", "+eb"),
    LOSSLESS: ("dcmcjpeg", "+e1"),
    JLS: ("dcmcjpls", "+el"),
    JLS_NEAR: ("dcmcjpls", "+en"),
    RLE: ("dcmcrle",),
    IMPLICIT: ("dcmconv", "+ti"),
    BIG_ENDIAN: ("dcmconv", "+tb"),
}
PROPOSE = {BASELINE: "-xy", LOSSLESS: "-xs", JLS: "-xt", JLS_NEAR: "-xu", RLE: "-xr", BIG_ENDIAN: "-xb"}


@pytest.fixture
def plain(tmp_path):
    """A film of 64 × 64 pixels, uncompressed."""
    made = film("1.2.3.4", side=64)
    made.PixelData = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8).tobytes()
    path = tmp_path / "plain.dcm"
    made.save_as(path, enforce_file_format=True)
    return path


def _encoded(plain, syntax):
    if syntax == EXPLICIT:
        return plain
    encoded = plain.with_name("encoded.dcm")
    done = run(*ENCODERS[syntax], str(plain), str(encoded))
    assert done.returncode == 0, done.stderr
    assert pydicom.dcmread(encoded, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    return encoded


def test_echoscu(tmp_path):
    with listening(tmp_path / "spool", allow=(Caller("ECHO", "127.0.0.1"),)) as node:
        for aet, status in (("ECHO", 0), ("OTHER", 1)):
            done = run("echoscu", "-aet", aet, "-aec", "CXREDGE", "127.0.0.1", str(node.port))
            assert done.returncode == status, done.stderr


@pytest.mark.parametrize("syntax", [EXPLICIT, *ENCODERS])
def test_dcmsend_keeps_every_pixel(tmp_path, plain, syntax):
    sent = _encoded(plain, syntax)
    with listening(tmp_path / "spool") as node:
        done = run("dcmsend", "-v", "-dn", "-aec", "CXREDGE", "127.0.0.1", str(node.port), str(sent))
        assert "with status SUCCESS  : 1" in done.stdout + done.stderr, done.stderr
        [path] = node.films()
        kept, original = pydicom.dcmread(path), pydicom.dcmread(sent)
        assert kept.file_meta.TransferSyntaxUID in (syntax, EXPLICIT)  # it may convert what is not compressed
        assert np.array_equal(kept.pixel_array, original.pixel_array)


@pytest.mark.parametrize("syntax", PROPOSE)
@pytest.mark.parametrize("combined", [False, True])
def test_storescu_with_a_compressed_film(tmp_path, plain, syntax, combined):
    sent = _encoded(plain, syntax)
    with listening(tmp_path / "spool") as node:
        options = [PROPOSE[syntax], "-R", *(["+C"] if combined else []), "-aec", "CXREDGE"]
        done = run("storescu", "-v", *options, "127.0.0.1", str(node.port), str(sent))
        if combined and syntax in (BASELINE, JLS_NEAR):  # it proposes what it cannot do: send this film uncompressed
            assert node.films() == []
            return
        assert done.returncode == 0, done.stderr
        [path] = node.films()
        assert np.array_equal(pydicom.dcmread(path).pixel_array, pydicom.dcmread(sent).pixel_array)


def test_a_film_of_the_printer_and_a_report(tmp_path, plain):
    others = []
    for number, sop_class in enumerate(("1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.4.1.1.88.11")):
        made = pydicom.dcmread(plain)
        made.SOPClassUID, made.SOPInstanceUID = sop_class, f"1.2.3.{number}"
        made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = sop_class, f"1.2.3.{number}"
        others.append(tmp_path / f"{number}.dcm")
        made.save_as(others[-1])
    with listening(tmp_path / "spool") as node:
        to = ("-aec", "CXREDGE", "127.0.0.1", str(node.port))
        assert "SUCCESS  : 1" in run("dcmsend", "-v", *to, str(others[0])).stderr
        done = run("dcmsend", "-v", "-nh", *to, str(others[1]), str(plain))
        assert "SUCCESS  : 1" in done.stderr
        assert len(node.films()) == 2


def test_storescu_that_aborts(tmp_path, plain):
    with listening(tmp_path / "spool") as node:
        run("storescu", "--abort", "-aec", "CXREDGE", "127.0.0.1", str(node.port), str(plain))
        assert node.alone()
        assert len(node.films()) == 1
        assert node.incoming() == []


def test_many_films_in_one_association(tmp_path, plain):
    with listening(tmp_path / "spool") as node:
        to = ("-aec", "CXREDGE", "127.0.0.1", str(node.port), str(plain))
        done = run("storescu", "+II", "--repeat", "50", *to)
        assert done.returncode == 0, done.stderr
        assert len(node.films()) == len(node.received()) == len(node.arrived) == 50
