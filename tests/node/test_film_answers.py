"""A received file becomes a score in the ledger and answers on the disk, in this process and in one of its own."""

import hashlib
import os
import signal
import time

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("highdicom")

from cxr_edge import Classifier
from cxr_edge_node.answering import scorer as scorer_module
from cxr_edge_node.answering import scoring_process
from cxr_edge_node.answering.film_answers import FilmAnswers, Job
from cxr_edge_node.answering.scorer import Scorer
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import settings
from dicom_film import dicom, dicom_film

STUDY = {"StudyInstanceUID": "1.2.3.4", "SeriesInstanceUID": "1.2.3.4.5", "PatientAge": "004Y"}
PACS = "PACS@127.0.0.1:104"


@pytest.fixture
def told(tmp_path):
    return settings({"spool": tmp_path, "forward": [PACS]})


@pytest.fixture
def ledger(told):
    made = NodeLedger(told.spool)
    yield made
    made.close()


def arrive(told, ledger, data, uid="1.2.3"):
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"films/{sha256[:12]}.dcm"
    (told.spool / "films").mkdir(exist_ok=True)
    (told.spool / file).write_bytes(data)
    ledger.receive(
        sop_instance_uid=uid, sha256=sha256, sop_class_uid="1.2.840.10008.5.1.4.1.1.1",
        transfer_syntax_uid="1.2.840.10008.1.2.1", file=file, bytes=len(data), calling_aet="CR1",
    )  # fmt: skip
    return ledger.next_waiting()


def answer(told, ledger, data, answers=None):
    """Receive, answer and close one object."""
    film = arrive(told, ledger, data)
    closed = (answers or FilmAnswers(told)).answer(Job(film, ledger.answered_before(film)))
    ledger.close_film(film, closed.state, closed.outcome, closed.reasons, closed.answers, told.destinations)
    return closed


def test_a_film_is_scored_as_predict_does_and_answered_twice(told, ledger, tmp_path):
    data = dicom_film(**STUDY)
    closed = answer(told, ledger, data)
    assert (closed.state, closed.outcome) == ("answered", "scored")
    assert [one.kind for one in closed.answers] == ["report", "picture"]
    assert len(ledger.due(PACS)) == 2
    film = tmp_path / "film.dcm"
    film.write_bytes(data)
    expected = Classifier.load().predict(film)
    ((probability, decision),) = ledger.rows("SELECT probability, decision FROM films")
    assert (probability, decision) == (expected.probability, expected.decision)
    for one in closed.answers:
        made = pydicom.dcmread(told.spool / one.file)
        assert (made.StudyInstanceUID, made.SOPInstanceUID) == ("1.2.3.4", one.sop_instance_uid)


def test_scoring_again_after_a_crash_makes_the_same_objects(told, ledger):
    film = arrive(told, ledger, dicom_film(**STUDY))
    first = FilmAnswers(told).answer(Job(film, []))
    contents = [(told.spool / one.file).read_bytes() for one in first.answers]
    time.sleep(1.1)  # a second later, as the clock of DICOM has it
    again = FilmAnswers(told).answer(Job(film, []))
    assert again == first
    assert [(told.spool / one.file).read_bytes() for one in again.answers] == contents


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"PatientAge": "044Y"}, "age"),
        ({"ViewPosition": "LL"}, "not-frontal"),
        ({"BodyPartExamined": "KNEE"}, "not-chest"),
        ({"Modality": "OT"}, "not-a-radiograph"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "for-processing"),
    ],
)
def test_what_the_header_speaks_against_is_answered_but_not_scored(told, ledger, tags, reason):
    closed = answer(told, ledger, dicom_film(**{**STUDY, **tags}))
    assert (closed.outcome, closed.reasons) == ("not scored", (reason,))
    assert len(closed.answers) == 2
    assert ledger.rows("SELECT probability FROM films") == [(None,)]


