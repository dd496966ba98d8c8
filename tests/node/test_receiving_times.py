"""How long a sender may take of the node's time, and that the node's end does not depend on senders."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

pytest.importorskip("pynetdicom")

from node.receiving_peers import (
    CR,
    IMPLICIT,
    SHORT,
    VERIFICATION,
    echoes,
    eventually,
    film,
    listening,
    send,
    threads_back_to,
)
from node.receiving_raw import Raw, associate_rq, command, p_data, pdu


def test_a_connection_that_says_nothing_ends(tmp_path):
    before = threading.active_count()
    with listening(tmp_path, SHORT) as node:
        silent = [Raw(node.port) for _ in range(30)]
        half = [Raw(node.port) for _ in range(10)]
        for one in half:
            one.send(associate_rq((CR, [IMPLICIT]))[:50])
        began = time.monotonic()
        assert all(one.closed() for one in silent + half)
        assert time.monotonic() - began < 5 * SHORT.quiet_seconds
        assert node.alone()
        assert threads_back_to(before + 1)
        assert echoes(node.port)


def test_connections_beyond_the_most_are_closed_and_room_comes_back(tmp_path):
    bounds = replace(SHORT, early_connections=5)
    with listening(tmp_path, bounds, max_associations=1) as node:
        silent = [Raw(node.port) for _ in range(6)]
        assert eventually(lambda: len(node.listener._server.associations()) == 6)
        with Raw(node.port) as one_more:
            assert one_more.closed()
        assert len(node.listener._server.associations()) > 0
        assert node.reasons() == ["too many connections at the same time"]
        for one in silent:
            one.socket.close()
        assert node.alone()
        assert echoes(node.port)


def test_a_port_scan_leaves_nothing_behind(tmp_path):
    before = threading.active_count()
    with listening(tmp_path) as node:
        for _ in range(100):
            Raw(node.port).socket.close()
        assert node.alone(3)  # well before the 30 seconds that a silent connection has
        assert threads_back_to(before + 1)
        assert echoes(node.port)


def test_a_sender_that_falls_silent_in_an_association_is_aborted(tmp_path):
    with listening(tmp_path, SHORT) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command()), (0, b"half")))
        assert sender.pdu()[0] == 7
        assert sender.closed()
        assert node.alone()
        assert node.incoming() == []


def test_a_sender_that_drips_bytes_is_cut(tmp_path):
    with listening(tmp_path, SHORT) as node, Raw(node.port) as sender:
        assert sender.associate()
        drips = pdu(4, bytes(1000))
        began = time.monotonic()
        assert sender.send_until_cut((bytes([byte]) for byte in drips), pause=0.05) < len(drips)
        assert time.monotonic() - began < 4
        assert node.alone()


def test_a_message_that_takes_too_long_is_cut_though_it_never_falls_silent(tmp_path):
    with listening(tmp_path, SHORT) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command())))
        began = time.monotonic()
        sender.send_until_cut((p_data((0, b"drip")) for _ in range(100)), pause=0.1)
        assert 1.4 < time.monotonic() - began < 3
        assert node.alone()
        assert node.incoming() == []
        assert node.reasons() == ["a message that took too long"]


def test_a_sender_that_goes_on_talking_after_its_abort_is_cut(tmp_path):
    with listening(tmp_path, replace(SHORT, quiet_seconds=60.0)) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command(0x0020))))  # a query, which ends the association
        flood = p_data((0, bytes(200_000))) * 250  # 50 MB without a pause
        sent = sender.send_until_cut(flood for _ in range(400))
        assert sent < 200 * len(flood)
        assert node.alone()


def test_an_association_that_lasts_too_long_is_ended_by_the_sweep(tmp_path):
    with listening(tmp_path, SHORT) as node, Raw(node.port) as sender, Raw(node.port) as silent:
        assert sender.associate((VERIFICATION, [IMPLICIT]))
        for _ in range(6):
            sender.send(p_data((3, command(0x0030, VERIFICATION, None))))
            assert sender.status()[0] == 0
            time.sleep(0.1)
        node.listener.sweep()
        assert sender.pdu()[0] == 7  # A-ABORT
        assert sender.closed()
        assert silent.closed()
        assert node.alone()


def test_one_that_does_not_listen_to_its_abort_is_cut_by_the_next_sweep(tmp_path):
    bounds = replace(SHORT, quiet_seconds=60.0)
    with listening(tmp_path, bounds) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(pdu(4, bytes(100))[:50])  # the node waits for the rest
        time.sleep(0.6)
        node.listener.sweep()
        node.listener.sweep()
        assert sender.closed()
        assert node.alone()


def test_the_sweep_spares_the_young(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command()), (0, b"half")))
        assert eventually(lambda: len(node.incoming()) == 1)
        node.listener.sweep()
        sender.send(p_data((2, b"whole")))
        assert sender.status()[0] == 0


def test_the_end_lets_a_running_association_end(tmp_path):
    with listening(tmp_path, replace(SHORT, farewell_seconds=5.0)) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command()), (0, b"half")))
        assert eventually(lambda: len(node.incoming()) == 1)
        ending = threading.Thread(target=node.listener.stop)
        ending.start()
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            Raw(node.port or 1)
        sender.send(p_data((2, b"whole")))
        assert sender.status()[0] == 0
        sender.send(pdu(5, bytes(4)))
        assert sender.pdu()[0] == 6
        ending.join(5)
        assert not ending.is_alive()
        assert len(node.films()) == 1


def test_the_end_does_not_wait_for_a_sender_that_does_not_end(tmp_path):
    before = threading.active_count()
    with listening(tmp_path, replace(SHORT, quiet_seconds=60.0)) as node:
        idle, half, silent = Raw(node.port), Raw(node.port), Raw(node.port)
        assert idle.associate()
        assert half.associate()
        half.send(p_data((3, command()), (0, b"half")) + pdu(4, bytes(100))[:50])
        assert eventually(lambda: len(node.incoming()) == 1)
        began = time.monotonic()
        node.listener.stop()
        assert time.monotonic() - began < 4
        assert idle.pdu()[0] == 7
        assert all(one.closed() for one in (idle, half, silent))
        assert node.incoming() == []
        assert threads_back_to(before)


def test_a_slow_disk_is_no_silence_of_the_sender(tmp_path, monkeypatch):
    from cxr_edge_node.receiving import intake

    keep = intake.keep

    def slowly(*values):
        time.sleep(1.2)
        keep(*values)

    monkeypatch.setattr(intake, "keep", slowly)
    with listening(tmp_path, replace(SHORT, quiet_seconds=1.0)) as node:
        assert send(node.port, film("1.2.3"), film("1.2.4")) == [0, 0]
