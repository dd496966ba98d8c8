"""Archives that are dead, deaf or talk nonsense cost a bounded time, lose nothing and leave nothing behind."""

import socket
import threading
import time

import pytest

pytest.importorskip("pynetdicom", reason="needs cxr-edge[node]")
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import ComprehensiveSRStorage, SecondaryCaptureImageStorage

from cxr_edge_node.forwarding import by_c_store, by_stow
from cxr_edge_node.forwarding.by_c_store import ByCStore
from cxr_edge_node.forwarding.by_stow import ByStow
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.forwarding.times import SLOWEST, TimeOuts
from cxr_edge_node.settings import Archive
from node.archive_doubles import dicom_archive, dripping, hangs_up, raw_archive, saying, silent
from node.orthanc_program import free_port
from node.small_answers import picture, report, written

BOTH = [(ComprehensiveSRStorage, [ExplicitVRLittleEndian]), (SecondaryCaptureImageStorage, [ExplicitVRLittleEndian])]
SHORT = TimeOuts(connect=0.5, associate=0.5, answer=0.5)
NOTHING_IN_TIME = "no answer to the association request in 0 s"
BROKE_OFF = "it broke off instead of answering the association request"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """No grace, and no thread is left: one of pynetdicom's would keep the program from ending."""
    monkeypatch.setattr(by_c_store, "GRACE", 0.3)
    monkeypatch.setattr(by_stow, "GRACE", 0.3)
    before = set(threading.enumerate())
    yield
    for _ in range(100):
        left = [one for one in set(threading.enumerate()) - before if not one.daemon]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"left: {left}")


@pytest.fixture
def files(tmp_path):
    return written(tmp_path, report(), picture(), report())


def by_c_store_to(port):
    return ByCStore(Archive("PACS", "127.0.0.1", port), "CXREDGE", None, SHORT)


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (silent, NOTHING_IN_TIME),
        (hangs_up, BROKE_OFF),
        (saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), BROKE_OFF),
        (saying(b"\x02\x00\x00\x00\x10\x00ab"), NOTHING_IN_TIME),  # the beginning of an acceptance
        (dripping(b"\x02\x00\x7f\x00\x00\x00"), NOTHING_IN_TIME),
        (saying(b"\x07\x00\x00\x00\x00\x04\x00\x00\x02\x00"), BROKE_OFF),  # A-ABORT
        (saying(b"\x06\x00\x00\x00\x00\x04\x00\x00\x00\x00"), BROKE_OFF),  # A-RELEASE-RP
        (saying(b"\x99" * 5000), BROKE_OFF),
    ],
    ids=["silent", "hangs up", "http", "half", "dripping", "abort", "release", "noise"],
)
def test_no_association(behave, words, files):
    started = time.monotonic()
    with raw_archive(behave) as port, pytest.raises(Unreachable, match=f"^{words}$"):
        list(by_c_store_to(port).send(files))
    assert time.monotonic() - started < 4


def test_nobody_there(files):
    with pytest.raises(Unreachable, match=r"^cannot connect: Connection refused$"):
        list(by_c_store_to(free_port()).send(files))
    with pytest.raises(Unreachable, match="cannot connect: "):
        list(ByCStore(Archive("PACS", "no.such.host.invalid", 104), "CXREDGE", None, SHORT).send(files))
    with pytest.raises(Unreachable, match=r"^cannot connect: Connection refused$"):
        list(ByStow(f"http://127.0.0.1:{free_port()}/dicom-web", None, None, SHORT).send(files))


def aborts(event):
    event.assoc.abort()
    return 0


def cuts(event):
    event.assoc.dul.socket.socket.shutdown(socket.SHUT_RDWR)
    return 0


def sleeps(event):
    time.sleep(2)
    return 0


def says(words):
    def store(event):
        event.assoc.dul.socket.socket.sendall(words)
        time.sleep(1.5)
        return 0

    return store


def answers_another(event):
    response = C_STORE()
    response.MessageIDBeingRespondedTo, response.Status = event.request.MessageID - 1, 0
    event.assoc.dimse.send_msg(response, event.context.context_id)
    return sleeps(event)


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (aborts, "it broke off"),
        (cuts, "it broke off"),
        (sleeps, "no answer in "),
        (says(b"\x04\x00\x00\x00\x10\x00ab"), "no answer in "),  # the beginning of a response
        (says(b"noise" * 100), "no answer in "),
        (answers_another, "it answered a request that was not made"),
    ],
    ids=["aborts", "cuts", "sleeps", "half", "noise", "another"],
)
def test_the_answers_before_have_arrived_and_the_one_on_its_way_is_put_off(store, words, files):
    came = []

    def second_time(event):
        came.append(event)
        return store(event) if len(came) == 2 else 0

    started = time.monotonic()
    with dicom_archive(second_time, BOTH) as port:
        first, second = by_c_store_to(port).send(files)
    assert (first.state, second.state) == ("sent", "put off")
    assert second.error.startswith(words)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("way", ["C-STORE", "STOW-RS"])
def test_an_archive_that_stops_reading(way, tmp_path):
    """Buffers fill, and what is sent is taken by nobody."""
    (file,) = written(tmp_path, picture(6000))
    times = TimeOuts(0.5, 0.5, 1 - file.stat().st_size / SLOWEST)
    deaf = threading.Event()

    def reads_no_more(event):
        if event.data[0] == 4:  # P-DATA-TF
            deaf.wait(20)

    if way == "STOW-RS":
        with raw_archive(lambda line: deaf.wait(20)) as port:
            (result,) = ByStow(f"http://127.0.0.1:{port}", None, None, times).send([file])
    else:
        with dicom_archive(lambda _: 0, BOTH, [(evt.EVT_DATA_RECV, reads_no_more)]) as port:
            (result,) = ByCStore(Archive("PACS", "127.0.0.1", port), "CXREDGE", None, times).send([file])
            deaf.set()
    assert (result.state, result.error) == ("put off", "no answer in 1 s")


@pytest.mark.parametrize("way", ["C-STORE", "STOW-RS"])
def test_hanging_up_from_outside(way, files):
    patient = TimeOuts(5, 30, 30)

    def hang_up_soon(sender):
        threading.Timer(0.5, sender.hang_up).start()
        started = time.monotonic()
        (result,) = sender.send(files)
        assert result.state == "put off"
        assert time.monotonic() - started < 3

    if way == "STOW-RS":
        with raw_archive(silent) as port:
            hang_up_soon(ByStow(f"http://127.0.0.1:{port}", None, None, patient))
    else:
        with dicom_archive(sleeps, BOTH) as port:
            hang_up_soon(ByCStore(Archive("PACS", "127.0.0.1", port), "CXREDGE", None, patient))
