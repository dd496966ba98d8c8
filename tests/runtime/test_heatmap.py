import io

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError, Prediction
from cxr_edge.cli.main import main
from cxr_edge.heatmap import FULL, LEVELS, local_logits, overlay
from cxr_edge.store import SAMPLES
from helpers import encoded

phantoms = pytest.importorskip("cxr_edge_train.data.phantom", reason="needs the package that draws phantoms")
Opacity, Phantom, draw = phantoms.Opacity, phantoms.Phantom, phantoms.draw

SICK = SAMPLES / "drawn_opacity_right_lower.png"
GREY = np.full((320, 400), 100, np.uint8)
OPACITY = Opacity(-0.38, 0.5, 0.3, 0.18)
SIDES = (6, 10)


def grid(side, height=320, width=400):
    """x from -1 to 1 and y from 0 to 1, as phantoms have them, in the middle of each place and at each pixel."""
    places = np.meshgrid((2 * np.arange(side) + 1) / side - 1, (np.arange(side) + 0.5) / side)
    pixels = np.meshgrid((2 * np.arange(width) + 1) / width - 1, (np.arange(height) + 0.5) / height)
    return places, pixels


def evidence(side, local, opacity=OPACITY, places=None):
    """A heatmap whose local logit is `local` in the middle of `opacity` and falls off around it."""
    x, y = grid(side)[0]
    away = ((x - opacity.x) / opacity.radius_x) ** 2 + ((y - opacity.y) / opacity.radius_y) ** 2
    return (local * np.exp(-away / 2) / (places or side * side)).astype(np.float32)


def two_lungs(side):
    x, y = grid(side)[0]
    return ((np.abs(np.abs(x) - 0.4) < 0.35) & (np.abs(y - 0.5) < 0.35)).astype(np.float32)


def drawn(picture):
    """Where a picture is in colour, bool [H, W]."""
    values = np.asarray(picture, int)
    return values.max(axis=2) - values.min(axis=2) > 3


def lines(picture):
    """Where it is as bright an orange as only contours are."""
    values = np.asarray(picture, int)
    return values[..., 0] - values[..., 2] > 140


@pytest.mark.parametrize("side", SIDES)
def test_a_contour_lies_around_the_opacity_and_nowhere_else(side):
    film = np.asarray(draw(Phantom(seed=3, opacities=(OPACITY,)), 400))[:320]
    lungs = two_lungs(side)
    picture = overlay(film, evidence(side, 6, places=lungs.sum()), 1, lungs)
    x, y = grid(side)[1]
    inside = ((x - OPACITY.x) / OPACITY.radius_x) ** 2 + ((y - OPACITY.y) / OPACITY.radius_y) ** 2
    found = drawn(picture)
    assert found[inside < 1].mean() > 0.95
    assert not found[inside > 6].any()
    assert np.array_equal(np.asarray(picture)[inside > 6], np.dstack([film] * 3)[inside > 6])
    line = lines(picture)
    for there in (x < OPACITY.x, x > OPACITY.x, y < OPACITY.y, y > OPACITY.y):
        assert line[there].any()  # on every side of it
    assert not line[inside < 0.2].any()  # what is within stays readable


@pytest.mark.parametrize("lungs", [None, np.ones((6, 6), np.float32), np.zeros((6, 6), np.float32)])
@pytest.mark.parametrize("local", [0, -50, LEVELS[0] * 0.9])
def test_a_film_without_evidence_stays_grey(lungs, local):
    picture = overlay(GREY, np.full((6, 6), local / 36, np.float32), 1, lungs)
    assert picture.mode == "RGB"
    assert np.array_equal(picture, np.dstack([GREY] * 3))


def test_the_scale_is_fixed():
    weak, strong = (evidence(10, local) for local in (3, 9))
    assert drawn(overlay(GREY, strong, 1)).sum() > 1.5 * drawn(overlay(GREY, weak, 1)).sum()
    faint, full, more = (
        np.asarray(overlay(GREY, np.full((6, 6), local / 36, np.float32), 1), int)[160, 200]
        for local in (FULL / 2, FULL, 2 * FULL)
    )
    assert np.abs(full - 100) == pytest.approx(2 * np.abs(faint - 100), abs=3)  # the wash
    assert np.array_equal(full, more)


