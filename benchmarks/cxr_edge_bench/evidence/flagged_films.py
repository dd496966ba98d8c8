"""How well does the quality gate of a model tell films from anything else?

``python -m cxr_edge_bench.evidence.flagged_films [MODEL]`` prints, and writes to ``results/NAME/quality_gate.json``,
the share of pictures with a quality reason and what the reasons are: test films as they are, turned and inverted; films
of other hospitals; knees and lateral films; and three hundred pictures that are no chest X-rays, as they are and in
grey. Needs ``$CXR_EDGE_DATA`` and the extra ``bench``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import proportion
from cxr_edge.film.folder import films_in
from cxr_edge.film.preprocess import Film
from cxr_edge_bench.checkout import RESULTS, films_folder
from cxr_edge_bench.evidence.film_scores import COPIES
from cxr_edge_bench.evidence.not_chest_pictures import SOURCES, in_grey, pictures
from cxr_edge_train.data.records import write_json

Grey = npt.NDArray[np.uint8]
TURNS: dict[str, Callable[[Grey], Grey]] = {
    "turned left": lambda a: np.rot90(a),
    "upside down": lambda a: np.rot90(a, 2),
    "turned right": lambda a: np.rot90(a, -1),
    "inverted": lambda a: 255 - a,
}


def sets(data: Path) -> Iterator[tuple[str, Sequence[Film]]]:
    """Every set of films with its name: paths, or arrays where films are changed."""
    test = films_in(data / "chest_xray/test")
    yield "test films", test
    grey = [np.asarray(Image.open(path).convert("L")) for path in test]
    for name, turn in TURNS.items():
        yield f"test films, {name}", [np.ascontiguousarray(turn(film)) for film in grey]
    for folder in ("external_rsna", "external_nih"):
        yield f"{folder} (frontal films of another hospital, mostly adults)", films_in(data / folder)
    for folder in ("knee", "lateral"):
        yield f"{folder} films", films_in(data / "not_frontal_chest" / folder)
    named = pictures()
    yield "no chest X-ray, as they are", [image for _, image in named]
    yield "no chest X-ray, in grey", [in_grey(image) for _, image in named]
    for kind in sorted({kind for kind, _ in named}):
        yield f"no chest X-ray, in grey, {kind}", [in_grey(image) for found, image in named if found == kind]


def measure(classifier: Classifier, films: Iterable[Film]) -> dict[str, Any]:
    """Share flagged with interval, and how often each reason and decision came up."""
    predictions = [classifier.predict(film) for film in films]
    flagged = sum(bool(p.quality) for p in predictions)
    return {
        "films": len(predictions),
        "flagged": asdict(proportion(flagged, len(predictions))),
        "reasons": dict(Counter(code for p in predictions for code in p.quality).most_common()),
        "decisions": dict(Counter(p.decision for p in predictions).most_common()),
    }


def main() -> int:
    """Measure, print, write."""
    missing = [package for package in SOURCES if find_spec(package) is None]
    if missing:
        print(f"found no {', '.join(missing)}; expected what pip install 'cxr-edge[bench]' brings", file=sys.stderr)
        return 2
    folder = films_folder()
    if folder is None:
        print("set CXR_EDGE_DATA to the folder that holds chest_xray/", file=sys.stderr)
        return 2
    classifier, results = Classifier.load(*sys.argv[1:]), {}
    for name, films in tqdm(sets(folder.parent), disable=None, leave=False):
        row = results[name] = measure(classifier, films)
        if (first := name.split()[0]) in COPIES:
            row["copies"] = COPIES[first]
        share = row["flagged"]
        reasons = ", ".join(f"{code} {count}" for code, count in row["reasons"].items())
        tqdm.write(
            f"{name}: {share['value']:.1%} of {row['films']} flagged "
            f"({share['low']:.1%} to {share['high']:.1%}): {reasons or 'none'}"
        )
    record = {"model": classifier.card.name, "sha256": classifier.sha256, "sets": results}
    write_json(RESULTS / classifier.card.name / "quality_gate.json", record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
