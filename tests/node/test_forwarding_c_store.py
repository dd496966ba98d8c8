"""What becomes of answers at an archive that speaks DICOM, by what it says."""

import io
from dataclasses import dataclass, field

import pytest

pytest.importorskip("pynetdicom", reason="needs cxr-edge[node]")
from PIL import Image
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit
from pynetdicom.sop_class import ComprehensiveSRStorage, SecondaryCaptureImageStorage

from cxr_edge_node.forwarding.by_c_store import ByCStore
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.forwarding.statuses import of_failure, of_status
from cxr_edge_node.settings import Archive
from node.archive_doubles import dicom_archive
from node.small_answers import PATIENT, picture, report, written

BOTH = [(ComprehensiveSRStorage, [ExplicitVRLittleEndian]), (SecondaryCaptureImageStorage, [ExplicitVRLittleEndian])]


@dataclass
class Stored:
    """A handler of C-STORE that answers with `statuses`, the last one again and again, and keeps what came."""

    statuses: list[int] = field(default_factory=lambda: [0])
    came: list = field(default_factory=list)

    def __call__(self, event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        self.came.append((event.assoc, dataset))
        return self.statuses[min(len(self.came), len(self.statuses)) - 1]


def sent(port, files, calling="CXREDGE", called="PACS"):
    return [(one.state, one.error) for one in ByCStore(Archive(called, "127.0.0.1", port), calling).send(files)]


def test_a_batch_goes_over_one_association_with_our_titles_and_no_context_too_many(tmp_path):
    objects = [report(), picture(), picture(512), report()]
    store = Stored()
    with dicom_archive(store, BOTH) as port:
        assert sent(port, written(tmp_path, *objects), calling="CXR EDGE 7") == [("sent", "")] * 4
    assert [made.SOPInstanceUID for _, made in store.came] == [made.SOPInstanceUID for made in objects]
    assert {str(made.PatientName) for _, made in store.came} == {PATIENT}
    assert store.came[2][1].PixelData == objects[2].PixelData
    (association,) = {association for association, _ in store.came}
    assert (association.requestor.ae_title, association.acceptor.ae_title) == ("CXR EDGE 7", "PACS")
    offered = association.requestor.primitive.presentation_context_definition_list
    assert {(one.abstract_syntax, *one.transfer_syntax) for one in offered} == {
        (kind, ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        for kind in (ComprehensiveSRStorage, SecondaryCaptureImageStorage)
    }


def test_an_archive_of_implicit_little_endian_alone_gets_that(tmp_path):
    objects, store = [report(), picture(64)], Stored()
    implicit = [(kind, [ImplicitVRLittleEndian]) for kind, _ in BOTH]
    with dicom_archive(store, implicit) as port:
        assert sent(port, written(tmp_path, *objects)) == [("sent", "")] * 2
    for (_, came), made in zip(store.came, objects, strict=True):
        assert came.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
        assert came == made


def test_a_jpeg_is_sent_as_it_is_or_not_at_all(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (16, 16), 99).save(buffer, "JPEG")
    made = picture(jpeg=buffer.getvalue())
    files, store = written(tmp_path, made), Stored()
    with dicom_archive(store, [(SecondaryCaptureImageStorage, [JPEGBaseline8Bit])]) as port:
        assert sent(port, files) == [("sent", "")]
    assert store.came[0][1].PixelData == dcmread(files[0]).PixelData
    with dicom_archive(store, BOTH) as port:
        ((state, error),) = sent(port, files)
    assert state == "refused"
    assert error == "it takes no Secondary Capture Image Storage in JPEG Baseline (Process 1)"


@pytest.mark.parametrize("kinds", [BOTH[:1], [("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian])]])
def test_what_an_archive_takes_no_context_for_is_refused_and_the_rest_is_sent(kinds, tmp_path):
    files = written(tmp_path, picture(), report(), picture())
    with dicom_archive(Stored(), kinds) as port:
        states = [state for state, _ in sent(port, files)]
    assert states == (["refused", "sent", "refused"] if kinds == BOTH[:1] else ["refused"] * 3)


def test_success_and_warnings_are_arrived(tmp_path):
    statuses = [0x0000, 0x0001, 0x0107, 0x0111, 0x0116, 0xB000, 0xB006, 0xB007]
    with dicom_archive(Stored(statuses), BOTH) as port:
        assert sent(port, written(tmp_path, *(report() for _ in statuses))) == [("sent", "")] * len(statuses)


def test_a_refused_object_holds_up_no_other(tmp_path):
    statuses = [0x0122, 0x0124, 0x0117, 0xA900, 0xA9FF, 0xC000, 0xCFFF, 0x1234, 0xFF00, 0]
    with dicom_archive(Stored(statuses), BOTH) as port:
        *refused, last = sent(port, written(tmp_path, *(report() for _ in statuses)))
    assert last == ("sent", "")
    for (state, error), status in zip(refused, statuses, strict=False):
        assert state == "refused"
        assert error.startswith(f"status 0x{status:04X} (")


def test_an_archive_without_room_is_left_alone_for_now(tmp_path):
    statuses = [0xA700, 0xA7FF, 0x0110, 0x0213]
    store = Stored([one for status in statuses for one in (0, status)])
    with dicom_archive(store, BOTH) as port:
        for status in statuses:
            results = sent(port, written(tmp_path, report(), picture(), report()))
            assert [state for state, _ in results] == ["sent", "put off"]
            assert f"0x{status:04X}" in results[1][1]
    assert len(store.came) == 2 * len(statuses)


def test_statuses_in_words():
    assert of_status(0xA700) == ("put off", "status 0xA700 (out of resources)")
    assert of_status(0xC123) == ("refused", "status 0xC123 (cannot understand the object)")
    assert of_failure(0xB000) == ("refused", "status 0xB000 (a failure of the archive's own)")


def test_titles_that_the_archive_does_not_know(tmp_path):
    files = written(tmp_path, report())
    with dicom_archive(Stored(), BOTH, require_calling_aet=["OTHER"]) as port:
        with pytest.raises(Unreachable, match=r"^it rejected the association: Calling AE title not recognised$"):
            sent(port, files)
        assert sent(port, files, calling="OTHER") == [("sent", "")]
    with (
        dicom_archive(Stored(), BOTH, require_called_aet=True) as port,
        pytest.raises(Unreachable, match=r"^it rejected the association: Called AE title not recognised$"),
    ):
        sent(port, files, called="OTHER")


def test_files_that_cannot_be_read_are_said_so_and_the_rest_is_sent(tmp_path):
    gone, folder, torn, whole = (tmp_path / name for name in ("gone", "folder", "torn", "whole"))
    folder.mkdir()
    torn.write_bytes(b"\0" * 200)
    half = tmp_path / "half"
    (good,) = written(tmp_path, report())
    half.write_bytes(good.read_bytes()[:200])
    whole.write_bytes(good.read_bytes())
    with dicom_archive(Stored(), BOTH) as port:
        archive = ByCStore(Archive("PACS", "127.0.0.1", port), "CXREDGE")
        results = {one.file.name: (one.state, one.error) for one in archive.send([gone, folder, torn, half, whole])}
    assert results["gone"] == results["folder"] == ("unreadable", "its file is gone")
    assert results["torn"][0] == results["half"][0] == "unreadable"
    assert results["torn"][1] == "its file holds no DICOM object (InvalidDicomError)"
    assert results["whole"] == ("sent", "")
