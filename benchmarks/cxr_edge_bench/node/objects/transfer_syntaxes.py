"""The transfer syntaxes that machines send in, and who encodes them here."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import gdcm
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

LOSSY_RATIO = "8"
"""Stated with lossy objects; roughly that of GDCM's default quality on radiographs."""


@dataclass(frozen=True)
class Syntax:
    """One of them.

    Attributes:
        uid: its UID.
        storescu: the option of dcmtk's program that proposes it.
        lossless: whether the pixels come back as they were.
        bits: stored bits that it can hold.
        gdcm: GDCM's number for it, if GDCM encodes it.
    """

    uid: UID
    storescu: str
    lossless: bool = True
    bits: tuple[int, ...] = (8, 12)
    gdcm: int | None = None


_OF_GDCM = gdcm.TransferSyntax
SYNTAXES: dict[str, Syntax] = {
    "implicit little endian": Syntax(ImplicitVRLittleEndian, "-xi"),
    "explicit little endian": Syntax(ExplicitVRLittleEndian, "-xe"),
    "explicit big endian": Syntax(ExplicitVRBigEndian, "-xb"),
    "JPEG baseline": Syntax(JPEGBaseline8Bit, "-xy", False, (8,), _OF_GDCM.JPEGBaselineProcess1),
    "JPEG lossless SV1": Syntax(JPEGLosslessSV1, "-xs", gdcm=_OF_GDCM.JPEGLosslessProcess14_1),
    "JPEG-LS lossless": Syntax(JPEGLSLossless, "-xt"),
    "JPEG 2000 lossless": Syntax(JPEG2000Lossless, "-xv", gdcm=_OF_GDCM.JPEG2000Lossless),
    "RLE": Syntax(RLELossless, "-xr"),
}
"""By name. JPEG extended is not among them: pydicom decodes its 12-bit form only with a decoder under the GPL."""
EXTENDED = Syntax(JPEGExtended12Bit, "-xx", False, (12,))
BY_UID = {syntax.uid: syntax for syntax in (*SYNTAXES.values(), EXTENDED)}


def encode(film: Dataset, syntax: Syntax) -> Dataset:
    """The uncompressed little endian `film` in another transfer syntax; it is changed and returned.

    Raises:
        ValueError: `syntax` cannot hold its bits.
    """
    if film.BitsStored not in syntax.bits:
        raise ValueError(f"found {film.BitsStored} bits; {syntax.uid.name} holds {syntax.bits}")
    if syntax.uid in (RLELossless, JPEGLSLossless):
        film.compress(syntax.uid, generate_instance_uid=False)
    elif syntax.gdcm is not None:
        film.PixelData = encapsulate([_encoded_by_gdcm(film, syntax.gdcm)])
        film["PixelData"].VR = "OB"
    else:
        if syntax.uid == ExplicitVRBigEndian and film.BitsAllocated == 16:
            film.PixelData = film.pixel_array.astype(">u2").tobytes()
        film["PixelData"].VR = "OW" if film.BitsAllocated == 16 else "OB"  # else one was read as implicit: always OW
    film.file_meta.TransferSyntaxUID = syntax.uid
    if not syntax.lossless:
        film.LossyImageCompression, film.LossyImageCompressionRatio = "01", LOSSY_RATIO
        film.LossyImageCompressionMethod = "ISO_10918_1"
    return film


def _encoded_by_gdcm(film: Dataset, number: int) -> bytes:
    """One encoded frame. By way of files: images that Python builds for GDCM's encoders can corrupt its memory."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = str(Path(folder, "before.dcm")), str(Path(folder, "after.dcm"))
        dcmwrite(before, film, enforce_file_format=True)
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(before)
        change.SetTransferSyntax(gdcm.TransferSyntax(number))
        writer.SetFileName(after)
        done = reader.Read()
        if done:
            change.SetInput(reader.GetImage())
            done = change.Change()
        if done:
            writer.SetFile(reader.GetFile())
            writer.SetImage(change.GetOutput())
            done = writer.Write()
        if not done:
            raise ValueError(f"GDCM could not encode {film.Columns} × {film.Rows} pixels of {film.BitsStored} bits")
        return get_frame(dcmread(after).PixelData, 0, number_of_frames=1)
