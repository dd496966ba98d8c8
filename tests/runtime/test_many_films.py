import json
import os
import signal
import sqlite3
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


def ledger_rows(file):
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT file, probability, error FROM films ORDER BY file").fetchall()


def test_a_run_resumes(folder, tiny_model, tmp_path, capsys, monkeypatch):
    ledger = tmp_path / "done.sqlite"
    command = ["predict", str(folder), "--format", "json", "--model", str(tiny_model), "--resume", str(ledger)]
    assert main(command) == 1
    whole = capsys.readouterr().out
    assert len(ledger_rows(ledger)) == 13
    with sqlite3.connect(ledger) as connection:  # as after a kill behind the fifth film
        connection.execute("DELETE FROM films WHERE file >= ?", (str(folder / "05.png"),))
    scored = []
    prepare = Classifier.prepare
    monkeypatch.setattr(Classifier, "prepare", lambda self, film, **k: scored.append(film) or prepare(self, film, **k))
    assert main(command) == 1
    assert [os.path.basename(film) for film in scored] == [*(f"{i:02}.png" for i in range(5, 12)), "broken.png"]
    assert capsys.readouterr().out == whole
    assert len(ledger_rows(ledger)) == 13


def decisions(capsys):
    return [film["decision"] for film in json.loads(capsys.readouterr().out)["films"]]


def test_a_replaced_film_is_scored_again(folder, tiny_model, tmp_path, capsys):
    film = folder / "11.png"
    command = ["predict", str(film), "--resume", str(tmp_path / "done"), "--model", str(tiny_model), "--format", "json"]
    assert main(command) == 0
    assert decisions(capsys) == ["refer"]
    film.write_bytes((folder / "00.png").read_bytes())
    assert main(command) == 0
    assert decisions(capsys) == ["no finding"]


def test_a_film_that_was_only_touched_is_not_scored_again(folder, tiny_model, tmp_path, capsys, monkeypatch):
    film = folder / "11.png"
    command = ["predict", str(film), "--resume", str(tmp_path / "done"), "--model", str(tiny_model)]
    assert main(command) == 0
    os.utime(film, ns=(1, 1))
    monkeypatch.setattr(Classifier, "prepare", None)
    assert main(command) == 0


def test_a_relative_path_from_another_folder_is_another_film(tiny_model, tmp_path, capsys, monkeypatch):
    command = ["predict", "film.png", "--resume", str(tmp_path / "done"), "--model", str(tiny_model)]
    for name, level in (("bright", 230), ("dark", 10)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        (tmp_path / name / "film.png").write_bytes(encoded(Image.fromarray(grey(level)), "PNG"))
        os.utime("film.png", ns=(5, 5))
        assert main([*command, "--format", "json"]) == 0
        assert decisions(capsys) == [{"bright": "refer", "dark": "no finding"}[name]]
    assert len(ledger_rows(tmp_path / "done")) == 2


def test_a_heatmap_that_is_asked_for_later_is_made(tmp_path, capsys):
    command = ["predict", str(SAMPLES / "drawn_clear.png"), "--resume", str(tmp_path / "done"), "--format", "json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["films"][0]["heatmap_file"] is None
    for _ in range(2):
        assert main([*command, "--heatmap", str(tmp_path / "looked")]) == 0
        assert os.path.isfile(json.loads(capsys.readouterr().out)["films"][0]["heatmap_file"])


def test_results_of_another_model_do_not_count_and_other_files_are_left_alone(folder, tiny_model, tmp_path, capsys):
    ledger = tmp_path / "done.sqlite"
    assert main(["predict", str(folder / "01.png"), "--resume", str(ledger)]) == 0
    capsys.readouterr()
    assert main(["predict", str(folder / "01.png"), "--resume", str(ledger), "--model", str(tiny_model)]) == 0
    assert "holds 1 results of another model" in capsys.readouterr().err
    ((_, probability, _),) = ledger_rows(ledger)
    assert probability == Classifier.load(tiny_model).predict(folder / "01.png").probability
    other = tmp_path / "diary.txt"
    other.write_text("dear diary\n")
    assert main(["predict", str(folder), "--resume", str(other)]) == 2
    assert "diary.txt: found something else; expected a ledger of results" in capsys.readouterr().err
    assert other.read_text() == "dear diary\n"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment_every_film_is_in_the_results_once(folder, tiny_model, tmp_path):
    ledger = tmp_path / "done.sqlite"
    command = [sys.executable, "-m", "cxr_edge", "predict", str(folder), "--model", str(tiny_model)]
    command += ["--resume", str(ledger), "--format", "jsonl"]
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.15, 0.35))
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    good = [file for file, _, error in ledger_rows(ledger) if not error]
    assert [os.path.basename(file) for file in good] == [f"{i:02}.png" for i in range(12)]
