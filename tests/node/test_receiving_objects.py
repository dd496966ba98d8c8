"""What becomes of objects: on the disk, whole, before the sender hears of success; or refused with nothing left."""

from __future__ import annotations

import hashlib
import io
import os
import stat

import pydicom
import pytest

pytest.importorskip("pynetdicom")

from pydicom.uid import ExplicitVRBigEndian, SecondaryCaptureImageStorage
from pynetdicom import _config

from cxr_edge_node.receiving import arrival
from cxr_edge_node.receiving.sop_classes import FILMS, HARDCOPY_GRAYSCALE, LOSSLESS, LOSSY
from node.receiving_peers import CR, EXPLICIT, IMPLICIT, NAME, associate, film, listening, send
from node.receiving_raw import Raw, sha256_of, store

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


@pytest.mark.parametrize("sop_class", FILMS)
def test_every_film_in_every_encoding_is_kept_as_it_came(tmp_path, sop_class):
    syntaxes = [*LOSSLESS, *LOSSY]
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate(*((str(sop_class), [str(syntax)]) for syntax in syntaxes))
        sent = [os.urandom(1001) for _ in syntaxes]  # nothing decodes it here
        for number, data_set in enumerate(sent):
            sender.send(store(data_set, 2 * number + 1, sop_class=str(sop_class), uid=f"1.2.{number}"))
            assert sender.status()[0] == SUCCESS
        for data_set, syntax, row in zip(sent, syntaxes, node.received(), strict=True):
            path = tmp_path / row[2]
            assert path.read_bytes().endswith(data_set)
            meta = pydicom.filereader.read_file_meta_info(path)
            assert (meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID) == (syntax, sop_class)
            assert row[1] == sha256_of(str(syntax), data_set)


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
        assert node.films()[0].stat().st_mtime_ns == before


def test_one_uid_with_two_contents_or_encodings_is_two_objects(tmp_path):
    other = film("1.2.3.4")
    other.PatientComments = "sent again after a correction"
    with listening(tmp_path) as node:
        assert send(node.port, film("1.2.3.4"), other, film("1.2.3.4", syntax=IMPLICIT)) == [SUCCESS] * 3
        assert len(node.films()) == len(node.received()) == 3


def test_a_uid_with_a_leading_zero_or_padding_is_kept_silently(tmp_path, capfd, recwarn):
    with listening(tmp_path) as node, Raw(node.port) as sender:
        assert sender.associate()
        for uid in ("1.2.03.4", "1.2.3.4 ", "1.2.3.5\0\0"):
            sender.send(store(b"data", uid=uid))
            assert sender.status()[0] == SUCCESS
        assert [row[0] for row in node.received()] == ["1.2.03.4", "1.2.3.4", "1.2.3.5"]
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_a_film_that_could_not_be_announced_is_received_all_the_same(tmp_path):
    def failing():
        raise RuntimeError(NAME)

    with listening(tmp_path, arrived=failing) as node:
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
