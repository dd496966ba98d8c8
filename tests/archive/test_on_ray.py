"""The command on a Ray of its own, and runs in which processes die: one row for each film, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest
from PIL import Image

from archive.fatal_archive_films import FATAL, FatalArchiveFilms
from archive.made_results import work_for
from cxr_edge.results.file_scoring import films_named, score_files
from cxr_edge_archive.listing.make_manifest import Maker
from cxr_edge_archive.looking.completeness_check import check
from cxr_edge_archive.places import Stores
from cxr_edge_archive.scoring import score_archive as engine
from cxr_edge_archive.scoring.cluster import cluster
from cxr_edge_archive.scoring.score_archive import score_archive

TESTS = Path(__file__).parents[1]
SECONDS = 300


def environment():
    """Of a program whose scoring processes can import these tests too."""
    path = os.pathsep.join([str(TESTS), *(entry for entry in sys.path if entry)])
    return {**os.environ, "PYTHONPATH": path}


def started(*arguments):
    """``cxr-edge archive`` in a session of its own, whose processes can be told from others."""
    command = [sys.executable, "-m", "cxr_edge", "archive", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def left_of(processes, seconds=30):
    """Of `processes` those that still live after a while."""
    return psutil.wait_procs(processes, timeout=seconds)[1]


def test_one_command_scores_goes_on_and_leaves_nothing(films, manifest, tiny, tiny_model, tmp_path):
    results = tmp_path / "results"
    asked = ["score", manifest, "--out", results, "--model", tiny_model, "--batch", 5, "--workers", 2]
    process = started(*asked, "--format", "json")
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, err  # two films are no pictures
    said = json.loads(out)
    assert (said["films"], said["scored"], said["unreadable"], said["left"]) == (12, 12, 2, 0)
    assert sum(said["decisions"].values()) == 10
    assert err == ""
    rows = [row for file in sorted(results.glob("films-*")) for row in pq.read_table(file).to_pylist()]
    theirs = {answer.path: answer.to_dict() for answer in score_files(tiny, films_named(str(films)))}
    assert {row["path"]: {name: row[name] for name in theirs[row["path"]]} for row in rows} == theirs
    assert check(manifest, str(results), Stores()).passed
    first = min(results.glob("films-*"))
    first.unlink()
    process = started(*asked)
    out, err = process.communicate(timeout=SECONDS)
    assert "scored now: 5 (" in out
    assert check(manifest, str(results), Stores()).passed
    process = started(*asked)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "nothing was left to score" in out) == (0, True)


@pytest.fixture
def many(tmp_path):
    """Sixty films in chunks of three."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        Image.fromarray(np.full((70, 70), 4 * number, np.uint8)).save(folder / f"{number:02}.png")
    Maker([str(folder)], str(tmp_path / "many.parquet"), Stores()).make()
    return str(tmp_path / "many.parquet")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_driver_that_is_stopped_leaves_no_process_and_can_go_on(many, tiny_model, tmp_path, told):
    results = tmp_path / "results"
    asked = ["score", many, "--out", results, "--model", tiny_model, "--batch", 1, "--workers", 2]
    process = started(*asked)
    end = time.monotonic() + SECONDS
    while not list(results.glob("films-*")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(told)
    process.wait(SECONDS)
    assert family
    left = left_of(family)
    if told == signal.SIGKILL:  # two helpers of Ray notice after a minute that what started them is gone
        assert all("Agent" in one.name() for one in left)
        for one in left:
            one.kill()
        left = left_of(left)
    assert left == []
    _, err = process.communicate(timeout=SECONDS)
    if told != signal.SIGKILL and process.returncode != 0:  # 0: it was done before it heard
        assert process.returncode == 130
        assert "the same command goes on from here" in err
        return
    process = started(*asked)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert check(many, str(results), Stores()).passed


def test_a_film_that_kills_its_process_becomes_a_row_and_the_others_lose_nothing(tmp_path, tiny_model, monkeypatch):
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(24):
        grey = FATAL if number in (4, 5, 17) else 5 * number
        Image.fromarray(np.full((64, 64), grey, np.uint8)).save(folder / f"{number:02}.png")
    manifest = str(tmp_path / "films.parquet")
    Maker([str(folder)], manifest, Stores()).make()
    choice = FatalArchiveFilms(str(tiny_model))
    work = work_for(manifest, tmp_path / "results", tiny_model, batch=3, choice=choice)
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    monkeypatch.setattr(engine, "BLOCKS", 4)  # two chunks a block, as in a large archive
    monkeypatch.setattr(engine, "SPREAD", 1)
    before = psutil.Process().children(recursive=True)  # of other tests, such as Python's tracker of resources
    with cluster(None, 2) as ray:
        outcome = score_archive(work, ray.cpus, lambda done: None)
        ours = [one for one in psutil.Process().children(recursive=True) if one not in before]
    assert left_of(ours) == []
    assert (outcome.scored, outcome.unreadable, outcome.left, outcome.lost) == (24, 3, 0, 0)
    assert check(manifest, str(tmp_path / "results"), Stores()).passed
    rows = [row for file in (tmp_path / "results").glob("films-*") for row in pq.read_table(file).to_pylist()]
    errors = {row["path"]: row["error"] for row in rows if row["error"]}
    assert sorted(Path(path).name for path in errors) == ["04.png", "05.png", "17.png"]
    assert all("found a film that stops the program that reads it" in error for error in errors.values())
