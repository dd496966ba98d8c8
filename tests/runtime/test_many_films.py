import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, Prediction
from cxr_edge.cli.main import main
from cxr_edge.ordered import in_order
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge.store import SAMPLES
from helpers import SIDE, encoded


def grey(level):
    return np.full((SIDE, SIDE), level, np.uint8)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_and_items_are_taken_as_needed(workers):
    taken = []

    def items():
        for i in range(40):
            taken.append(i)
            yield i

    def slow_when_even(i):
        time.sleep(0.003 * (i % 2 == 0))
        return i * i

    results = in_order(slow_when_even, items(), workers)
    assert next(results) == 0
    assert len(taken) <= 2 * workers
    assert list(results) == [i * i for i in range(1, 40)]


def test_an_error_reaches_the_caller_and_stopping_early_ends_the_threads():
    def fail(i):
        raise KeyError(i)

    with pytest.raises(KeyError):
        list(in_order(fail, range(10), 2))
    results = in_order(lambda i: i, range(10**9), 3)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("cxr-edge")]


def test_workers_change_no_answer(tiny):
    films = [grey(level) for level in range(0, 250, 10)] + [b"text"] + [grey(3)]
    one, three = (list(tiny.predict_many(films, workers=n)) for n in (1, 3))
    assert one == three
    assert one[-2].error


def test_one_classifier_in_eight_threads_gives_bit_equal_answers():
    classifier = Classifier.load()
    samples = [np.asarray(Image.open(path).resize((180, 180))) for path in sorted(SAMPLES.glob("*.png"))]
    films = [np.roll(samples[i % 3], i // 3, axis=1) for i in range(200)]
    expected = [classifier.predict(film) for film in films]
    assert len({p.logit for p in expected}) == 200
    wrong = []

    def work():
        wrong.extend(p for p, e in zip(map(classifier.predict, films), expected, strict=True) if p != e)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_most_urgent_first():
    order = [
        ("a", 0.99, "refer"),
        ("b", 0.5, "refer"),
        ("c", 0.9, "review"),
        ("d", None, None),
        ("e", 0.1, "no finding"),
    ]
    films = [Prediction(path, p, p, decision) for path, p, decision in order]
    assert [p.path for p in most_urgent_first(films[::-1])] == ["a", "b", "c", "d", "e"]


@pytest.fixture
def folder(tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for i in range(12):
        (films / f"{i:02}.png").write_bytes(encoded(Image.fromarray(grey(20 * i)), "PNG"))
    (films / "broken.png").write_bytes(b"x")
    return films


def test_a_worklist(folder, tiny_model, capsys):
    assert main(["predict", str(folder), "--worklist", "--format", "json", "--model", str(tiny_model)]) == 1
    films = json.loads(capsys.readouterr().out)["films"]
    assert [os.path.basename(film["path"]) for film in films] == [
        *(f"{i:02}.png" for i in range(11, 6, -1)),
        "broken.png",
        *(f"{i:02}.png" for i in range(6, -1, -1)),
    ]


def test_a_run_resumes(folder, tiny_model, tmp_path, capsys, monkeypatch):
    results = tmp_path / "results.jsonl"
    command = ["predict", str(folder), "--format", "json", "--model", str(tiny_model), "--resume", str(results)]
    assert main(command) == 1
    whole = capsys.readouterr().out
    lines = results.read_bytes().splitlines(keepends=True)
    assert len(lines) == 13
    results.write_bytes(b"".join(lines[:5]) + lines[5][:20])  # power cut in the sixth line
    scored = []
    predict = Classifier.predict
    monkeypatch.setattr(Classifier, "predict", lambda self, film, **k: scored.append(film) or predict(self, film, **k))
    assert main(command) == 1
    assert [os.path.basename(film) for film in scored] == [*(f"{i:02}.png" for i in range(5, 12)), "broken.png"]
    assert capsys.readouterr().out == whole
    assert sorted(results.read_bytes().splitlines(keepends=True)) == sorted(lines)


def test_results_of_another_model_do_not_count_and_other_files_are_left_alone(folder, tiny_model, tmp_path, capsys):
    results = tmp_path / "results.jsonl"
    assert main(["predict", str(folder / "01.png"), "--resume", str(results)]) == 0
    assert main(["predict", str(folder / "01.png"), "--resume", str(results), "--model", str(tiny_model)]) == 0
    assert len(results.read_text().splitlines()) == 2
    other = tmp_path / "diary.txt"
    other.write_text("dear diary\n")
    assert main(["predict", str(folder), "--resume", str(other)]) == 2
    assert "found something else in line 1" in capsys.readouterr().err
    assert other.read_text() == "dear diary\n"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment_every_film_is_in_the_results_once(folder, tiny_model, tmp_path):
    results = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "cxr_edge", "predict", str(folder), "--model", str(tiny_model)]
    command += ["--resume", str(results), "--format", "jsonl"]
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.15, 0.35))
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    good = [r for line in results.read_text().splitlines() if not (r := json.loads(line))["error"]]
    assert sorted(os.path.basename(r["path"]) for r in good) == [f"{i:02}.png" for i in range(12)]
