"""Whatever bytes come, the node goes on answering; nothing piles up and nothing is printed."""

from __future__ import annotations

import contextlib
import os
import random
import struct
from dataclasses import replace

import pytest

pytest.importorskip("pynetdicom")

from node.receiving_peers import CR, IMPLICIT, SHORT, VERIFICATION, echoes, listening, nothing_left_behind
from node.receiving_raw import Raw, associate_rq, command, p_data, pdu, store

pytestmark = pytest.mark.usefixtures(nothing_left_behind.__name__)

REQUEST = associate_rq((CR, [IMPLICIT]), (VERIFICATION, [IMPLICIT]))
RANDOM = random.Random(7)


def _nonsense_requests():
    """A-ASSOCIATE-RQs with everything wrong that can be."""
    content = REQUEST[6:]
    yield pdu(1, b"")
    yield pdu(1, content[:68])
    yield pdu(1, content[:-3])
    yield pdu(1, b"\xff" * 500)
    yield pdu(1, b"\0\2" + content[2:])  # another version of the protocol
    yield pdu(1, content[:4] + b" " * 32 + content[36:])  # no titles
    yield pdu(1, content[:4] + b"\xff\n\\\0" * 8 + content[36:])
    yield pdu(1, content.replace(b"\x20\0", b"\x21\0", 1))
    yield associate_rq()
    yield associate_rq(("", [""]))
    yield associate_rq((CR, []))
    yield associate_rq(("1.2." * 40, ["x" * 300]), ("MUSTERMANN^ERIKA", ["\x7f"]))
    yield associate_rq(*[(CR, [IMPLICIT])] * 300)[:60_000]
    for _ in range(60):  # a few bytes changed
        changed = bytearray(content)
        for _ in range(RANDOM.randint(1, 8)):
            changed[RANDOM.randrange(len(changed))] = RANDOM.randrange(256)
        yield pdu(1, bytes(changed))
    yield pdu(1, content[:68] + struct.pack(">BBH", 0x20, 0, 0) * 60_000)  # 60,000 empty contexts


def test_requests_full_of_nonsense(tmp_path):
    with listening(tmp_path, replace(SHORT, quiet_seconds=5.0)) as node:
        for request in _nonsense_requests():
            with Raw(node.port) as sender:
                sender.send(request)
                sender.pdu()  # whatever it is
        assert node.alone()
        assert echoes(node.port)


@pytest.mark.parametrize("length", [1, 5, 6, 7, 100, 5000, 300_000])
def test_random_bytes(tmp_path, length):
    with listening(tmp_path, SHORT) as node:
        for _ in range(3):
            with Raw(node.port) as sender, contextlib.suppress(ConnectionError):
                sender.send(RANDOM.randbytes(length))
                sender.closed()
        assert node.alone()
        assert echoes(node.port)


def test_random_content_of_every_pdu_before_and_in_an_association(tmp_path):
    with listening(tmp_path, SHORT) as node:
        for kind in range(12):
            for associated in (False, True):
                with Raw(node.port) as sender:
                    if associated:
                        assert sender.associate()
                    sender.send(pdu(kind, RANDOM.randbytes(200)))
                    assert sender.closed()
        assert node.alone()
        assert echoes(node.port)


@pytest.mark.parametrize("sent", [1, 5, 6, 40, len(REQUEST) - 1])
def test_half_a_request_and_gone(tmp_path, sent):
    with listening(tmp_path) as node:
        for _ in range(10):
            with Raw(node.port) as sender:
                sender.send(REQUEST[:sent])
        assert node.alone(3)
        assert echoes(node.port)


def test_data_before_an_association(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        sender.send(store(b"data"))
        assert sender.pdu()[0] == 7
        assert sender.closed()
        assert node.alone()
        assert node.films() == node.incoming() == []
        assert echoes(node.port)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (p_data((2, b"data")), "a data set without a command"),
        (p_data((3, b"nonsense")), "a damaged command"),
        (p_data((3, command()[:-1])), "a damaged command"),
        (p_data((3, b"")), "a damaged command"),
        (p_data((3, struct.pack("<HHI", 0, 0x0100, 2**32 - 1) + bytes(8))), "a damaged command"),
        (p_data((3, command()), (3, command())), "a command amid a data set"),
        (p_data((3, command())) + p_data((2, b"data"), context=3), "a data set without a command"),
        (p_data((3, command()), context=5), "a context that was not accepted"),
        (p_data((3, command()), context=0), "a context that was not accepted"),
        (p_data((3, command(0x0020))), "an operation other than C-ECHO and C-STORE"),
        (p_data((3, command(0x0100))), "an operation other than C-ECHO and C-STORE"),  # N-EVENT-REPORT
        (p_data((3, command(0x8001))), "an operation other than C-ECHO and C-STORE"),  # an answer to nothing
        (pdu(4, struct.pack(">IB", 1, 1)), "a damaged fragment"),
    ],
)
def test_messages_against_the_protocol_end_the_association(tmp_path, message, reason):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate((CR, [IMPLICIT]), (VERIFICATION, [IMPLICIT]))
        sender.send(message)
        assert sender.pdu()[0] == 7  # A-ABORT
        assert sender.closed()
        assert node.alone()
        assert node.reasons() == [reason]
        assert node.films() == node.incoming() == []
        assert echoes(node.port)


def test_an_echo_with_a_data_set_ends_the_association(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate((VERIFICATION, [IMPLICIT]))
        echo = command(0x0030, VERIFICATION, None).replace(b"\1\1", b"\1\0")
        sender.send(p_data((3, echo)))
        assert sender.pdu()[0] == 7
        assert node.reasons() == ["a C-ECHO with a data set"]


def test_a_cancellation_is_nothing(tmp_path):
    cancel = struct.pack("<HHIH", 0, 0x0100, 2, 0x0FFF) + struct.pack("<HHIH", 0, 0x0120, 2, 7)
    cancel += struct.pack("<HHIH", 0, 0x0800, 2, 0x0101)
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, cancel)) + store(b"data"))
        assert sender.status()[0] == 0


def test_fragments_of_any_size_make_the_same_object(tmp_path):
    data_set, sent = os.urandom(5000), command()
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        for byte in sent[:-1]:
            sender.send(p_data((1, bytes([byte]))))
        sender.send(p_data((3, sent[-1:]), *((0, data_set[at : at + 7]) for at in range(0, 5000, 7))))
        sender.send(p_data((0, b""), (2, b"")))
        assert sender.status()[0] == 0
        assert node.films()[0].read_bytes().endswith(data_set)


def test_a_pdu_without_fragments_is_nothing(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(pdu(4, b"") + store(b"data"))
        assert sender.status()[0] == 0


def test_a_second_request_in_an_association(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(REQUEST)
        assert sender.pdu()[0] == 7
        assert sender.closed()
        assert echoes(node.port)
