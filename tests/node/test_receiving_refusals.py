"""Objects that are refused: with which status, in which words, and with nothing of them left."""

from __future__ import annotations

import errno
import shutil

import pytest

pytest.importorskip("pynetdicom")

from pydicom.uid import SecondaryCaptureImageStorage

from cxr_edge import CxrEdgeError
from cxr_edge_node.receiving import arrival, intake
from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.records import whole_objects
from cxr_edge_node.records.node_ledger import NodeLedger
from node.receiving_peers import CR, IMPLICIT, NAME, VERIFICATION, echoes, eventually, film, listening, send
from node.receiving_raw import Raw, command, p_data, store

SUCCESS, NO_ROOM, NOT_UNDERSTOOD, OTHER_CLASS, NO_UID = 0x0000, 0xA700, 0xC000, 0x0122, 0x0117


def test_a_class_other_than_that_of_its_context_is_refused(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate((CR, [IMPLICIT]), (VERIFICATION, [IMPLICIT]))
        for sop_class in (str(SecondaryCaptureImageStorage), "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "", "no UID"):
            sender.send(store(b"data", sop_class=sop_class))
            assert sender.status()[0] == OTHER_CLASS
        sender.send(store(b"data", context=3))  # a film in the context of C-ECHO
        assert sender.status()[0] == OTHER_CLASS
        sender.send(store(b"data"))
        assert sender.status()[0] == SUCCESS
        assert len(node.films()) == 1
        assert node.incoming() == []
        assert node.refusals() == [("127.0.0.1", "a SOP class that was not agreed for this context")] * 6


@pytest.mark.parametrize(
    "uid", [None, "", "7" * 65, "1.2/../../3", "1.2.3\\1.2.4", "MUSTERMANN^ERIKA", b"1.2\xff", "1..2", ".1", "1."]
)
def test_what_is_no_uid_is_refused_in_words_that_do_not_quote_it(tmp_path, uid, capfd, recwarn):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(store(b"data", uid=uid))
        status, answer = sender.status()
        assert status == NO_UID
        assert answer[0x0902].rstrip() == b"the SOP Instance UID is no UID"
        assert node.films() == node.incoming() == []
        assert node.reasons() == ["the SOP Instance UID is no UID"]
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_an_empty_object_is_refused(tmp_path):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(store(b""))
        assert sender.status()[0] == NOT_UNDERSTOOD
        sender.send(p_data((3, command(data_set=0x0101))))
        assert sender.status()[0] == NOT_UNDERSTOOD
        assert node.films() == node.incoming() == []


def test_a_film_may_be_as_large_as_what_reads_it_allows_and_no_larger(tmp_path):
    meta = len(arrival.file_meta(CR, "1.2.3.4", IMPLICIT))
    bounds = Bounds(film_bytes=meta + 100_000)
    with listening(tmp_path, bounds) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(store(bytes(100_000)))
        assert sender.status()[0] == SUCCESS
        sender.send(store(bytes(100_001)))
        status, answer = sender.status()
        assert status == NOT_UNDERSTOOD
        assert b"larger than any film" in answer[0x0902]
        sender.send(store(b"next", uid="1.2.5"))  # and the association goes on
        assert sender.status()[0] == SUCCESS
        assert len(node.films()) == 2
        assert node.incoming() == []


def test_the_bound_is_that_of_the_reader():
    from cxr_edge.film.source import Limits

    assert Bounds().film_bytes == Limits().max_bytes
    assert f"{Limits().max_bytes // 2**20} MiB" in arrival.TOO_LARGE.reason


def test_words_for_senders_fit_into_an_error_comment():
    refusals = (arrival.TOO_LARGE, arrival.NO_ROOM, arrival.EMPTY, arrival.disk_refusal(OSError(errno.EIO, "")))
    refusals += tuple(one for one in vars(intake).values() if isinstance(one, intake.Refusal))
    assert all(0 < len(one.reason) <= 64 for one in refusals)


def test_below_the_reserve_nothing_is_written_and_the_node_still_answers(tmp_path):
    with listening(tmp_path, reserve=2**60) as node:
        assert send(node.port, film()) == [NO_ROOM]
        assert echoes(node.port)
        assert node.films() == node.incoming() == node.received() == []
        assert node.reasons() == ["not enough free space on the disk"]


def test_space_that_runs_out_on_the_way_is_noticed(tmp_path, monkeypatch):
    with listening(tmp_path, reserve=1000) as node, Raw(node.port) as sender:
        assert sender.associate()
        sender.send(p_data((3, command()), (0, bytes(200_000))))
        assert eventually(lambda: len(node.incoming()) == 1)
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(intake.shutil, "disk_usage", lambda path: usage._replace(free=999))
        for _ in range(50):
            sender.send(p_data((0, bytes(200_000))))
        sender.send(p_data((2, b"")))
        assert sender.status()[0] == NO_ROOM
        assert node.films() == node.incoming() == []


class Full(NodeLedger):
    """A ledger whose disk is full, until it is not."""

    full = True

    def receive(self, **values):
        if self.full:
            raise CxrEdgeError("node.sqlite: found a full disk; expected a ledger to read and write")
        return super().receive(**values)


def _fail(error):
    def failing(*_, **__):
        raise error

    return failing


@pytest.mark.parametrize(
    ("place", "name", "status"),
    [
        (arrival.tempfile, "mkstemp", NO_ROOM),
        (arrival.Arrival, "_append", NO_ROOM),
        (whole_objects.os, "fsync", NO_ROOM),
        (whole_objects, "_sync_folder", NO_ROOM),
        (whole_objects.Path, "replace", NO_ROOM),
        (whole_objects.Path, "mkdir", NO_ROOM),
    ],
)
def test_a_full_disk_is_out_of_resources_wherever_it_shows(tmp_path, monkeypatch, place, name, status):
    with listening(tmp_path) as node:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, _fail(OSError(errno.ENOSPC, "No space left on device")))
            assert send(node.port, film()) == [status]
        assert node.films() == node.incoming() == node.received() == node.arrived == []
        assert node.reasons() == ["not enough free space on the disk"]
        assert send(node.port, film()) == [SUCCESS]  # once there is room again


def test_a_ledger_that_fails_is_out_of_resources(tmp_path, monkeypatch):
    with listening(tmp_path, ledger=Full) as node:
        assert send(node.port, film()) == [NO_ROOM]
        assert node.films() == node.incoming() == node.received() == node.arrived == []
        monkeypatch.setattr(Full, "full", False)
        assert send(node.port, film()) == [SUCCESS]


def test_a_ledger_that_cannot_be_read_is_no_success_either(tmp_path, monkeypatch):
    with listening(tmp_path) as node:
        monkeypatch.setattr(node.ledger, "knows", _fail(CxrEdgeError("locked")))
        monkeypatch.setattr(node.ledger, "refuse", _fail(CxrEdgeError("locked")))
        assert send(node.port, film()) == [NO_ROOM]
        assert node.films() == node.incoming() == []


@pytest.mark.parametrize("error", [RuntimeError(NAME), KeyError(NAME), MemoryError(), ZeroDivisionError()])
def test_an_error_of_the_node_is_a_failure_and_quotes_nothing(tmp_path, monkeypatch, caplog, capfd, error):
    with listening(tmp_path) as node:
        with monkeypatch.context() as patch:
            patch.setattr(node.ledger, "receive", _fail(error))
            assert send(node.port, film()) == [NOT_UNDERSTOOD]
        assert node.films() == node.incoming() == node.received() == []
        assert send(node.port, film()) == [SUCCESS]
    assert type(error).__name__ in caplog.text
    assert NAME not in caplog.text
    assert capfd.readouterr() == ("", "")
