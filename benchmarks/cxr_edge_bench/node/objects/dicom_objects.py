"""Any number of radiographs in eight transfer syntaxes, made from test films, with a manifest.

The films are those of ``$CXR_EDGE_DATA/chest_xray/test``, else the drawn samples that the runtime bundles. The patients
are invented. The same seed makes the same bytes.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import dcmwrite
from pydicom.dataset import Dataset

from cxr_edge.store import SAMPLES
from cxr_edge_bench.checkout import films_folder
from cxr_edge_bench.node.objects.radiographs import CR, DX, Patient, Storage, radiograph, stored_values, uid_of
from cxr_edge_bench.node.objects.transfer_syntaxes import SYNTAXES, encode

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class FilmObject:
    """One DICOM file that was made.

    Attributes:
        file: its path.
        uid: SOP Instance UID.
        study: Study Instance UID.
        sop_class: ``CR`` or ``DX``.
        syntax: a name of `SYNTAXES`.
        bits: stored bits.
        photometric: ``MONOCHROME1`` or ``MONOCHROME2``.
        grey: ``window``, ``lut`` or ``none``.
        film: name of the film inside.
    """

    file: Path
    uid: str
    study: str
    sop_class: str
    syntax: str
    bits: int
    photometric: str
    grey: str
    film: str


def test_films() -> tuple[str, list[Path]]:
    """What the films are, and where."""
    folder = films_folder()
    real = sorted((folder / "test").glob("*/*.jpeg")) if folder else []
    return ("test films", real) if real else ("drawn samples (no data folder)", sorted(SAMPLES.glob("*.png")))


def make_objects(folder: Path, count: int, seed: int = 0) -> list[FilmObject]:
    """Write `count` objects and their manifest into `folder`.

    Every eighth object has the same transfer syntax; CR and DX alternate; every study has one to three films.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(seed)
    what, films = test_films()
    chosen = pick.sample(films, min(count, len(films)))
    made: list[FilmObject] = []
    study, left = seed * 100_000, 0
    for index in range(count):
        if not left:
            study, left = study + 1, pick.choice((1, 1, 2, 3))
            patient, size = Patient(study, pick.randint(1, 5), pick.random() < 0.5), left
        film = grey_of(chosen[index % len(chosen)])
        made.append(_made(folder, film, chosen[index % len(chosen)].name, patient, index, size - left + 1, pick))
        left -= 1
    rows = [{**asdict(one), "file": one.file.name} for one in made]
    record = {"films": what, "seed": seed, "objects": rows}
    (folder / MANIFEST).write_text(json.dumps(record, indent=1) + "\n")
    return made


def read_manifest(folder: Path) -> list[FilmObject]:
    """The objects that `make_objects` wrote into `folder`."""
    rows = json.loads((folder / MANIFEST).read_text())["objects"]
    return [FilmObject(**{**row, "file": folder / row["file"]}) for row in rows]


def grey_of(path: Path) -> npt.NDArray[np.uint8]:
    """A film's pixels: uint8 [H, W]."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def save(dataset: Dataset, path: Path) -> Path:
    """Write a whole DICOM file."""
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def plain_object(film: npt.NDArray[np.uint8], number: int, **tags: Any) -> Dataset:
    """An uncompressed 8-bit CR object of a child of three; `tags` replace what it would say."""
    storage = Storage(CR, 8, "MONOCHROME2", "none", "PA")
    dataset = radiograph(film, storage, Patient(number, 3, False), uid_of("plain", number), 1)
    for name, value in tags.items():
        setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _made(
    folder: Path, film: npt.NDArray[np.uint8], name: str, patient: Patient, index: int, number: int, pick: random.Random
) -> FilmObject:
    syntax_name = list(SYNTAXES)[index % len(SYNTAXES)]
    syntax = SYNTAXES[syntax_name]
    storage = Storage(
        sop_class=(CR, DX)[(index + index // len(SYNTAXES)) % 2],
        bits=pick.choice(syntax.bits),
        photometric=pick.choice(("MONOCHROME1", "MONOCHROME2")),
        grey=pick.choice(("window", "none")),
        view=pick.choice(("PA", "AP", "")),
    )
    if storage.sop_class == DX and storage.grey == "none":
        storage = replace(storage, grey="lut")
    uid = uid_of("film", patient.number, index)
    dataset = encode(radiograph(stored_values(film, storage, index), storage, patient, uid, number), syntax)
    path = save(dataset, folder / f"{index:05d}.dcm")
    kind = "CR" if storage.sop_class == CR else "DX"
    return FilmObject(
        path, uid, dataset.StudyInstanceUID, kind, syntax_name, storage.bits, storage.photometric, storage.grey, name
    )
