import csv
import io
import time
from datetime import date, timedelta

import pytest

from cxr_edge import CxrEdgeError
from cxr_edge_node.records.day_table import COLUMNS, write_days
from cxr_edge_node.records.node_ledger import KEPT_REFUSALS, MadeAnswer, NodeLedger
from cxr_edge_node.records.one_node import hold
from cxr_edge_node.records.status import in_words, read_status

PACS = "PACS@10.0.0.5:104"


@pytest.fixture
def ledger(tmp_path):
    made = NodeLedger(tmp_path)
    yield made
    made.close()


def receive(ledger, uid="1.2.3", sha256="a" * 64):
    return ledger.receive(
        sop_instance_uid=uid, sha256=sha256, sop_class_uid="1.2", transfer_syntax_uid="1.2.840.10008.1.2",
        file=f"films/{uid}-{sha256[:4]}.dcm", bytes=10, calling_aet="CR1",
    )  # fmt: skip


def answer(ledger, destinations=(PACS,), uid="2.25.1"):
    film = ledger.next_waiting()
    made = MadeAnswer(uid, "report", "1.2.3.4", f"answers/{uid}.dcm")
    ledger.close_film(film, "answered", "scored", ("adult",), (made,), destinations)
    return film


def test_an_object_is_received_once_and_waits_in_its_order(ledger):
    assert receive(ledger, "1.1")
    assert receive(ledger, "1.2")
    assert not receive(ledger, "1.1")
    assert receive(ledger, "1.1", "b" * 64)  # the same film in another encoding: a further object
    assert ledger.knows("1.1", "a" * 64)
    assert not ledger.knows("1.1", "c" * 64)
    assert answer(ledger).sop_instance_uid == "1.1"
    assert ledger.next_waiting().sop_instance_uid == "1.2"


def test_answers_of_the_same_uid_are_known(ledger):
    receive(ledger)
    first = answer(ledger)
    receive(ledger, sha256="b" * 64)
    assert ledger.answered_before(ledger.next_waiting()) == [(first, "scored")]


def test_an_answer_is_due_until_it_is_sent_through_restarts(ledger, tmp_path):
    receive(ledger)
    answer(ledger, (PACS, "http://pacs/dicom-web"))
    (due,) = ledger.due(PACS)
    assert (due.answer.sop_instance_uid, due.attempts) == ("2.25.1", 0)
    ledger.not_sent(PACS, "2.25.1", "waiting", "cannot connect", 0.0)
    again = NodeLedger(tmp_path)
    assert again.due(PACS)[0].attempts == 1
    again.not_sent(PACS, "2.25.1", "refused", "status 0x0122", 3600.0)
    assert again.due(PACS) == []
    again.sent(PACS, "2.25.1")
    assert read_status(tmp_path)["deliveries"][PACS] == {"waiting": 0, "sent": 1, "refused": 0, "given up": 0}
    assert len(again.due("http://pacs/dicom-web")) == 1
    again.close()


def test_files_are_deleted_only_when_everything_was_sent(ledger):
    receive(ledger)
    film = answer(ledger)
    later = time.time() + 1
    assert ledger.files_to_delete(later) == []
    ledger.sent(PACS, "2.25.1")
    assert ledger.files_to_delete(time.time() - 60) == []
    files = ledger.files_to_delete(later)
    assert sorted(files) == ["answers/2.25.1.dcm", film.file]
    ledger.forget_files(files)
    assert ledger.files_to_delete(later) == []


def test_what_waits_for_a_destination_that_is_gone_is_given_up(ledger, tmp_path):
    receive(ledger)
    answer(ledger, (PACS, "OLD@10.0.0.6:104"))
    ledger.leave_out([PACS])
    deliveries = read_status(tmp_path)["deliveries"]
    assert (deliveries[PACS]["waiting"], deliveries["OLD@10.0.0.6:104"]["given up"]) == (1, 1)


def test_status_says_what_waits_and_why(ledger, tmp_path):
    receive(ledger, "1.1")
    receive(ledger, "1.2")
    answer(ledger)
    ledger.not_sent(PACS, "2.25.1", "waiting", "cannot connect", 10.0)
    ledger.refuse("NOBODY", "10.0.0.9", "its AE title may not send from this address")
    status = read_status(tmp_path)
    assert status["received"] == {"waiting": 1, "answered": 1, "duplicate": 0, "own answer": 0}
    assert status["outcomes"] == {"scored": 1, "not scored": 0, "failed": 0}
    assert status["reasons"] == {"adult": 1}
    assert status["errors"][PACS][0]["error"] == "cannot connect"
    text = in_words(status)
    for part in ("1 waiting, 1 answered", "cannot connect", "NOBODY@10.0.0.9"):
        assert part in text


def test_refusals_do_not_fill_the_disk(ledger):
    for number in range(KEPT_REFUSALS + 50):
        ledger.refuse("X", "10.0.0.9", str(number))
    rows = ledger.rows("SELECT reason FROM refusals ORDER BY id")
    assert len(rows) == KEPT_REFUSALS
    assert rows[-1] == (str(KEPT_REFUSALS + 49),)


def test_a_day_is_written_without_uids(ledger, tmp_path):
    receive(ledger)
    answer(ledger)
    out = io.StringIO()
    assert write_days(tmp_path, out, date.today()) == 1
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert tuple(row) == COLUMNS
    assert (row["outcome"], row["reasons"], row["calling_aet"]) == ("scored", "adult", "CR1")
    assert "1.2.3" not in out.getvalue()
    assert write_days(tmp_path, io.StringIO(), date.today() - timedelta(days=1)) == 0


def test_a_folder_without_a_node_is_said(tmp_path):
    for read in (read_status, lambda spool: write_days(spool, io.StringIO())):
        with pytest.raises(CxrEdgeError, match=r"found no node\.sqlite"):
            read(tmp_path)


def test_one_node_holds_a_spool(tmp_path):
    held = hold(tmp_path / "spool")
    with pytest.raises(CxrEdgeError, match="another node at work"):
        hold(tmp_path / "spool")
    held.close()
    hold(tmp_path / "spool").close()
