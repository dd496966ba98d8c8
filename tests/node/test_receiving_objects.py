"""What becomes of objects: on the disk, whole, before the sender hears of success; or refused with nothing left."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import stat

import pydicom
import pytest

pytest.importorskip("pynetdicom")

from pydicom.uid import ExplicitVRBigEndian, SecondaryCaptureImageStorage
from pynetdicom import _config

from cxr_edge import CxrEdgeError
from cxr_edge_node.receiving import arrival, intake
from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.receiving.sop_classes import FILMS, HARDCOPY_GRAYSCALE, LOSSLESS, LOSSY
from cxr_edge_node.records import whole_objects
from cxr_edge_node.records.node_ledger import NodeLedger
from node.receiving_peers import (
    CR,
    EXPLICIT,
    IMPLICIT,
    NAME,
    Raw,
    VERIFICATION,
    associate,
    command,
    echoes,
    film,
    listening,
    p_data,
    send,
    sha256_of,
    store,
)

SUCCESS, NO_ROOM, NOT_UNDERSTOOD, OTHER_CLASS, NO_UID = 0x0000, 0xA700, 0xC000, 0x0122, 0x0117


def test_a_film_is_a_whole_dicom_file_and_in_the_ledger_when_the_sender_hears_of_success(tmp_path):
    with listening(tmp_path) as node:
        assert send(node.port, film("1.2.3.4")) == [SUCCESS]
        [path] = node.films()
        [(uid, sha256, name, size, aet)] = node.received()
        data_set = path.read_bytes()
        read = pydicom.dcmread(path)
        assert (read.SOPInstanceUID, read.PatientName, read.file_meta.MediaStorageSOPInstanceUID) == (
            "1.2.3.4",
            NAME,
            "1.2.3.4",
        )
        assert read.file_meta.MediaStorageSOPClassUID == CR
        assert read.file_meta.TransferSyntaxUID == EXPLICIT
        start = 144 + read.file_meta.FileMetaInformationGroupLength
        assert (uid, size, aet) == ("1.2.3.4", len(data_set), "TEST")
        assert sha256 == sha256_of(EXPLICIT, data_set[start:])
        hashed = hashlib.sha256(b"1.2.3.4").hexdigest()
        assert name == f"films/{hashed[:2]}/{hashed[:24]}-{sha256[:24]}.dcm"
        assert path == tmp_path / name
        assert node.incoming() == []
        assert len(node.arrived) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_nobody_else_may_read_films(tmp_path):
    (tmp_path / "films").mkdir(mode=0o755)
    with listening(tmp_path) as node:
        send(node.port, film())
        [path] = node.films()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for folder in (path.parent, tmp_path / "films", tmp_path / "incoming"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("syntax", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("sop_class", FILMS)
def test_every_film_in_every_encoding_is_kept_as_it_came(tmp_path, sop_class, syntax):
    data_set = os.urandom(1001)  # nothing decodes it here
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate((str(sop_class), [str(syntax)]))
        sender.send(store(data_set, sop_class=str(sop_class)))
        assert sender.status()[0] == SUCCESS
        [path] = node.films()
        assert path.read_bytes().endswith(data_set)
        meta = pydicom.filereader.read_file_meta_info(path)
        assert (meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID) == (syntax, sop_class)


def test_the_file_meta_is_what_pydicom_writes():
    ours = arrival.file_meta("1.2.840.10008.5.1.4.1.1.1", "1.2.3.45", "1.2.840.10008.1.2")
    read = pydicom.dcmread(io.BytesIO(ours))
    buffer = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(buffer, read.file_meta, enforce_standard=False)
    assert ours == b"\0" * 128 + b"DICM" + buffer.getvalue()


@pytest.mark.parametrize(
    "sop_class",
    [
        "1.2.840.10008.5.1.4.1.1.1.1.1",  # digital X-ray for processing
        "1.2.840.10008.5.1.4.1.1.2",  # computed tomography
        "1.2.840.10008.5.1.4.1.1.7.2",  # multi-frame secondary capture
        "1.2.840.10008.5.1.4.1.1.88.11",  # report
        "1.2.840.10008.5.1.4.1.2.2.1",  # query
        "1.2.3.4.5",
    ],
)
def test_other_objects_are_not_even_agreed_on(tmp_path, sop_class):
    with listening(tmp_path) as node:
        association = associate(node.port, [(CR, [IMPLICIT]), (sop_class, [IMPLICIT])])
        results = {str(one.abstract_syntax): one.result for one in association.rejected_contexts}
        association.release()
        assert results == {sop_class: 0x03}  # abstract syntax not supported


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.100"])
def test_encodings_that_nothing_here_reads_are_not_agreed_on(tmp_path, syntax):
    with listening(tmp_path) as node:
        association = associate(node.port, [(CR, [syntax]), (SecondaryCaptureImageStorage, [IMPLICIT])])
        assert [one.result for one in association.rejected_contexts] == [0x04]  # transfer syntaxes not supported
        association.release()


@pytest.mark.parametrize(
    ("proposed", "accepted"),
    [
        ([IMPLICIT, EXPLICIT], IMPLICIT),
        (["1.2.840.10008.1.2.4.90", IMPLICIT], "1.2.840.10008.1.2.4.90"),
        (["1.2.840.10008.1.2.4.50", EXPLICIT], EXPLICIT),
        (["1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.50"], "1.2.840.10008.1.2.4.91"),
        (["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"], "1.2.840.10008.1.2.4.50"),
        ([str(ExplicitVRBigEndian)], str(ExplicitVRBigEndian)),
    ],
)
def test_what_loses_nothing_goes_before_what_does_and_then_the_senders_order(tmp_path, proposed, accepted):
    with listening(tmp_path) as node:
        association = associate(node.port, [(CR, proposed)])
        [context] = association.accepted_contexts
        association.release()
        assert context.transfer_syntax == [accepted]


def test_the_same_object_again_is_a_success_and_written_once(tmp_path):
    with listening(tmp_path) as node:
        assert send(node.port, film("1.2.3.4"), film("1.2.3.4"), film("1.2.3.5")) == [SUCCESS] * 3
        assert len(node.films()) == len(node.received()) == len(node.arrived) == 2
        [before, _] = [path.stat().st_mtime_ns for path in node.films()]
        assert send(node.port, film("1.2.3.4")) == [SUCCESS]
        assert [path.stat().st_mtime_ns for path in node.films()][0] == before


def test_one_uid_with_two_contents_or_encodings_is_two_objects(tmp_path):
    other = film("1.2.3.4")
    other.PatientComments = "sent again after a correction"
    with listening(tmp_path) as node:
        assert send(node.port, film("1.2.3.4"), other, film("1.2.3.4", syntax=IMPLICIT)) == [SUCCESS] * 3
        assert len(node.films()) == len(node.received()) == 3


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


def test_a_uid_with_a_leading_zero_or_padding_is_kept_silently(tmp_path, capfd, recwarn):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        for uid in ("1.2.03.4", "1.2.3.4 ", "1.2.3.5\0\0"):
            sender.send(store(b"data", uid=uid))
            assert sender.status()[0] == SUCCESS
        assert [row[0] for row in node.received()] == ["1.2.03.4", "1.2.3.4", "1.2.3.5"]
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


def test_a_film_that_could_not_be_announced_is_received_all_the_same(tmp_path):
    with listening(tmp_path, arrived=_fail(RuntimeError(NAME))) as node:
        assert send(node.port, film()) == [SUCCESS]
        assert len(node.films()) == len(node.received()) == 1


def test_a_file_without_an_entry_is_replaced_when_its_sender_tries_again(tmp_path):
    with listening(tmp_path) as node:
        send(node.port, film())
        [path] = node.films()
    before = path.read_bytes()
    path.write_bytes(before[:100])  # as after a power cut without any fsync
    for database in tmp_path.glob("node.sqlite*"):
        database.unlink()
    with listening(tmp_path) as node:
        assert send(node.port, film()) == [SUCCESS]
        assert node.films() == [path]
        assert path.read_bytes() == before
        assert len(node.received()) == len(node.arrived) == 1


def test_logs_hold_no_uid_and_no_name(tmp_path, caplog):
    caplog.set_level("DEBUG")
    with listening(tmp_path) as node:
        send(node.port, film("1.2.826.0.1.4711"))
    assert hashlib.sha256(b"1.2.826.0.1.4711").hexdigest()[:12] in caplog.text
    ours = [record for record in caplog.records if not record.name.startswith("pydicom")]
    assert all("4711" not in record.getMessage() and NAME not in record.getMessage() for record in ours)
    assert not [record for record in caplog.records if record.name.startswith("pynetdicom")]


def test_pynetdicom_is_left_as_it_was_configured(tmp_path):
    with listening(tmp_path):
        assert not _config.STORE_RECV_CHUNKED_DATASET
        assert not _config.UNRESTRICTED_STORAGE_SERVICE


def test_hardcopies_are_the_only_retired_class():
    assert [one for one in FILMS if "Retired" in one.info or one == HARDCOPY_GRAYSCALE] == [HARDCOPY_GRAYSCALE]
    assert HARDCOPY_GRAYSCALE.is_retired
