"""Answers to the real Orthanc, by C-STORE and by STOW-RS."""

import shutil
import time

import pytest

pytest.importorskip("pynetdicom", reason="needs cxr-edge[node]")

from cxr_edge_node.forwarding import forwarder as forwarder_module
from cxr_edge_node.forwarding import times
from cxr_edge_node.forwarding.by_c_store import ByCStore
from cxr_edge_node.forwarding.by_stow import ByStow
from cxr_edge_node.forwarding.sender import Unreachable
from cxr_edge_node.forwarding.times import TimeOuts
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Archive
from node.known_sender import TO, arrived, forwarding, states, until
from node.orthanc_program import DICOMWEB, Orthanc, free_port, needs_orthanc, running
from node.small_answers import picture, put, report, written

pytestmark = needs_orthanc
SHORT = TimeOuts(connect=2, associate=2, answer=5)
WAYS = [
    "C-STORE",
    pytest.param("STOW-RS", marks=pytest.mark.skipif(not DICOMWEB.exists(), reason="needs orthanc-dicomweb")),
]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    program = Orthanc(tmp_path_factory.mktemp("orthanc")).start()
    yield program
    program.stop()


@pytest.fixture
def ledger(tmp_path):
    opened = NodeLedger(tmp_path)
    yield opened
    opened.close()


def sender_to(orthanc, way, called="ORTHANC"):
    if way == "STOW-RS":
        return ByStow(orthanc.web, None, None, SHORT)
    return ByCStore(Archive(called, "127.0.0.1", orthanc.port), "CXREDGE", None, SHORT)


@pytest.mark.parametrize("way", WAYS)
def test_it_has_each_answer_once_even_if_it_is_sent_again(way, orthanc, ledger, tmp_path):
    uids = [uid for _ in range(10) for uid in put(ledger, tmp_path, [report(), picture(512)], TO)]
    before = orthanc.uids()
    with forwarding(ledger, sender_to(orthanc, way), tmp_path) as forwarder:
        until(arrived(ledger, uids), 60)
        assert orthanc.uids() == sorted(before + uids)
        with ledger.writing() as connection:  # as if the node had been cut off before it could note them
            connection.execute("UPDATE deliveries SET state = 'waiting'")
        forwarder.wake()
        until(arrived(ledger, uids), 60)
    assert orthanc.uids() == sorted(before + uids)
    assert {attempts for _, _, attempts in states(ledger).values()} == {2}


@pytest.mark.parametrize("way", WAYS)
def test_no_answer_is_lost_when_it_is_killed_in_the_middle(way, ledger, tmp_path, monkeypatch, caplog):
    """kill -9, twice, and started again on the same storage."""
    monkeypatch.setattr(times, "FIRST", 0.2)
    monkeypatch.setattr(forwarder_module, "POLL", 0.1)
    uids = [uid for _ in range(60) for uid in put(ledger, tmp_path, [report(), picture(256)], TO)]

    def sent():
        return sum(state == "sent" for state, _, _ in states(ledger).values())

    program = Orthanc(tmp_path / "orthanc").start()
    try:
        with forwarding(ledger, sender_to(program, way), tmp_path):
            for some in (20, 60):
                until(lambda some=some: sent() >= some, 60)
                program.kill()
                time.sleep(0.5)
                assert some <= sent() < len(uids)
                program.start()
            until(arrived(ledger, uids), 60)
        assert program.uids() == sorted(uids)
    finally:
        program.stop()
    assert not [line for line in caplog.messages if "given up" in line or "refused:" in line]
    assert sum("takes answers again" in line for line in caplog.messages) == 2


def test_a_title_that_is_not_its_own(orthanc, tmp_path):
    with pytest.raises(Unreachable, match=r"^it rejected the association: Called AE title not recognised$"):
        list(sender_to(orthanc, "C-STORE", called="OTHER").send(written(tmp_path, report())))


@pytest.mark.skipif(not DICOMWEB.exists(), reason="needs orthanc-dicomweb")
def test_faults_at_dicomweb(orthanc, tmp_path):
    (whole,) = written(tmp_path, picture())
    (nowhere,) = ByStow(f"http://127.0.0.1:{orthanc.web_port}/elsewhere", None, None, SHORT).send([whole])
    assert (nowhere.state, nowhere.error) == ("put off", "HTTP 404: there is no STOW-RS service at this address")
    half = tmp_path / "half"
    half.write_bytes(whole.read_bytes()[:400])
    bad, good = sender_to(orthanc, "STOW-RS").send([half, whole])
    assert (bad.state, good.state) == ("refused", "sent")


@pytest.mark.skipif(not DICOMWEB.exists(), reason="needs orthanc-dicomweb")
def test_a_password(tmp_path):
    secret, files = tmp_path / "secret", written(tmp_path, report())
    program = Orthanc(tmp_path / "orthanc", AuthenticationEnabled=True, RegisteredUsers={"node": "pass"})
    program.authorization = "Basic bm9kZTpwYXNz"
    program.start()
    try:
        sender = ByStow(program.web, secret, None, SHORT)
        secret.write_text("Basic bm9kZTpmYWxzZQ==\n")
        (refused,) = sender.send(files)
        assert refused.state == "put off"
        assert refused.error in (
            "HTTP 401: it does not accept the authorization", "HTTP 403: it does not let this node store",
        )  # fmt: skip
        secret.write_text("Basic bm9kZTpwYXNz\n")
        (sent,) = sender.send(files)
        assert sent.state == "sent"
        assert program.uids() == [files[0].stem]
    finally:
        program.stop()


def test_storescp_takes_them_too(tmp_path):
    if shutil.which("storescp") is None:
        pytest.skip("needs DCMTK: apt install dcmtk")
    port, files = free_port(), written(tmp_path, report(), picture(256), report())
    folder = tmp_path / "came"
    folder.mkdir()
    with running(["storescp", "-od", str(folder), "-aet", "STORESCP", str(port)], port):
        archive = ByCStore(Archive("STORESCP", "127.0.0.1", port), "CXREDGE", None, SHORT)
        assert [one.state for one in archive.send(files)] == ["sent"] * 3
    assert len(list(folder.iterdir())) == 3
