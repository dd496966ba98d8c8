"""What is no operating point file is refused in one line."""

import json
import os

import pytest

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.calibration.operating_point_file import OperatingPointFile, read_operating_points
from cxr_edge.cli.main import main
from helpers import POINT


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


def test_what_to_expect_of_the_next_films_is_kept_and_older_files_lack_it(tmp_path):
    told = {"middle": Estimate(0.95, 0.85, 0.99)}
    file = OperatingPointFile({"name": "tiny"}, Estimate(1.0, 0.9, 1.1), (POINT,), next_films=told)
    file.write(tmp_path / "o.json")
    assert read_operating_points(tmp_path / "o.json")[0] == file
    values = json.loads((tmp_path / "o.json").read_text())
    del values["next_films"]
    (tmp_path / "old.json").write_text(json.dumps(values))
    assert read_operating_points(tmp_path / "old.json")[0].next_films == {}
    values["next_films"] = {"middle": {"value": 2.0, "low": 0.0, "high": 3.0}}
    (tmp_path / "wrong.json").write_text(json.dumps(values))
    with pytest.raises(CxrEdgeError, match="expected a file made by `cxr-edge calibrate`"):
        read_operating_points(tmp_path / "wrong.json")
