import io

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.cli.main import main
from cxr_edge.heatmap import FULL, overlay
from cxr_edge.store import SAMPLES
from helpers import encoded

SICK = SAMPLES / "drawn_opacity_right_lower.png"
GREY = np.full((60, 90), 100, np.uint8)


def test_colour_follows_the_evidence_on_a_fixed_scale():
    heatmap = np.zeros((2, 3), np.float32)
    assert np.array_equal(overlay(GREY, heatmap, 0.5), np.dstack([GREY] * 3))
    heatmap[0, 0] = FULL / heatmap.size
    picture = np.asarray(overlay(GREY, heatmap, 0.5), int)
    assert picture.shape == (60, 90, 3)
    assert picture[2, 2] == pytest.approx([178, 98, 50], abs=8)  # half film, half orange
    assert picture[-3, -3] == pytest.approx([100, 100, 100], abs=3)
    assert np.array_equal(overlay(GREY, -10 * np.ones((2, 2), np.float32), 0.5), np.dstack([GREY] * 3))


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


def test_asking_for_it_changes_no_answer(classifier):
    data = SICK.read_bytes()
    with SICK.open("rb") as file:
        films = [SICK, data, io.BytesIO(data), file, Image.open(SICK), np.asarray(Image.open(SICK))]
        for film in films:
            prediction = classifier.predict(film, heatmap=True)
            assert prediction.probability == classifier.predict(SICK).probability
            assert prediction.heatmap_overlay().size == (640, 640)


def test_the_aspect_of_the_film_is_kept(classifier):
    wide = encoded(Image.open(SICK).resize((1600, 1000)), "JPEG")
    assert classifier.predict(wide, heatmap=True).heatmap_overlay().size == (640, 400)


def test_the_heatmap_is_asked_for_or_absent(classifier, tiny):
    with pytest.raises(CxrEdgeError, match=r"predict\(film, heatmap=True\)"):
        classifier.predict(SICK).heatmap_overlay()
    with pytest.raises(CxrEdgeError, match="without heatmap"):
        tiny.predict(SICK, heatmap=True)
    assert "heatmap" not in classifier.predict(SICK, heatmap=True).to_dict()


def test_the_command_writes_one_picture_per_film(tmp_path, capsys, tiny_model):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "film.png").write_bytes(SICK.read_bytes())
    (tmp_path / "b" / "broken.png").write_bytes(b"")
    out = tmp_path / "out" / "deep"
    assert main(["predict", str(tmp_path / "a"), str(tmp_path / "b"), "--heatmap", str(out)]) == 1
    pictures = sorted(out.iterdir())
    assert [path.name[:5] for path in pictures] == ["film-", "film-"]
    assert Image.open(pictures[0]).size == (640, 640)
    (tmp_path / "file").write_bytes(b"")
    assert main(["predict", str(SICK), "--heatmap", str(tmp_path / "file")]) == 2
    assert "expected a folder to write to" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["predict", str(SICK), "--heatmap", str(out), "--model", str(tiny_model)])
