"""Who may send: pairs of title and address, and nobody from elsewhere."""

from __future__ import annotations

import socket
import threading

import pytest

pytest.importorskip("pynetdicom")

from cxr_edge import CxrEdgeError
from cxr_edge_node.receiving.callers import CALLED_AET_UNKNOWN, CALLING_AET_UNKNOWN, Callers, Refusals, numeric_address
from cxr_edge_node.receiving.listener import Listener
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Caller, Settings
from node.receiving_peers import CR, IMPLICIT, associate, echoes, eventually, film, listening, send
from node.receiving_raw import Raw, associate_rq

ALLOWED = (Caller("CR1", "127.0.0.1"), Caller("CR2", "10.1.2.3"))


def _rejection(association):
    found = association.acceptor.primitive
    return found.result, found.result_source, found.diagnostic


def test_only_a_listed_pair_of_title_and_address_may_associate(tmp_path):
    with listening(tmp_path, allow=ALLOWED) as node:
        assert echoes(node.port, aet="CR1")
        assert send(node.port, film(), aet="CR1") == [0]
        for other in ("CR2", "CR3", "cr1"):  # the first is listed, with another address
            association = associate(node.port, aet=other)
            assert association.is_rejected
            assert _rejection(association) == CALLING_AET_UNKNOWN
        assert node.refusals() == [("127.0.0.1", "this pair of AE title and address is not allowed")] * 3
        assert [row[0] for row in node.ledger.rows("SELECT calling_aet FROM refusals")] == ["CR2", "CR3", "cr1"]
        assert len(node.films()) == 1


def test_an_address_that_is_not_listed_is_hung_up_on(tmp_path):
    with listening(tmp_path, allow=ALLOWED[1:]) as node:
        for _ in range(5):
            with Raw(node.port) as stranger:
                assert stranger.closed()
        assert node.refusals() == [("127.0.0.1", "this address is not allowed")]  # once a minute is often enough
        assert threading.active_count() < 20


@pytest.mark.parametrize("aet", ["CR1", "ANYBODY"])
def test_without_a_list_this_computer_may_send(tmp_path, aet):
    with listening(tmp_path) as node:
        assert echoes(node.port, aet=aet)


def test_the_called_title_has_to_be_ours(tmp_path):
    with listening(tmp_path, aet="NODE") as node:
        assert echoes(node.port, called="NODE")
        association = associate(node.port, called="CXREDGE")
        assert _rejection(association) == CALLED_AET_UNKNOWN
        assert node.reasons() == ["it called another AE title"]


def test_spaces_around_titles_mean_nothing(tmp_path):
    with listening(tmp_path, allow=ALLOWED) as node, Raw(node.port) as sender:
        assert sender.associate(called=" CXREDGE", calling="  CR1")


@pytest.mark.parametrize(
    ("address", "numeric"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("::FFFF:a01:203", "10.1.2.3"),
        ("fe80::1%eth0", "fe80::1"),
        ("FE80:0::1", "fe80::1"),
    ],
)
def test_an_address_is_compared_in_one_form(address, numeric):
    assert numeric_address(address) == numeric


