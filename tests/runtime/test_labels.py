from pathlib import Path

import pytest

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.labels import label_of


@pytest.mark.parametrize(
    ("path", "label"),
    [("films/NORMAL/a.png", 0), ("PNEUMONIA/b.jpeg", 1), ("films/Pneumonia/2019/may/c.dcm", 1), ("normal/d.png", 0)],
)
def test_the_folder_gives_the_label_in_any_case(path, label):
    assert label_of(path) == label_of(Path(path)) == label


def test_the_file_itself_gives_none():
    with pytest.raises(CxrEdgeError, match=r"found neither NORMAL nor PNEUMONIA among its folders; expected one of"):
        label_of("films/NORMAL.png")


def test_folders_that_disagree_are_refused():
    with pytest.raises(CxrEdgeError, match=r"^NORMAL/pneumonia/a\.png: found both NORMAL and PNEUMONIA"):
        label_of("NORMAL/pneumonia/a.png")


def test_folders_above_the_data_set_give_no_label():
    assert label_of("/study/normal/films/PNEUMONIA/a.png", below="/study/normal/films") == 1
    with pytest.raises(CxrEdgeError, match="found neither"):
        label_of("/study/normal/films/a.png", below=Path("/study/normal/films"))
