import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.cli.main import main
from cxr_edge.results.file_scoring import score_files
from cxr_edge.results.scoring_processes import ModelChoice, ScoringProcesses
from cxr_edge.store import SAMPLES
from helpers import SIDE, encoded
from runtime.fatal_films import FatalFilms

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux' /proc to see processes")


@pytest.fixture
def no_network():
    """Processes talk through sockets on some systems."""


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for i in range(12):
        (folder / f"{i:02}.png").write_bytes(encoded(Image.fromarray(np.full((SIDE, SIDE), 20 * i, np.uint8)), "PNG"))
    (folder / "05.png").write_text("not a picture")
    return folder


def printed(capsys, *command):
    status = main([*map(str, command)])
    return status, *capsys.readouterr()


def test_workers_change_no_answer_and_no_order(films, tiny_model, tmp_path, capsys):
    command = ["predict", films, films / "gone.png", "--model", tiny_model, "--format", "json"]
    one = printed(capsys, *command)
    three = printed(capsys, *command, "--workers", 3)
    assert one == three
    assert one[0] == 1
    assert len(json.loads(one[1])["films"]) == 13


def test_pictures_ledger_and_operating_point_as_with_one(tmp_path, capsys):
    ledger, pictures = tmp_path / "done.sqlite", tmp_path / "pictures"
    command = ["predict", SAMPLES, "--heatmap", pictures, "--format", "json", "--resume", ledger, "--workers", 2]
    first = printed(capsys, *command)
    assert first[0] == 0
    assert len(list(pictures.iterdir())) == len(json.loads(first[1])["films"]) == 3
    assert printed(capsys, *command) == first  # from the ledger
    assert printed(capsys, *command[:-2]) == first


def test_a_film_that_stops_its_process_costs_no_other_film_its_answer(films, tiny_model):
    for name in ("03-fatal.png", "04-fatal.png", "99-fatal.png"):
        (films / name).write_bytes((films / "03.png").read_bytes())
    paths = sorted(str(film) for film in films.iterdir())
    classifier = Classifier.load(tiny_model)
    processes = ScoringProcesses(FatalFilms(str(tiny_model)), classifier.fingerprint, 2)
    scored = list(score_files(classifier, paths, processes=processes))
    assert [one.path for one in scored] == paths
    for film in scored:
        if "fatal" in film.path:
            assert (
                film.error == f"{film.path}: found a film that stops the program that reads it; expected a readable one"
            )
        else:
            assert film == next(score_files(classifier, [film.path]))


def test_another_model_than_a_moment_ago(films, tiny_model):
    classifier = Classifier.load(tiny_model)
    processes = ScoringProcesses(ModelChoice(str(tiny_model)), "another", 2)
    with pytest.raises(CxrEdgeError, match="found another file than a moment ago; expected the same model"):
        list(score_files(classifier, [str(films / "01.png")], processes=processes))
    processes = ScoringProcesses(ModelChoice(str(tiny_model), sha256="0" * 64), classifier.fingerprint, 2)
    with pytest.raises(CxrEdgeError, match="sha256"):
        list(score_files(classifier, [str(films / "01.png")], processes=processes))


@needs_proc
def test_a_caller_that_stops_leaves_no_process(films, tiny_model):
    classifier = Classifier.load(tiny_model)
    processes = ScoringProcesses(ModelChoice(str(tiny_model)), classifier.fingerprint, 2)
    results = score_files(classifier, [str(films / "01.png")] * 1000, processes=processes)
    next(results)
    workers = [pid for pid in children(os.getpid()) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(workers) >= 1
    results.close()
    assert not [pid for pid in workers if alive(pid)]


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_the_command(films, tiny_model, how):
    many = [str(films / "01.png")] * 5000
    command = [sys.executable, "-m", "cxr_edge", "predict", *many, "--model", str(tiny_model), "--format", "jsonl"]
    process = subprocess.Popen([*command, "--workers", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["decision"]
    workers = children(process.pid)
    assert len(workers) >= 2
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}[how]
    assert "Traceback" not in said
    end = time.monotonic() + 20
    while left := [pid for pid in workers if alive(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
