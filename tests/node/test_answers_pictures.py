"""Pictures of films of odd shapes and histories."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pydicom")
pytest.importorskip("highdicom")

from cxr_edge import CxrEdgeError
from cxr_edge_node.answering.answer import Answer
from cxr_edge_node.answering.header import read_header
from cxr_edge_node.answering.picture import SIDE, picture
from node.answer_cases import MADE_AT, answers, flaws, model, received


@pytest.fixture
def header(tmp_path):
    return read_header(received(tmp_path))


@pytest.mark.parametrize("shape", [(640, 20), (20, 640), (1, 640), (640, 640), (33, 32)])
def test_films_of_any_shape(header, tmp_path, shape):
    answer = answers()["refer"]
    odd = replace(answer, prediction=replace(answer.prediction, film=np.full(shape, 90, np.uint8)))
    made = picture(header, odd)
    assert (made.Columns, len(made.PixelData) % 2) == (SIDE, 0)
    assert flaws(made, tmp_path) == []


def test_what_the_film_lost_the_picture_has_lost(tmp_path):
    lost = {"LossyImageCompression": "01", "LossyImageCompressionRatio": [9.5], "BurnedInAnnotation": "YES"}
    made = picture(read_header(received(tmp_path, **lost)), answers()["refer"])
    assert (made.LossyImageCompression, made.LossyImageCompressionRatio, made.BurnedInAnnotation) == ("01", 9.5, "YES")
    assert flaws(made, tmp_path) == []
    assert "BurnedInAnnotation" not in picture(read_header(received(tmp_path)), answers()["refer"])


def test_without_a_film_there_is_no_picture(header):
    with pytest.raises(CxrEdgeError, match="without a film"):
        picture(header, Answer("failed", ("unreadable",), model(), MADE_AT))
