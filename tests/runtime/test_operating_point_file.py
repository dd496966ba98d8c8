"""What is no operating point file is refused in one line."""

import os

import pytest

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.cli.main import main


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"3", b"[" * 100_000, None])
def test_something_else_is_one_line(model, tmp_path, content):
    if content is not None:
        (tmp_path / "o.json").write_bytes(content)
    with pytest.raises(CxrEdgeError, match="expected a file made by `cxr-edge calibrate`"):
        Classifier.load(model).with_operating_point(tmp_path / "o.json")


def test_a_pipe_is_refused_at_once(model, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CxrEdgeError, match="no regular file"):
        Classifier.load(model).with_operating_point(tmp_path / "pipe")


def test_an_empty_name_is_not_taken_for_none(model, capsys):
    assert main(["predict", "--samples", "--operating-point", "", "--model", str(model)]) == 2
    assert "expected a file made by `cxr-edge calibrate`" in capsys.readouterr().err


def test_estimates_print_with_their_interval():
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.5000 [0.2500, 0.7500]"
