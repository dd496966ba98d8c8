"""Senders that leave at the wrong moment, and many at the same time."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading

import pytest

pytest.importorskip("pynetdicom")

from cxr_edge import CxrEdgeError
from cxr_edge_node.records.node_ledger import NodeLedger
from node.receiving_peers import associate, echoes, eventually, film, listening, nothing_left_behind, send
from node.receiving_raw import Raw, command, p_data, pdu, store

pytestmark = pytest.mark.usefixtures(nothing_left_behind.__name__)


@pytest.mark.parametrize("how", ["abort", "hang up", "reset", "half a PDU", "release"])
def test_a_sender_that_leaves_amid_an_object(tmp_path, how):
    with listening(tmp_path) as node:
        for _ in range(5):
            with Raw(node.port) as sender:
                assert sender.associate()
                sender.send(p_data((3, command()), (0, os.urandom(100_000))))
                assert eventually(lambda: len(node.incoming()) == 1)
                if how == "abort":
                    sender.send(pdu(7, bytes(4)))
                elif how == "release":
                    sender.send(pdu(5, bytes(4)))
                elif how == "half a PDU":
                    sender.send(p_data((0, os.urandom(1000)))[:500])
                elif how == "reset":
                    sender.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if how == "release":
                    assert sender.pdu() is not None
            assert node.alone()
            assert node.incoming() == []
        assert node.films() == node.received() == []
        assert echoes(node.port)
        assert send(node.port, film()) == [0]


def test_a_sender_that_leaves_before_its_answer(tmp_path):
    with listening(tmp_path) as node:
        for number in range(20):
            with Raw(node.port) as sender:
                assert sender.associate()
                sender.send(store(b"data", uid=f"1.2.{number}") + pdu(7, bytes(4)) * (number % 2))
        assert node.alone()
        assert node.incoming() == []
        assert len(node.films()) == len(node.received())  # kept or not, but never half
        assert echoes(node.port)


def test_two_hundred_associations_at_once(tmp_path):
    outcomes: list[str] = []
    with listening(tmp_path, max_associations=16) as node:

        def call(number: int) -> None:
            try:
                association = associate(node.port)
                if not association.is_established:
                    outcomes.append("rejected" if association.is_rejected else "closed")
                    return
                status = association.send_c_store(film(f"1.2.{number}", syntax="1.2.840.10008.1.2.1"))
                outcomes.append(f"status {status.get('Status')}")
                association.release()
            except Exception as error:
                outcomes.append(type(error).__name__)

        callers = [threading.Thread(target=call, args=(number,)) for number in range(200)]
        for one in callers:
            one.start()
        for one in callers:
            one.join(60)
        assert node.alone()
        stored = outcomes.count("status 0")
        assert len(outcomes) == 200
        assert stored >= 16
        assert stored == len(node.films()) == len(node.received())
        assert set(outcomes) <= {"status 0", "rejected", "closed"}
        assert echoes(node.port)


def test_senders_of_the_same_object_at_the_same_time(tmp_path):
    statuses: list[int] = []
    with listening(tmp_path) as node:
        senders = [threading.Thread(target=lambda: statuses.extend(send(node.port, film()))) for _ in range(12)]
        for one in senders:
            one.start()
        for one in senders:
            one.join(30)
        assert statuses == [0] * 12
        assert len(node.films()) == len(node.received()) == len(node.arrived) == 1
        assert node.incoming() == []


class Racing(NodeLedger):
    """Lets two threads ask at the same time, and fails to note the second object."""

    def __init__(self, spool):
        super().__init__(spool)
        self.both, self.noted = threading.Barrier(2), 0

    def knows(self, *values):
        found = super().knows(*values)
        with contextlib.suppress(threading.BrokenBarrierError):
            self.both.wait(0.5)
        return found

    def receive(self, **values):
        self.noted += 1
        if self.noted == 2:
            raise CxrEdgeError("a full disk")
        return super().receive(**values)


def test_a_sender_that_fails_takes_nothing_from_one_that_has_sent_the_same(tmp_path):
    with listening(tmp_path, ledger=Racing) as node:
        senders = [threading.Thread(target=send, args=(node.port, film())) for _ in range(2)]
        for one in senders:
            one.start()
        for one in senders:
            one.join(30)
        [row] = node.received()
        assert (tmp_path / row[2]).exists()
