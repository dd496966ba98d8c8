import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.cli.main import main
from cxr_edge.results.inbox import Inbox, watch
from cxr_edge.results.ledger import Ledger, Table
from helpers import SIDE, encoded

KILLS = int(
    os.environ.get("CXR_EDGE_KILLS", "12")
)  # the long run: CXR_EDGE_KILLS=200 pytest tests/runtime/test_watch.py


def film(level):
    return encoded(Image.fromarray(np.full((SIDE, SIDE), level, np.uint8)), "PNG")


def rows(folder):
    with sqlite3.connect(folder / "cxr-edge.sqlite") as connection:
        return connection.execute("SELECT path, probability, decision, error FROM films ORDER BY path").fetchall()


def table(folder):
    with (folder / "cxr-edge.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def once(tiny_model, tmp_path):
    def once(*more):
        return main(["watch", str(tmp_path), "--once", "--interval", "0.02", "--settle", "0.05",
                     "--model", str(tiny_model), *more])  # fmt: skip

    return once


def test_every_film_once_and_only_new_ones_again(once, tmp_path, capsys):
    (tmp_path / "ward").mkdir()
    (tmp_path / "a.png").write_bytes(film(200))
    (tmp_path / "ward/b.png").write_bytes(film(20))
    assert once() == 0
    assert [(path, decision) for path, _, decision, _ in rows(tmp_path)] == [
        ("a.png", "refer"),
        (os.path.join("ward", "b.png"), "no finding"),
    ]
    assert [row["path"] for row in table(tmp_path)] == ["a.png", os.path.join("ward", "b.png")]
    capsys.readouterr()
    (tmp_path / "c.png").write_bytes(b"broken")
    assert once() == 1
    out = capsys.readouterr().out
    assert "c.png: found text" in out
    assert "a.png" not in out
    assert len(rows(tmp_path)) == len(table(tmp_path)) == 3


def test_a_replaced_film_is_scored_again_and_stands_once(once, tmp_path):
    (tmp_path / "a.png").write_bytes(film(200)[:50])
    assert once() == 1
    (tmp_path / "a.png").write_bytes(film(200))
    assert once() == 0
    assert [(path, decision) for path, _, decision, _ in rows(tmp_path)] == [("a.png", "refer")]
    assert [row["decision"] for row in table(tmp_path)] == ["refer"]


def test_a_film_that_is_still_being_written_is_left(tiny, tmp_path):
    data = film(200)
    ledger, inbox = Ledger(tmp_path / "r.sqlite"), Inbox(tmp_path, settle=0.2)
    path = tmp_path / "slow.png"
    for end in range(20, len(data), 20):  # never unchanged for 0.2 s
        path.write_bytes(data[:end])
        assert list(inbox.complete(ledger)) == []
        time.sleep(0.01)
    path.write_bytes(data)
    table = Table(ledger, tmp_path / "r.csv")
    (prediction,) = watch(tiny, inbox, ledger, table, interval=0.02, once=True)
    assert (prediction.path, prediction.decision) == ("slow.png", "refer")


def test_a_name_that_is_no_text(once, tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.png", "wb") as file:
        file.write(film(200))
    assert once() == once() == 0
    assert [path for path, *_ in rows(tmp_path)] == [r"\xff.png"]


def test_a_database_that_cannot_grow_ends_in_one_line(tiny, tmp_path):
    for i in range(200):
        (tmp_path / f"{i:03}.png").write_bytes(film(i))
    ledger, inbox = Ledger(tmp_path / "r.sqlite"), Inbox(tmp_path, settle=0.0)
    table = Table(ledger, tmp_path / "r.csv")
    ledger.connection.execute("PRAGMA max_page_count = 4")  # as a full disk
    with pytest.raises(CxrEdgeError, match="disk is full; expected to write its result"):
        list(watch(tiny, inbox, ledger, table, interval=0.01, once=True))
    assert 0 < len(ledger) < 200
    with (tmp_path / "r.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(ledger)  # nothing in one that is not in the other


def test_what_cannot_be_watched(once, tmp_path, capsys):
    assert main(["watch", str(tmp_path / "missing")]) == 2
    (tmp_path / "cxr-edge.sqlite").write_text("no database, but a diary " * 100)
    assert once() == 2
    assert "found something else; expected a ledger of results" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment_every_film_is_scored_once(tiny_model, tmp_path):
    """Films arrive while the program is killed again and again."""
    source, inbox = tmp_path / "source", tmp_path / "inbox"
    source.mkdir()
    inbox.mkdir()
    count = max(40, KILLS * 5 // 2)
    for i in range(count):
        (source / f"{i:04}.png").write_bytes(film(i % 250))
    command = [sys.executable, "-m", "cxr_edge", "watch", str(inbox), "--model", str(tiny_model)]
    command += ["--interval", "0.01", "--settle", "0.02"]
    rng, arrived = np.random.default_rng(0), 0
    for kill in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        due = count * (kill + 1) // KILLS
        pause = rng.uniform(0.25, 0.6) / max(1, due - arrived)
        for i in range(arrived, due):
            time.sleep(pause)
            shutil.copyfile(source / f"{i:04}.png", inbox / f"{i:04}.png")
        arrived = due
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert subprocess.run([*command, "--once"], stdout=subprocess.DEVNULL).returncode == 0
    assert [path for path, *_ in rows(inbox)] == [f"{i:04}.png" for i in range(count)]
    assert all(error is None and probability is not None for _, probability, _, error in rows(inbox))
    assert sorted(row["path"] for row in table(inbox)) == [f"{i:04}.png" for i in range(count)]
