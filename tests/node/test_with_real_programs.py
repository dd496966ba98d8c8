"""The whole node against DCMTK and Orthanc, in a short form; `python -m cxr_edge_bench.node` has the long one."""

import pytest

pytest.importorskip("highdicom")
pytest.importorskip("pynetdicom")

from cxr_edge_bench.node import everything_arrives, killed_and_cut_off
from cxr_edge_bench.node.counterparts.programs import MissingProgram


def result_of(run, **scale):
    try:
        return run(**scale)
    except MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("web", [False, True], ids=["C-STORE", "STOW-RS"])
def test_every_film_gets_one_report_and_one_picture(web):
    result = result_of(everything_arrives.run, objects=16, web=web)
    assert result["archive"]["exact"], result["archive"]
    assert result["probability"]["within"] == 16, result["probability"]
    assert result["passed"], result


def test_nothing_is_lost_or_doubled_when_the_node_is_killed_and_the_archive_cut_off():
    result = result_of(killed_and_cut_off.run, objects=12, kills=3, outages=1, up=(0.05, 2.0))
    assert sum(result["kills"].values()) == 3
    assert result["archive"]["exact"], result["archive"]
    assert result["passed"], result
