"""Make the lung masks from a clone of the set in which V7 Labs published them (CC BY 4.0).

``python -m cxr_edge_train.data.published_masks CLONE [FOLDER]``, where CLONE comes from
``git clone https://github.com/v7labs/covid-19-xray-dataset``; FOLDER is ``$CXR_EDGE_DATA/lung_masks`` by default.

The set names its masks by number. ``published_masks.csv`` says which film each belongs to, at commit 51fca0d: they were
matched by order of upload, by original size and by content.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.lung_masks import SIDE

COMMIT = "51fca0d"
MASKS = Path("annotations/all-images-semantic-masks")
TABLE = Path(__file__).with_name("published_masks.csv")
LUNG = 255  # 127 marks tubes and stamps
LEAST_SIDE = 100  # pixels; the smallest of the published masks has 127
SHARES = (0.1, 0.75)  # of a film that is lung; the published ones have .139 to .710


@dataclass(frozen=True)
class PublishedMask:
    """One row of the table: the mask's number, and part, class and file name of its film."""

    number: str
    part: str
    label: str
    film: str


def read_table(path: Path = TABLE) -> list[PublishedMask]:
    """All masks that a table lists, in its order."""
    with path.open(newline="", encoding="utf-8") as file:
        return [PublishedMask(row["v7_id"], row["split"], row["class"], row["film"]) for row in csv.DictReader(file)]


def make_masks(clone: Path, folder: Path, masks: Sequence[PublishedMask]) -> None:
    """Write ``folder/PART/CLASS/NAME.png`` for each of `masks`: 1 bit, white is lung, 224 × 224 pixels.

    Raises:
        CxrEdgeError: the clone lacks a mask (nothing is written then), or one of them cannot be a lung mask.
    """
    missing = [mask for mask in masks if not _source(clone, mask).is_file()]
    if missing:
        named = ", ".join(f"{mask.number}.png" for mask in missing[:5]) + (", …" if len(missing) > 5 else "")
        raise CxrEdgeError(
            f"{clone / MASKS}: found no mask for {len(missing):,} of {len(masks):,} films ({named}); "
            f"expected a whole clone of commit {COMMIT}"
        )
    for mask in tqdm(masks, desc="masks", unit="mask", disable=None):
        made = squashed(_source(clone, mask))
        path = (folder / mask.part / mask.label / mask.film).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save(path)


def squashed(path: Path) -> Image.Image:
    """A published mask of any size, as it is stored: mode 1, `SIDE` × `SIDE`.

    A box reduction to no less than twice that size, then a box filter, as the films were made small.

    Raises:
        CxrEdgeError: it is no picture, too small for a film, or holds too little or too much lung.
    """
    try:
        with Image.open(path) as image:
            lung = image.convert("L").point([0] * LUNG + [255])
    except OSError as error:
        raise CxrEdgeError(f"{path}: found no picture ({error}); expected a lung mask") from None
    if min(lung.size) < LEAST_SIDE:
        raise CxrEdgeError(f"{path}: found {lung.width} × {lung.height} pixels; expected a film's size")
    small = lung.reduce(max(1, min(lung.size) // (2 * SIDE))).resize((SIDE, SIDE), Image.Resampling.BOX)
    bits = np.asarray(small) >= 128
    if not SHARES[0] <= bits.mean() <= SHARES[1]:
        least, most = SHARES
        raise CxrEdgeError(f"{path}: found lung on {bits.mean():.0%} of it; expected {least:.0%} to {most:.0%}")
    return Image.fromarray(bits)


def _source(clone: Path, mask: PublishedMask) -> Path:
    return clone / MASKS / f"{mask.number}.png"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the masks; 2 if that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m cxr_edge_train.data.published_masks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("clone", type=Path, metavar="CLONE", help="where the published set was cloned to")
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="for the masks")
    args = parser.parse_args(arguments)
    data = os.environ.get("CXR_EDGE_DATA")
    if not (args.folder or data):
        parser.error("found no FOLDER; expected one, or CXR_EDGE_DATA to be set")
    folder, masks = args.folder or Path(str(data), "lung_masks"), read_table()
    try:
        make_masks(args.clone, folder, masks)
    except (CxrEdgeError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{folder}: {len(masks):,} masks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
