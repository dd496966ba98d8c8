"""Is a film, or nearly the same film, on both sides of a split?

Byte-identical files are found by sha256, near-copies by the correlation of what is left of 64 × 64 pixels when their
blurred self is taken away: ribs and markings, not brightness. In the Kermany films two different patients reach 0.83;
the same film encoded, scaled or cropped a little differently stays above 0.9.

``python -m cxr_edge_train.data.duplicates RUN`` counts them between the parts of a training run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from tqdm import tqdm

from cxr_edge.film.preprocess import preprocess
from cxr_edge_train.data.films import LabelledFilm, data_folder
from cxr_edge_train.data.split import read_manifest

SIDE, BLUR, EDGE = 64, 4.0, 6
ALIKE = 0.9  # correlation


@dataclass(frozen=True)
class Crossing:
    """What two parts share.

    Attributes:
        parts: their names.
        patients: in both.
        identical: files of the second that are byte for byte in the first.
        alike: files of the second with a near-copy in the first, the latter, and their correlation.
        closest: the highest correlation of any two films across the parts.
    """

    parts: tuple[str, str]
    patients: list[str]
    identical: list[str]
    alike: list[tuple[str, str, float]]
    closest: float


def crossings(split: Mapping[str, Sequence[LabelledFilm]]) -> list[Crossing]:
    """Every two parts of `split` compared."""
    fingerprints = {name: _fingerprints(films, name) for name, films in split.items()}
    names = list(split)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    return [_compare((a, b), split[a], split[b], fingerprints[b] @ fingerprints[a].T) for a, b in pairs]


def _compare(
    names: tuple[str, str],
    first: Sequence[LabelledFilm],
    second: Sequence[LabelledFilm],
    correlation: npt.NDArray[np.float32],
) -> Crossing:
    contents = {film.sha256 for film in first}
    best = correlation.max(axis=1)
    copies = [(int(i), int(correlation[i].argmax())) for i in np.flatnonzero(best >= ALIKE)]
    return Crossing(
        parts=names,
        patients=sorted({film.patient for film in first} & {film.patient for film in second}),
        identical=[film.path.name for film in second if film.sha256 in contents],
        alike=[(second[i].path.name, first[j].path.name, float(correlation[i, j])) for i, j in copies],
        closest=float(best.max()),
    )


def _fingerprints(films: Sequence[LabelledFilm], title: str) -> npt.NDArray[np.float32]:
    """float32 [N, (SIDE − 2 EDGE)²], each of mean 0 and length 1."""
    rows = []
    for film in tqdm(films, desc=title, unit="film", disable=None):
        image = Image.fromarray(preprocess(film.path, (SIDE, SIDE))[..., 0])
        detail = np.asarray(image, np.float32) - np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), np.float32)
        inner = detail[EDGE:-EDGE, EDGE:-EDGE].ravel()
        inner = inner - inner.mean()
        rows.append(inner / max(float(np.linalg.norm(inner)), 1e-6))
    return np.stack(rows)


def main(run: Path) -> None:
    """Print what the parts of `run` share."""
    for crossing in crossings(read_manifest(run / "manifest.csv", data_folder())):
        print(
            f"{crossing.parts[0]} and {crossing.parts[1]}: {len(crossing.patients)} patients, "
            f"{len(crossing.identical)} identical files and {len(crossing.alike)} near-copies in both; "
            f"closest pair {crossing.closest:.2f}"
        )
        for second, first, correlation in crossing.alike:
            print(f"  {second} ~ {first}: {correlation:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
