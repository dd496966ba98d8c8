"""A manifest of ten million films: time and memory of a listing, of one that goes on, and of a run that goes on."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cxr_edge.prediction import Prediction
from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge.store import SAMPLES
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Stores
from cxr_edge_archive.scoring.result_table import results_file
from cxr_edge_archive.scoring.run import NOTE, Run
from cxr_edge_bench.archive.running_command import Running, ran

PER_FOLDER = 10_000
"""Hard links to one file; file systems allow some tens of thousands."""


def run(films: int) -> dict[str, Any]:
    """Make `films` names of one small film, list them, and go on after a kill; then a run with one chunk left.

    Args:
        films: how many; a multiple of `PER_FOLDER`, or less than it.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = _links(folder / "films", films)
        whole = ran("manifest", source, "--out", folder / "whole.parquet", "--format", "json")
        stopped = Running("manifest", source, "--out", folder / "films.parquet")
        time.sleep(whole.seconds * 0.6)
        stopped.kill()
        stopped.end()
        resumed = ran("manifest", source, "--out", folder / "films.parquet", "--format", "json")
        manifest = Manifest(str(folder / "films.parquet"), Stores())
        same = manifest.sha256 == Manifest(str(folder / "whole.parquet"), Stores()).sha256
        size = (folder / "films.parquet").stat().st_size
        first = _first_result(folder)
        _results_but_one(manifest, folder / "results")
        scored = ran("score", folder / "films.parquet", "--out", folder / "results", "--format", "json")
        checked = ran("check", folder / "films.parquet", folder / "results", "--format", "json")
    found = json.loads(checked.out)
    return {
        "films": films,
        "manifest_mb": size / 2**20,
        "listing": whole.to_dict(),
        "listing_that_goes_on": {**resumed.to_dict(), "same_manifest": same},
        "new_run_until_first_result": first,
        "run_with_one_chunk_left": {**scored.to_dict(), "scored": json.loads(scored.out)["scored"]},
        "check": {**checked.to_dict(), **found},
        "passed": same and json.loads(whole.out)["films"] == films and found["passed"] and scored.status == 0,
    }


def _links(folder: Path, films: int) -> Path:
    data = next(SAMPLES.glob("*.png")).read_bytes()
    for start in range(0, films, PER_FOLDER):
        below = folder / f"{start // PER_FOLDER:05d}"
        below.mkdir(parents=True)
        first = below / "0000.png"
        first.write_bytes(data)
        for number in range(1, min(PER_FOLDER, films - start)):
            os.link(first, below / f"{number:04d}.png")
    return folder


def _first_result(folder: Path) -> dict[str, float]:
    """Seconds until a new run of the whole manifest has written its first chunk."""
    begin = time.perf_counter()
    running = Running("score", folder / "films.parquet", "--out", folder / "new")
    while running.process.poll() is None and not list((folder / "new").glob("films-*")):
        time.sleep(0.2)
    seconds = time.perf_counter() - begin
    running.process.terminate()
    return {**running.end().to_dict(), "seconds": seconds}


def _results_but_one(manifest: Manifest, results: Path) -> None:
    """Results of every chunk but the middle one, as a run would have written them, with one answer for all films."""
    classifier = ModelChoice("default").load()
    model = Run.of(manifest, classifier, None, False)
    answer = Prediction("", 0.5, 0.0, "review")
    results.mkdir()
    for chunk in range(model.chunks):
        if chunk != model.chunks // 2:
            rows = manifest.rows_from(chunk * model.batch, model.films_of(chunk))
            answers = [replace(answer, path=uri) for uri in rows["uri"].to_pylist()]
            (results / model.file_of(chunk)).write_bytes(results_file(model, rows, answers, [1] * len(answers)))
    (results / NOTE).write_text(json.dumps({"schema": 1, **vars(model)}))


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    names = ("listing", "listing_that_goes_on", "new_run_until_first_result", "run_with_one_chunk_left", "check")
    lines = [
        f"{name.replace('_', ' ')}: {result[name]['seconds']:.0f} s, {result[name]['peak_mb']:.0f} MB" for name in names
    ]
    return "\n".join([f"{result['films']} films, manifest {result['manifest_mb']:.0f} MB", *lines])