def test_a_film_that_cannot_be_read_gets_a_report(told, ledger):
    whole = dicom_film(**STUDY)
    closed = answer(told, ledger, whole[: len(whole) // 2])
    assert (closed.outcome, closed.reasons) == ("failed", ("unreadable",))
    assert [one.kind for one in closed.answers] == ["report"]
    later = answer(told, ledger, whole)  # now it comes whole, under the same UID
    assert later.outcome == "scored"
    assert not {one.sop_instance_uid for one in later.answers} & {one.sop_instance_uid for one in closed.answers}


def test_an_object_of_no_study_is_noted_and_nothing_is_made(told, ledger):
    closed = answer(told, ledger, dicom_film())
    assert (closed.outcome, closed.reasons, closed.answers) == ("failed", ("no-header",), ())


def test_the_same_film_in_another_encoding_is_not_answered_again(told, ledger):
    from pydicom.uid import ImplicitVRLittleEndian

    assert answer(told, ledger, dicom_film(**STUDY)).state == "answered"
    film = pydicom.dcmread(told.spool / ledger.rows("SELECT file FROM received")[0][0])
    film.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    film.save_as(told.spool / "other.dcm", implicit_vr=True, little_endian=True)
    assert answer(told, ledger, (told.spool / "other.dcm").read_bytes()).state == "duplicate"
    assert len(ledger.due(PACS)) == 2


def test_another_film_under_a_used_uid_is_never_answered_in_its_place(told, ledger):
    answer(told, ledger, dicom_film(**STUDY))
    other = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    closed = answer(told, ledger, dicom(other, **STUDY))
    assert (closed.outcome, closed.reasons, closed.answers) == ("failed", ("uid-reused",), ())


def test_its_own_answers_are_not_scored(told, ledger):
    closed = answer(told, ledger, dicom_film(**STUDY))
    picture = (told.spool / closed.answers[1].file).read_bytes()
    assert answer(told, ledger, picture).state == "own answer"


def test_a_uid_that_differs_from_the_senders_word_fails(told, ledger):
    film = arrive(told, ledger, dicom_film(**STUDY), uid="1.2.9")
    assert FilmAnswers(told).answer(Job(film, [])).reasons == ("uid-differs",)


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.05)


def test_the_scorer_answers_what_waits_in_a_process_of_its_own(told, ledger):
    arrive(told, ledger, dicom_film(**STUDY))
    answered = []
    scorer = Scorer(told, ledger, lambda: answered.append(1))
    scorer.start()
    wait_until(lambda: answered)
    assert ledger.rows("SELECT state, outcome FROM received") == [("answered", "scored")]
    scorer.stop()


@pytest.mark.skipif(os.name == "nt", reason="a process is stopped by a signal")
def test_a_film_that_stops_the_scorer_is_answered_as_failed(told, ledger, monkeypatch):
    monkeypatch.setattr(scoring_process, "SECONDS", 0.5)
    monkeypatch.setattr(scorer_module, "ATTEMPTS", 2)
    arrive(told, ledger, dicom_film(**STUDY))
    scorer = Scorer(told, ledger, lambda: None)
    real = scoring_process.ScoringProcess.answer
    stopped = []

    def answer_of_a_stuck_process(self, job):
        if not job.unread:
            if self._process is None:
                self.start()
            os.kill(self._process.pid, signal.SIGSTOP)  # as a decoder that never ends
            stopped.append(self._process.pid)
        else:
            monkeypatch.setattr(scoring_process, "SECONDS", 60.0)
        return real(self, job)

    monkeypatch.setattr(scoring_process.ScoringProcess, "answer", answer_of_a_stuck_process)
    scorer.start()
    wait_until(lambda: ledger.next_waiting() is None)
    assert ledger.rows("SELECT outcome, reasons, attempts FROM received") == [("failed", "stops-the-scorer", 2)]
    assert len(set(stopped)) == 2
    scorer.stop()
