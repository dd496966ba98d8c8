"""What a sender may take of the node: bytes, time, connections; and that a sender who takes more is gone."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace

import pytest

pytest.importorskip("pynetdicom")

from cxr_edge_node.receiving.bounds import Bounds
from node.receiving_peers import (
    CR,
    IMPLICIT,
    SHORT,
    echoes,
    listening,
)
from node.receiving_raw import Raw, associate_rq, command, p_data, pdu, store


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


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux to see its memory")
def test_an_object_without_end_is_cut_and_takes_neither_memory_nor_disk(tmp_path):
    bounds = replace(SHORT, quiet_seconds=60.0, message_seconds=60.0, film_bytes=2**20, discarded_bytes=64 * 2**20)
    with listening(tmp_path, bounds) as node, Raw(node.port) as sender:
        assert sender.associate()
        before, fragment = _memory(), p_data((0, bytes(2**17)))
        sender.send(p_data((3, command())))
        most: list[int] = []

        def fragments():
            for _ in range(2**15):
                most.append(_disk(node))
                yield fragment

        assert 64 * 2**20 <= sender.send_until_cut(fragments()) < 2**32
        assert max(most) <= 2**20
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
        sender.send_until_cut(store(b"data", uid=f"1.2.{number}") for number in range(100_000))
        assert node.alone()
        assert node.incoming() == []
        assert node.reasons() == ["several requests at once"]
        assert len(node.films()) == len(node.received())
