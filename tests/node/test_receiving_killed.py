"""A node that is killed at the worst moments: no film is lost, none is half there, and none is there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pydicom
import pytest

pytest.importorskip("pynetdicom")

from node.receiving_peers import CR, IMPLICIT, film, listening, send
from node.receiving_raw import Raw, command, p_data, store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from cxr_edge_node.receiving import intake
from cxr_edge_node.receiving.listener import Listener
from cxr_edge_node.records import whole_objects
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Settings

spool, moment = Path(sys.argv[1]), sys.argv[2]

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def both(*values, **more):
        function(*values, **more)
        killed()
    return both

if moment == "before the rename":
    whole_objects.Path.replace = killed
elif moment == "after the rename":
    whole_objects.Path.replace = after(Path.replace)
elif moment == "before the ledger":
    NodeLedger.receive = killed
elif moment == "after the ledger":
    NodeLedger.receive = after(NodeLedger.receive)
listener = Listener(Settings(spool, port=0, reserve=0), NodeLedger(spool), lambda: None)
listener.start()
print(listener.port, flush=True)
time.sleep(60)
"""
MOMENTS = ("before the rename", "after the rename", "before the ledger", "after the ledger")


def _node(spool, moment: str) -> tuple[subprocess.Popen, int]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, spool, moment], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_the_end_of_an_object(tmp_path, moment):
    process, port = _node(tmp_path, moment)
    with process:
        with Raw(port) as sender:
            assert sender.associate()
            sender.send(store(b"data", uid="1.2.3.4"))
            assert sender.status() is None  # no word of success
        assert process.wait(10) == -signal.SIGKILL
    known = moment == "after the ledger"
    with listening(tmp_path) as node:
        assert len(node.received()) == known
        assert node.incoming() == []
        with Raw(node.port) as sender:
            assert sender.associate()
            sender.send(store(b"data", uid="1.2.3.4"))
            assert sender.status()[0] == 0
        assert len(node.films()) == len(node.received()) == 1
        assert node.films()[0].read_bytes().endswith(b"data")
        assert len(node.arrived) == (not known)


def test_killed_amid_an_object(tmp_path):
    process, port = _node(tmp_path, "by hand")
    with process, Raw(port) as sender:
        assert sender.associate((CR, [IMPLICIT]))
        sender.send(p_data((3, command()), (0, bytes(100_000))))
        while not list((tmp_path / "incoming").iterdir()):
            time.sleep(0.01)
        process.kill()
        process.wait(10)
    assert len(list((tmp_path / "incoming").iterdir())) == 1
    with listening(tmp_path) as node:
        assert node.incoming() == node.films() == node.received() == []


def test_killed_again_and_again_while_films_come(tmp_path):
    """Whatever the sender was told is there, is there and whole."""
    told: set[str] = set()
    for round_number in range(5):
        process, port = _node(tmp_path, "by hand")
        with process:
            with Raw(port) as sender:
                assert sender.associate()
                deadline = time.monotonic() + 0.3 + 0.07 * round_number
                number = 0
                while True:
                    uid = f"1.2.{round_number}.{number}"
                    try:
                        sender.send(store(uid.encode() * 5000, uid=uid))
                        if time.monotonic() > deadline:
                            process.kill()
                        answer = sender.status()
                    except ConnectionError:
                        break
                    if answer is None:
                        break
                    assert answer[0] == 0
                    told.add(uid)
                    number += 1
            process.wait(10)
    assert len(told) > 10
    with listening(tmp_path) as node:
        kept = {row[0]: tmp_path / row[2] for row in node.received()}
        assert told <= set(kept)
        for uid, path in kept.items():
            assert path.read_bytes().endswith(uid.encode() * 5000)
            assert pydicom.filereader.read_file_meta_info(path).MediaStorageSOPInstanceUID == uid
        assert send(node.port, film("1.2.999")) == [0]
