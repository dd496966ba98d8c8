"""Forwarding that ends: by being stopped, by giving an answer up, and not by a fault."""

import logging
import time

import pytest

pytest.importorskip("pydicom", reason="needs cxr-edge[node]")

from cxr_edge import CxrEdgeError
from cxr_edge_node.forwarding import forwarder as forwarder_module
from cxr_edge_node.forwarding import times
from cxr_edge_node.forwarding.forwarder import Forwarder
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.records.node_ledger import NodeLedger
from node.known_sender import TO, Said, arrived, forwarding, states, until
from node.small_answers import PATIENT, put, report


@pytest.fixture
def ledger(tmp_path):
    opened = NodeLedger(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(times, "FIRST", 0.05)
    monkeypatch.setattr(forwarder_module, "POLL", 0.05)


@pytest.mark.parametrize("said", [("refused", "why"), ("put off", "why"), Unreachable("why")])
def test_old_answers_are_given_up_with_the_last_error(said, ledger, tmp_path, caplog):
    old, new = (put(ledger, tmp_path, [report()], TO)[0] for _ in range(2))
    with ledger.writing() as connection:
        connection.execute("UPDATE answers SET made_at = ? WHERE sop_instance_uid = ?", (time.time() - 87_000, old))
    with forwarding(ledger, Said(lambda _: said), tmp_path, give_up_days=1.0):
        until(lambda: states(ledger)[new][2] >= 1)
    assert states(ledger)[old] == ["given up", "why", 1]
    assert states(ledger)[new][0] in ("waiting", "refused")
    assert any("given up: why" in line for line in caplog.messages)


def test_an_old_answer_has_its_chance(ledger, tmp_path):
    """A node that was off for a week sends what waits."""
    uids = put(ledger, tmp_path, [report()], TO)
    with ledger.writing() as connection:
        connection.execute("UPDATE answers SET made_at = 0")
    with forwarding(ledger, Said(), tmp_path):
        until(arrived(ledger, uids))


def test_an_unreadable_file_is_given_up_at_once(ledger, tmp_path):
    bad, good = put(ledger, tmp_path, [report(), report()], TO)
    with forwarding(ledger, Said(lambda uid: ("unreadable", "gone") if uid == bad else "sent"), tmp_path):
        until(arrived(ledger, [good]))
        until(lambda: states(ledger)[bad] == ["given up", "gone", 1])


def test_stopping_in_a_long_pause_and_before_the_start(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(times, "FIRST", 300.0)
    Forwarder(TO, Said(), ledger, tmp_path, 7).stop()
    for said in (Unreachable("dead"), ("put off", "busy")):
        put(ledger, tmp_path, [report()], TO)
        sender = Said(lambda _, said=said: said)
        with forwarding(ledger, sender, tmp_path) as forwarder:
            until(lambda sender=sender: sender.batches)
            time.sleep(0.05)
            started = time.monotonic()
            forwarder.stop()
            assert time.monotonic() - started < 0.1


def test_stopping_while_an_answer_is_on_its_way(ledger, tmp_path, monkeypatch):
    """It is waited for; if it takes too long, it is cut off and neither counted nor called a failure."""
    monkeypatch.setattr(forwarder_module, "LAST_WORD", 0.5)
    first, second, third = (put(ledger, tmp_path, [report()], TO)[0] for _ in range(3))
    sender = Said()

    def judge(uid):
        if uid == first:
            return time.sleep(0.3) or "sent"
        return ("put off", "it broke off") if sender.hung_up.wait(30) else "sent"

    sender.judge = judge
    with forwarding(ledger, sender, tmp_path) as forwarder:
        until(lambda: sender.batches)
        time.sleep(0.05)
        forwarder.stop()
        assert sender.tried == [first]
    with forwarding(ledger, sender, tmp_path):
        until(lambda: len(sender.batches) == 2)
        time.sleep(0.05)
    assert sender.hung_up.is_set()
    assert states(ledger) == {first: ["sent", None, 1], second: ["waiting", None, 0], third: ["waiting", None, 0]}


def test_neither_patients_nor_uids_in_the_log_and_no_fault_ends_the_thread(ledger, tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    uids = [uid for _ in range(4) for uid in put(ledger, tmp_path, [report()], TO)]
    faults = [RuntimeError(PATIENT), ("refused", "status 0xC000"), ("unreadable", "gone"), ("put off", "busy")]
    sender = Said(lambda _: faults.pop(0) if faults else "sent")
    with forwarding(ledger, sender, tmp_path):
        until(lambda: len(sender.tried) >= 5)
        real, broken = ledger.due, [CxrEdgeError("node.sqlite: found no space: the disk is full")]
        monkeypatch.setattr(ledger, "due", lambda *a: (_ for _ in ()).throw(broken.pop()) if broken else real(*a))
        until(lambda: not broken)
        until(arrived(ledger, put(ledger, tmp_path, [report()], TO)))
    assert any("the disk is full" in line for line in caplog.messages)
    assert f"{TO}: found RuntimeError" in caplog.messages
    assert not [line for line in caplog.messages if PATIENT in line or any(uid in line for uid in uids)]


def test_a_fault_at_one_answer_holds_up_no_other(ledger, tmp_path):
    bad, *others = [put(ledger, tmp_path, [report()], TO)[0] for _ in range(3)]
    with forwarding(ledger, Said(lambda uid: KeyError() if uid == bad else "sent"), tmp_path):
        until(arrived(ledger, others))
        until(lambda: states(ledger)[bad][2] >= 2)
    assert states(ledger)[bad][:2] == ["waiting", "found KeyError"]
