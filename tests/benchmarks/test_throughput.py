import pytest

from cxr_edge_bench.suites import throughput


def test_one_process_and_two_are_held_against_the_decoder(monkeypatch):
    monkeypatch.delenv("CXR_EDGE_DATA", raising=False)
    found = throughput.measure(workers=(1, 2), films=8, rounds=1)
    assert found["model"] == "lungs-96"
    assert set(found["workers"]) == {"1", "2"}
    for row in found["workers"].values():
        assert row["share_of_decoder"] == pytest.approx(row["predict"] / row["decoder"])
        assert row["predict"] > 0
    assert found["workers"]["1"]["times_one"] == 1.0