def test_strong_evidence_has_a_second_contour_that_is_thicker():
    once, twice = (overlay(GREY, evidence(10, local), 1) for local in (LEVELS[1] * 0.95, FULL))
    middle = int(OPACITY.y * 320)
    assert runs(lines(once)[middle]) == 2  # in and out
    assert runs(lines(twice)[middle]) == 4
    thin, thick = widths(lines(twice)[middle])[:2]
    assert thick > 1.5 * thin
    assert widths(lines(once)[middle])[0] == pytest.approx(thin, abs=1)


def test_contours_show_on_bone_as_on_air():
    on_air, on_bone = (
        np.asarray(overlay(np.full((320, 400), grey, np.uint8), evidence(10, 3), 1), int) for grey in (0, 255)
    )
    assert on_air.max() > 200  # a light line
    assert on_bone.max(axis=2).min() < 180  # with a dark rim: every channel, so it is not its colour that tells


def test_contours_are_smooth():
    film = np.full((640, 640), 100, np.uint8)
    y, x = np.nonzero(lines(overlay(film, evidence(10, 3, Opacity(0, 0.5, 0.5, 0.25)), 1)))
    radius = np.hypot(x - 319.5, y - 319.5)
    assert radius.mean() == pytest.approx(160 * (2 * np.log(3 / 2)) ** 0.5, rel=0.03)
    assert radius.std() < 3  # pixels, where a place has 64


def runs(row):
    return len(widths(row))


def widths(row):
    steps = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return steps[1::2] - steps[::2]


@pytest.mark.parametrize("side", SIDES)
def test_evidence_outside_the_lungs_is_not_drawn(side):
    lungs = two_lungs(side)
    below = evidence(side, 40, Opacity(0, 0.97, 0.2, 0.06), lungs.sum())
    assert drawn(overlay(GREY, below, 1)).any()
    assert not drawn(overlay(GREY, below, 1, lungs)).any()
    half = lungs * (grid(side)[0][0] < 0)
    both = np.full((side, side), 40 / half.sum(), np.float32)
    left, right = np.split(drawn(overlay(GREY, both, 1, half)), 2, axis=1)
    assert left.mean() > 0.3
    assert not right[:, 14:].any()  # a fifth of a place, and the line


def test_a_place_counts_by_what_it_would_be_worth_everywhere():
    lungs = np.array([[0, 1, 0.5]], np.float32)
    contributions = (lungs * 4 / lungs.sum()).astype(np.float32)  # as lung pooling has it, evidence 4 everywhere
    assert local_logits(contributions, lungs) == pytest.approx(np.array([[0, 4, 2]]))
    assert local_logits(contributions) == pytest.approx(3 * contributions)
    assert local_logits(contributions).dtype == np.float32


def test_opacity_goes_from_nothing_to_contours_that_cover():
    heatmap = evidence(10, FULL)
    colours = [np.asarray(overlay(GREY, heatmap, opacity), int) for opacity in (0, 0.3, 0.6, 1)]
    colourful = [(c.max(axis=2) - c.min(axis=2)).max() for c in colours]
    assert colourful == sorted(set(colourful))
    assert colourful[0] == 0
    assert colourful[-1] > 200


@pytest.mark.parametrize("shape", [(1, 1), (37, 90), (481, 640), (640, 333), (1501, 2000)])
@pytest.mark.parametrize("places", [(6, 6), (10, 10), (5, 7)])
def test_any_film_and_any_map(shape, places):
    film = np.full(shape, 180, np.uint8)
    picture = overlay(film, np.full(places, 9 / np.prod(places), np.float32), 0.6, np.ones(places, np.float32))
    assert picture.size == shape[::-1]
    assert picture.mode == "RGB"
    assert film.min() == film.max() == 180  # not drawn on itself


def test_contours_of_a_larger_film_are_thicker():
    small, large = (
        widths(lines(overlay(np.full((side, side), 100, np.uint8), evidence(10, 3), 1))[side // 2])[0]
        for side in (640, 2560)
    )
    assert large == pytest.approx(4 * small, abs=4)


def test_a_prediction_draws_within_its_own_lungs():
    heatmap, lungs = evidence(10, 6, places=18), two_lungs(10)
    prediction = Prediction("film", heatmap=heatmap, lungs=lungs, film=GREY)
    assert np.array_equal(prediction.heatmap_overlay(0.6), overlay(GREY, heatmap, 0.6, lungs))
    assert not np.array_equal(prediction.heatmap_overlay(0.6), overlay(GREY, heatmap, 0.6))


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
