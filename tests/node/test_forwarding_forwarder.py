"""From the ledger to a destination and back: what is sent when, and what is noted."""

import threading
import time
from itertools import pairwise

import pytest

pytest.importorskip("pydicom", reason="needs cxr-edge[node]")

from cxr_edge_node.forwarding import forwarder as forwarder_module
from cxr_edge_node.forwarding import times
from cxr_edge_node.forwarding.forwarder import senders
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.forwarding.times import backoff
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import settings
from node.known_sender import TO, Said, arrived, forwarding, states, until
from node.small_answers import put, report


@pytest.fixture
def ledger(tmp_path):
    opened = NodeLedger(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(times, "FIRST", 0.05)
    monkeypatch.setattr(forwarder_module, "POLL", 0.05)


def test_the_oldest_first_in_batches(ledger, tmp_path):
    uids = [uid for _ in range(125) for uid in put(ledger, tmp_path, [report(), report()], TO)]
    with forwarding(ledger, sender := Said(), tmp_path):
        until(arrived(ledger, uids))
    assert [len(batch) for batch in sender.batches] == [100, 100, 50]
    films = [{uids[i], uids[i + 1]} for i in range(0, 250, 2)]
    assert [set(sender.tried[i : i + 2]) for i in range(0, 250, 2)] == films


def test_new_answers_go_out_at_once(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(forwarder_module, "POLL", 60.0)
    delays = []
    with forwarding(ledger, sender := Said(), tmp_path) as forwarder:
        time.sleep(0.1)
        for _ in range(20):
            uids, woken = put(ledger, tmp_path, [report()], TO), time.monotonic()
            forwarder.wake()
            until(lambda uids=uids: uids[0] in sender.tried)
            delays.append(time.monotonic() - woken)
    assert sorted(delays)[10] < 0.02


def test_a_refused_answer_is_tried_again_in_an_hour_and_holds_up_no_other(ledger, tmp_path, monkeypatch, caplog):
    first, *others = put(ledger, tmp_path, [report() for _ in range(5)], TO)
    mended = threading.Event()
    sender = Said(lambda uid: "sent" if uid != first or mended.is_set() else ("refused", "status 0xA900 (no)"))
    with forwarding(ledger, sender, tmp_path):
        until(arrived(ledger, others))
        until(lambda: states(ledger)[first] == ["refused", "status 0xA900 (no)", 1])
        ((again_in,),) = ledger.rows("SELECT next_attempt - ? FROM deliveries WHERE state = 'refused'", time.time())
        assert 3590 < again_in < 3601
        mended.set()
        with ledger.writing() as connection:
            connection.execute("UPDATE deliveries SET next_attempt = 0 WHERE state = 'refused'")
        until(arrived(ledger, [first]))
    assert len([line for line in caplog.messages if "refused: status 0xA900" in line]) == 1


def test_a_dead_archive_is_called_more_and_more_seldom_and_said_once(ledger, tmp_path, caplog):
    uids, back = [put(ledger, tmp_path, [report()], TO)[0] for _ in range(3)], threading.Event()
    calls = []

    def judge(uid):
        if back.is_set():
            return "sent"
        calls.append(time.monotonic())
        return Unreachable("cannot connect: Connection refused")

    with forwarding(ledger, sender := Said(judge), tmp_path) as forwarder:
        until(lambda: len(calls) == 5)
        forwarder.wake()  # new films do not hammer at it
        pauses = [b - a for a, b in pairwise(calls)]
        for pause, expected in zip(pauses, (0.05, 0.1, 0.2, 0.4), strict=True):
            assert expected * 0.8 <= pause < expected * 1.5 + 0.05
        kept = states(ledger)
        assert kept[uids[0]] == ["waiting", "cannot connect: Connection refused", 5]
        assert [kept[uid] for uid in uids[1:]] == [["waiting", None, 0]] * 2  # never tried
        back.set()
        until(arrived(ledger, uids))
    assert sender.tried == uids  # in their old order
    lines = [line for line in caplog.messages if line.startswith(TO)]
    assert lines == [
        f"{TO}: cannot connect: Connection refused; answers wait and are tried again",
        f"{TO}: takes answers again",
    ]


def test_an_answer_that_the_archive_stumbles_over_comes_behind_the_others(ledger, tmp_path):
    poison, *others = [put(ledger, tmp_path, [report()], TO)[0] for _ in range(4)]
    sender = Said(lambda uid: ("put off", "it broke off") if uid == poison else "sent")
    with forwarding(ledger, sender, tmp_path) as forwarder:
        until(arrived(ledger, others))
        until(lambda: states(ledger)[poison][2] >= 3)
        (new,) = put(ledger, tmp_path, [report()], TO)
        forwarder.wake()
        until(arrived(ledger, [new]), 1.0)  # not after the pause that the other one earns
    assert sender.batches[0] == [poison]
    assert sender.batches[1][:1] == others[:1]


def test_pauses_grow_to_five_minutes(monkeypatch):
    monkeypatch.setattr(times, "FIRST", 1.0)
    for failures, longest in ((0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (11, 300), (10**6, 300)):
        drawn = [backoff(failures) for _ in range(50)]
        assert longest * 0.8 <= min(drawn) < max(drawn) <= longest


def test_a_sender_for_each_destination(tmp_path):
    pytest.importorskip("cxr_edge_node.tls", reason="not there yet")
    found = settings(
        {"spool": tmp_path, "forward": ["PACS@127.0.0.1:104", "A@[::1]:11112"], "forward_web": ["http://h/dicom-web/"]}
    )
    assert tuple(senders(found)) == found.destinations