def test_who_may_connect(tmp_path):
    nobody_listed = Callers(Settings(tmp_path))
    assert [nobody_listed.may_connect(one) for one in ("127.0.0.1", "127.8.9.1", "::1", "10.1.2.3", "fe80::1")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    listed = Callers(Settings(tmp_path, allow=(Caller("CR2", "::ffff:10.1.2.3"),)))
    assert [listed.may_connect(one) for one in ("10.1.2.3", "127.0.0.1")] == [True, False]
    assert listed.rejection("CR2", "CXREDGE", "10.1.2.3") is None
    assert listed.rejection("CR2", "CXREDGE", "10.1.2.4") is not None


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 on this computer")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_ipv6_and_ipv4_inside_it(tmp_path, host):
    callers = (Caller("RAW", "127.0.0.1"), Caller("RAW", "::1"))
    with listening(tmp_path, host=host, allow=callers) as node:
        for address in ["::1"] if host == "::1" else ["::1", "127.0.0.1"]:
            with Raw(node.port, address) as sender:
                assert sender.associate(calling="RAW")


def test_one_more_than_the_most_is_told_to_come_back_later(tmp_path):
    with listening(tmp_path, max_associations=2) as node:
        first, second = associate(node.port), associate(node.port)
        third = associate(node.port)
        assert _rejection(third) == (0x02, 0x03, 0x02)
        assert first.send_c_store(film(syntax="1.2.840.10008.1.2.1")).Status == 0
        first.release()
        assert eventually(lambda: echoes(node.port))
        second.release()
        assert node.reasons() == ["too many associations at the same time"]


def test_connections_that_say_nothing_take_no_place_from_those_that_do(tmp_path):
    with listening(tmp_path, max_associations=1) as node:
        silent = [Raw(node.port) for _ in range(20)]
        assert echoes(node.port)
        for one in silent:
            one.socket.close()
        assert node.alone()


def test_whatever_goes_wrong_in_the_admission_nobody_is_admitted(tmp_path, monkeypatch, capfd):
    def failing(*_):
        raise RuntimeError

    monkeypatch.setattr(Callers, "rejection", failing)
    with listening(tmp_path) as node, Raw(node.port) as sender:
        sender.send(associate_rq((CR, [IMPLICIT])))
        assert sender.pdu() is None
        assert node.alone()
    assert capfd.readouterr() == ("", "")


def test_a_refusal_that_cannot_be_noted_stays_a_refusal(tmp_path, monkeypatch, caplog):
    ledger = NodeLedger(tmp_path)
    monkeypatch.setattr(ledger, "refuse", lambda *_: 1 / 0)
    Refusals(ledger).note("AET", "10.1.2.3", "reason")
    assert "ZeroDivisionError" in caplog.text
    ledger.close()


def test_refusals_of_connections_are_remembered_within_bounds(tmp_path):
    ledger = NodeLedger(tmp_path)
    refusals = Refusals(ledger)
    ledger.connection.execute("PRAGMA synchronous=OFF")
    for number in range(2500):
        refusals.note("", f"10.0.{number // 256}.{number % 256}", "reason", every=False)
    assert len(refusals._recent) <= 1000
    ledger.close()


def test_a_taken_port_and_an_address_of_others_are_said_in_plain_words(tmp_path):
    with listening(tmp_path / "one") as node:
        ledger = NodeLedger(tmp_path)
        left_over = tmp_path / "incoming" / "of_another_node.part"
        left_over.parent.mkdir()
        left_over.touch()
        with pytest.raises(CxrEdgeError, match=rf"127\.0\.0\.1:{node.port}: found a port that another program has"):
            Listener(Settings(tmp_path, port=node.port), ledger, lambda: None).start()
        assert left_over.exists()  # a second node by mistake must not take from the first
        allow = (Caller("CR1", "192.0.2.7"),)
        with pytest.raises(CxrEdgeError, match=r"192\.0\.2\.1:0: found no address of this computer"):
            Listener(Settings(tmp_path, host="192.0.2.1", port=0, allow=allow), ledger, lambda: None).start()
        with pytest.raises(CxrEdgeError, match="found no port; expected 1 to 65535"):
            Listener(Settings(tmp_path, port=99999), ledger, lambda: None).start()
        assert echoes(node.port)
        ledger.close()


def test_a_spool_that_cannot_be_written_to_frees_the_port(tmp_path):
    (tmp_path / "incoming").touch()
    ledger = NodeLedger(tmp_path)
    listener = Listener(Settings(tmp_path, port=0), ledger, lambda: None)
    with pytest.raises(CxrEdgeError, match="expected a folder to write to"):
        listener.start()
    assert listener.port == 0
    listener.sweep()
    listener.stop()
    ledger.close()


def test_the_port_is_free_again_after_the_end(tmp_path):
    with listening(tmp_path) as node:
        port = node.port
        assert echoes(port)
    with listening(tmp_path, port=port) as node:
        assert node.port == port
        assert echoes(port)
