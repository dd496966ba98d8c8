"""One command on this computer with nothing running: time, completeness, and the same rows as ``cxr-edge predict``."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cxr_edge import Classifier
from cxr_edge.film.folder import films_in
from cxr_edge.results.file_scoring import score_files
from cxr_edge_bench.archive.running_command import ran
from cxr_edge_bench.checkout import films_folder


def run(films: int | None) -> dict[str, Any]:
    """List, score, check and compare the films of ``CXR_EDGE_DATA``.

    Args:
        films: at most so many; None for all.
    """
    source = films_folder()
    if source is None:
        return {"left_out": "set CXR_EDGE_DATA to the folder that holds chest_xray/", "passed": None}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if films is not None:
            source = _some(source, folder / "films", films)
        manifest, results = folder / "films.parquet", folder / "results"
        listed = ran("manifest", source, "--out", manifest)
        scored = ran("score", manifest, "--out", results, "--format", "json")
        checked = ran("check", manifest, results, "--format", "json")
        again = ran("score", manifest, "--out", results)
        different = differing(results, source)
    said, found = json.loads(scored.out), json.loads(checked.out)
    ended_well = all(one.status == 0 and not one.left_behind for one in (listed, scored, checked, again))
    return {
        "films": found["films"],
        "listing": listed.to_dict(),
        "scoring": {**scored.to_dict(), "films_per_second_while_scoring": said["films_per_second"]},
        "check": {**checked.to_dict(), **found},
        "again_with_nothing_left": again.to_dict(),
        "rows_unlike_predict": different,
        "passed": ended_well and found["passed"] and different == 0,
    }


def differing(results: Path, source: Path) -> int:
    """How many rows are not, in every field, what ``cxr-edge predict`` says of the same file."""
    rows = {row["path"]: row for file in results.glob("films-*") for row in pq.read_table(file).to_pylist()}
    paths = [str(film) for film in films_in(source)]
    theirs = (answer.to_dict() for answer in score_files(Classifier.load(), paths))
    unlike = sum(
        any(rows[path][name] != value for name, value in one.items()) for path, one in zip(paths, theirs, strict=True)
    )
    return unlike + len(rows) - len(paths)


def _some(source: Path, folder: Path, films: int) -> Path:
    found = films_in(source)
    for number, film in enumerate(found[:: max(1, len(found) // films)][:films]):
        target = folder / f"{number % 7}" / f"{number}{film.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(film, target)
    return folder


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    scoring = result["scoring"]
    return (
        f"{result['films']} films in {scoring['seconds']:.0f} s from start to end, "
        f"{scoring['films_per_second_while_scoring']:.0f} films/s while scoring; "
        f"check {'passed' if result['check']['passed'] else 'FAILED'}; "
        f"{result['rows_unlike_predict']} rows unlike predict"
    )
