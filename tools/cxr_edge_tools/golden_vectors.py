"""Golden vectors: drawn films as several kinds of file, the pixels they become, and what each bundled model says.

``python -m cxr_edge_tools.golden_vectors`` writes ``runtime/cxr_edge/golden`` again: after new phantoms, a new
preprocessing or a new bundled model. Anybody's port of the preprocessing or the inference can be held against them, in
any language: films are files, pixels are PGM files, answers are JSON. `cxr-edge selftest` uses the same.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge.computer.golden import FOLDER, SCHEMA
from cxr_edge.film.preprocess import preprocess
from cxr_edge_train.data.phantom import SAMPLES, draw
from cxr_edge_train.data.records import write_json

LARGE, SMALL = 1344, 192
"""Sides in pixels: of the JPEG, which decoders then reduce to an eighth or a quarter; of the files of more bits."""
PIXELS = 1
"""Grey levels that another JPEG decoder may differ by: two correct inverse transforms round differently."""
TOLERANCE = {"logit": 0.13, "probability": 0.02, "heatmap": 0.025}
"""What the same file may differ by on another CPU, from the same pixels.

Twice the largest difference on these films that emulated CPUs showed on 2026-11-24: x86 without AVX (Nehalem) 0.061,
0.0096 and 0.0104, ARM64 (Cortex-A72) 0.0086, 0.0011 and 0.0043, x86 with AVX2 (Haswell) none.
"""


def main() -> None:
    """Write films, pixels and answers."""
    FOLDER.mkdir(exist_ok=True)
    for old in (*FOLDER.glob("*.*"),):
        old.unlink()
    films = [film for name in SAMPLES for film in _films(name)]
    classifiers = [Classifier.load(model.name) for model in list_models()]
    sizes = sorted({classifier.card.input_size for classifier in classifiers})
    record = {
        "schema": SCHEMA,
        "films": [_film(file, stored, sizes) for file, stored in films],
        "models": [_model(classifier, [file for file, _ in films]) for classifier in classifiers],
        "tolerance": {"pixels": PIXELS, **TOLERANCE},
    }
    write_json(FOLDER / "golden.json", record)
    print(f"{len(films)} films, {len(classifiers)} models, {sum(f.stat().st_size for f in FOLDER.iterdir()):,} bytes")


def _films(name: str) -> list[tuple[Path, str]]:
    """One phantom as four kinds of file, and how each is stored."""
    stem, phantom = Path(name).stem, SAMPLES[name]
    small = np.asarray(draw(phantom, SMALL), np.float64)
    rng = np.random.default_rng(phantom.seed)
    deep = np.rint((small + rng.random(small.shape)) * 4095 / 256).astype(np.uint16)  # 12 bits with all of them in use
    draw(phantom, LARGE).save(FOLDER / f"{stem}.jpg", "JPEG", quality=80)
    Image.fromarray(deep * 16).save(FOLDER / f"{stem}-16-bit.png", optimize=True)
    (FOLDER / f"{stem}.dcm").write_bytes(_dicom(4095 - deep))
    return [
        (FOLDER.parent / "samples" / name, "PNG, 8 bits"),
        (FOLDER / f"{stem}.jpg", "JPEG, 8 bits, large enough to be decoded at reduced scale"),
        (FOLDER / f"{stem}-16-bit.png", "PNG, 16 bits"),
        (FOLDER / f"{stem}.dcm", "DICOM, MONOCHROME1, 12 bits, uncompressed"),
    ]


def _dicom(pixels: npt.NDArray[np.uint16]) -> bytes:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

    film = Dataset()
    film.SOPClassUID = ComputedRadiographyImageStorage
    film.SOPInstanceUID = f"2.25.{int(hashlib.sha256(pixels.tobytes()).hexdigest()[:24], 16)}"
    film.Modality, film.ViewPosition, film.BodyPartExamined, film.PatientAge = "CR", "AP", "CHEST", "003Y"
    film.PatientName, film.PatientID = "DRAWN^PHANTOM", "NONE"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME1"
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 12, 11, 0
    film.PixelData = pixels.tobytes()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID = film.SOPClassUID
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    buffer = io.BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _film(file: Path, stored: str, sizes: list[tuple[int, int]]) -> dict[str, Any]:
    pixels = {}
    for height, width in sizes:
        name = f"{file.name.replace('.', '-')}-{height}x{width}.pgm"
        grey = preprocess(file, (height, width))[..., 0]
        (FOLDER / name).write_bytes(b"P5\n%d %d\n255\n" % (width, height) + grey.tobytes())
        pixels[f"{height}x{width}"] = f"golden/{name}"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"file": f"{file.parent.name}/{file.name}", "stored": stored, "sha256": sha256, "pixels": pixels}


def _model(classifier: Classifier, films: list[Path]) -> dict[str, Any]:
    answers = {}
    for file in films:
        p = classifier.predict(file, heatmap=True)
        assert p.heatmap is not None
        answers[f"{file.parent.name}/{file.name}"] = {
            "logit": p.logit,
            "probability": p.probability,
            "decision": p.decision,
            "quality": list(p.quality),
            "heatmap": np.round(p.heatmap.astype(float), 6).tolist(),
        }
    return {
        "name": classifier.card.name,
        "sha256": classifier.sha256,
        "input_size": list(classifier.card.input_size),
        "answers": answers,
    }


if __name__ == "__main__":
    main()
