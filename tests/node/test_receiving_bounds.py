"""What a sender may take of the node: bytes, time, connections; and that a sender who takes more is gone."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import replace

import pytest

pytest.importorskip("pynetdicom")

from cxr_edge_node.receiving.bounds import Bounds
from node.receiving_peers import (
    CR,
    IMPLICIT,
    SHORT,
    VERIFICATION,
    Raw,
    associate_rq,
    command,
    echoes,
    eventually,
    film,
    listening,
    p_data,
    pdu,
    send,
    store,
    threads_back_to,
)


def _memory() -> int:
    """Bytes of this process, the largest so far being no help; Linux only."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _disk(node) -> int:
    total = 0
    for path in node.incoming():
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


@pytest.mark.parametrize("kind", range(1, 8))
@pytest.mark.parametrize("associated", [False, True])
@pytest.mark.parametrize("claimed", [2**18 + 1, 2**32 - 1])
def test_a_pdu_that_claims_too_much_ends_the_connection_unread(tmp_path, kind, associated, claimed):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        if associated:
            assert sender.associate()
        began = time.monotonic()
        sender.send(pdu(kind, b"", claimed))
        assert sender.closed()
        assert time.monotonic() - began < 2
        assert node.alone()
        assert echoes(node.port)


def test_a_pdu_larger_than_asked_for_is_taken_all_the_same(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(store(bytes(200_000)))
        assert sender.status()[0] == 0


def test_what_is_announced_is_what_the_bounds_say(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        sender.send(associate_rq((CR, [IMPLICIT])))
        _, answer = sender.pdu()
        assert b"\x51\0\0\4" + Bounds().pdu_bytes.to_bytes(4, "big") in answer


def test_a_request_of_128_contexts_with_every_encoding_is_within_the_bounds(tmp_path):
    syntaxes = [IMPLICIT, *(f"1.2.840.10008.1.2.4.{number}" for number in range(50, 110))]
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate(*[(CR, syntaxes)] * 128)
        sender.send(store(b"data", context=255))
        assert sender.status()[0] == 0


def test_an_object_without_end_is_cut_and_takes_neither_memory_nor_disk(tmp_path):
    bounds = replace(SHORT, message_seconds=60.0, film_bytes=2**20, discarded_bytes=64 * 2**20)
    with listening(tmp_path, bounds) as node, Raw(node.port) as sender:
        assert sender.associate()
        before, fragment = _memory(), p_data((0, bytes(2**17)))
        sender.send(p_data((3, command())))
        sent, most = 0, 0
        with pytest.raises(ConnectionError):
            while sent < 2**32:
                sender.send(fragment)
                sent += 2**17
                most = max(most, _disk(node))
        assert 64 * 2**20 <= sent < 2**32
        assert most <= 2**20
        assert _memory() - before < 32 * 2**20
        assert node.alone()
        assert node.incoming() == node.films() == []
        assert node.reasons() == ["an object without end"]


def test_a_command_without_end_is_cut(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((1, bytes(10_000))))
        sender.send(p_data((1, bytes(10_000))))
        assert sender.closed()
        assert node.reasons() == ["a command larger than any"]


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
        with pytest.raises(ConnectionError):
            for byte in drips:
                sender.send(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - began < 4
        assert node.alone()


def test_a_message_that_takes_too_long_is_cut_though_it_never_falls_silent(tmp_path):
    with listening(tmp_path, SHORT) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command())))
        began = time.monotonic()
        with pytest.raises(ConnectionError):
            while time.monotonic() - began < 10:
                sender.send(p_data((0, b"drip")))
                time.sleep(0.1)
        assert 1.4 < time.monotonic() - began < 3
        assert node.alone()
        assert node.incoming() == []
        assert node.reasons() == ["a message that took too long"]


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


def test_what_broken_associations_left_is_deleted(tmp_path):
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "of_an_earlier_run.part").touch()
    with listening(tmp_path) as node:
        assert node.incoming() == []
        old, young = (tmp_path / "incoming" / name for name in ("old.part", "young.part"))
        for path, age in ((old, 601), (young, 590)):
            path.touch()
            os.utime(path, (time.time() - age,) * 2)
        node.listener.sweep()
        assert node.incoming() == [young]


def test_several_requests_at_once_are_a_breach(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        with pytest.raises(ConnectionError):
            for number in range(100_000):
                sender.send(store(b"data", uid=f"1.2.{number}"))
        assert node.alone()
        assert node.incoming() == []
        assert node.reasons() == ["several requests at once"]
        assert len(node.films()) == len(node.received())


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
