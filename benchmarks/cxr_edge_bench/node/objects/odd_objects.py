"""Objects that a node must not score, must not trust, or cannot read."""

from __future__ import annotations

import contextlib
import random
import subprocess
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)

from cxr_edge_bench.node.counterparts.programs import MissingProgram, program
from cxr_edge_bench.node.objects.dicom_objects import grey_of, plain_object, save, test_films
from cxr_edge_bench.node.objects.radiographs import CR, DX, Patient, Storage, radiograph, stored_values, uid_of
from cxr_edge_bench.node.objects.transfer_syntaxes import EXTENDED, SYNTAXES, encode

FIRST = 90_000
"""Number of a seed's first odd study; those of `make_objects` are lower."""


def odd_objects(folder: Path, seed: int = 0) -> dict[str, Path]:
    """Write one object of each kind into `folder`: what it is → its file.

    The one in 12-bit JPEG is missing where dcmtk's ``dcmcjpeg`` is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(seed)
    film = grey_of(pick.choice(test_films()[1]))
    first = seed * 100_000 + FIRST
    processing = radiograph(
        film, Storage(DX, 8, "MONOCHROME2", "window", "PA"), Patient(first, 3, False), uid_of(first), 1
    )
    processing.SOPClassUID = processing.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForProcessing
    processing.PresentationIntentType = "FOR PROCESSING"
    sets = {
        "lateral view": plain_object(film, first + 1, ViewPosition="LL"),
        "adult": plain_object(film, first + 2, PatientAge="045Y"),
        "knee": plain_object(film, first + 3, BodyPartExamined="KNEE"),
        "secondary capture": plain_object(film, first + 4, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT"),
        "CT": plain_object(film, first + 5, SOPClassUID=CTImageStorage, Modality="CT"),
        "for processing": processing,
        "random pixels": _random_jpeg(plain_object(film, first + 6), pick),
        "cut JPEG": _cut_jpeg(plain_object(film, first + 7)),
        "no pixels": plain_object(film, first + 8),
        "deflated": plain_object(film, first + 9),
    }
    del sets["no pixels"].PixelData
    sets["deflated"].file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    files = {name: save(dataset, folder / f"{name.replace(' ', '_')}.dcm") for name, dataset in sets.items()}
    files |= _cut_and_garbled(folder, plain_object(film, first + 10), plain_object(film, first + 11), pick)
    twelve = Storage(CR, 12, "MONOCHROME2", "window", "PA")
    deep = radiograph(stored_values(film, twelve, seed), twelve, Patient(first + 12, 3, False), uid_of(first + 12), 1)
    with contextlib.suppress(MissingProgram):
        files["12-bit JPEG extended"] = _extended(deep, folder)
    return files


def re_encoded(source: Path, target: Path, syntax: str) -> Path:
    """The same object, UID and pixels, in another lossless transfer syntax of `SYNTAXES`."""
    dataset = dcmread(source)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress(generate_instance_uid=False)
    elif dataset.file_meta.TransferSyntaxUID == SYNTAXES["explicit big endian"].uid and dataset.BitsAllocated == 16:
        dataset.PixelData = dataset.pixel_array.astype("<u2").tobytes()
    for table in dataset.get("VOILUTSequence", ()):
        if isinstance(table.LUTData, bytes):  # read as implicit: OW, whose bytes pydicom does not swap
            table["LUTData"] = DataElement("LUTData", "US", np.frombuffer(table.LUTData, "<u2").tolist())
    dataset.file_meta.TransferSyntaxUID = SYNTAXES["explicit little endian"].uid
    return save(encode(dataset, SYNTAXES[syntax]), target)


def mutated(source: Path, target: Path, pick: random.Random, flips: int = 20) -> Path:
    """A copy with at most so many bytes replaced, anywhere behind the file's preamble and its meta header."""
    data = bytearray(source.read_bytes())
    start = 132 + 12 + int.from_bytes(data[140:144], "little")
    in_header = pick.random() < 0.5
    for _ in range(pick.randint(1, flips)):
        end = min(start + 1500, len(data)) if in_header else len(data)
        data[pick.randrange(start, end)] = pick.randrange(256)
    target.write_bytes(data)
    return target


def _cut_and_garbled(folder: Path, cut: Dataset, garbled: Dataset, pick: random.Random) -> dict[str, Path]:
    short = save(cut, folder / "cut_pixels.dcm")
    data = short.read_bytes()
    short.write_bytes(data[: len(data) // 2])
    noise = save(garbled, folder / "garbage_after_header.dcm")
    data = noise.read_bytes()
    noise.write_bytes(data[:600] + pick.randbytes(len(data) - 600))
    return {"cut pixels": short, "garbage after the header": noise}


def _cut_jpeg(film: Dataset) -> Dataset:
    encode(film, SYNTAXES["JPEG lossless SV1"])
    frame = get_frame(film.PixelData, 0, number_of_frames=1)
    film.PixelData = encapsulate([frame[: len(frame) // 2]])
    return film


def _random_jpeg(film: Dataset, pick: random.Random) -> Dataset:
    encode(film, SYNTAXES["JPEG baseline"])
    film.PixelData = encapsulate([pick.randbytes(10_000)])
    return film


def _extended(film: Dataset, folder: Path) -> Path:
    before, after = save(film, folder / "extended_before.tmp"), folder / "extended.dcm"
    done = subprocess.run([program("dcmcjpeg"), "+ee", "+un", str(before), str(after)], capture_output=True)
    before.unlink()
    if done.returncode or dcmread(after, stop_before_pixels=True).file_meta.TransferSyntaxUID != EXTENDED.uid:
        raise MissingProgram("dcmcjpeg", "one that encodes 12-bit JPEG")
    return after
