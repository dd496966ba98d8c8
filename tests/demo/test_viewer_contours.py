"""Contours are the exact heatmap's own regions, inside the lungs, and lie where the opacity is."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

pytest.importorskip("gradio")
pytest.importorskip("contourpy")

from cxr_edge import Prediction
from cxr_edge.heatmap import LEVELS, LUNG, evidence
from cxr_edge_demo.viewer.contours import contours, wash

SIZE = (1101, 823)


def inside(lines, size):
    """bool [H, W], what closed lines hold."""
    whole = Image.new("1", size)
    for line in lines:
        one = Image.new("1", size)
        ImageDraw.Draw(one).polygon([tuple(point) for point in line], fill=1)
        whole = ImageChops.logical_xor(whole, one)
    return np.asarray(whole)


def exactly(prediction, level, size):
    local, lungs = evidence(prediction.heatmap, prediction.lungs, size)
    return (local >= level) & (lungs >= LUNG)


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("name", ["opacity_both", "opacity_right_lower"])
def test_contours_are_the_regions_of_the_exact_heatmap(classifier, phantoms, name):
    prediction = classifier.predict(phantoms[name], heatmap=True)
    found = contours(prediction, SIZE)
    assert [level["level"] for level in found] == [1, 2]
    assert found[0]["lines"]
    for level, threshold in zip(found, LEVELS, strict=True):
        exact = exactly(prediction, threshold, SIZE)
        assert bool(level["lines"]) == bool(exact.any())
        if exact.any():
            assert overlap(inside(level["lines"], SIZE), exact) > 0.97


def test_the_strong_contour_lies_on_the_drawn_opacity_and_the_weak_one_covers_most_of_it(classifier, phantoms):
    phantom = pytest.importorskip("cxr_edge_train.data.phantom")
    sick = phantom.SAMPLES["drawn_opacity_right_lower.png"]
    healthy = replace(sick, opacities=tuple(replace(opacity, density=0.0) for opacity in sick.opacities))
    film, same = (phantom.draw(drawn) for drawn in (sick, healthy))
    opacity = np.asarray(film, int) - np.asarray(same, int) > 12  # grey levels that the opacity adds
    assert 0.05 < opacity.mean() < 0.3
    found = contours(classifier.predict(phantoms["opacity_right_lower"], heatmap=True), film.size)
    weak, strong = (inside(level["lines"], film.size) for level in found)
    assert (strong & opacity).sum() / strong.sum() > 0.9
    assert weak[opacity].mean() > 0.7
    assert not strong[:, film.width // 2 :].any()  # the network marks the other lung as well, but weakly


def test_a_film_without_evidence_has_no_contour(classifier, phantoms):
    assert [level["lines"] for level in contours(classifier.predict(phantoms["clear"], heatmap=True), SIZE)] == [[], []]


def test_evidence_outside_the_lungs_is_not_marked():
    lungs = np.zeros((8, 8), np.float32)
    lungs[2:6, 1:3] = 1
    prediction = Prediction("film", heatmap=np.full((8, 8), 8 / lungs.sum(), np.float32), lungs=lungs)
    marked = inside(contours(prediction, (800, 800))[0]["lines"], (800, 800))
    assert marked[250:550, 130:270].all()
    assert not marked[:, 350:].any()


def test_a_region_at_the_edge_of_the_film_is_closed():
    prediction = Prediction("film", heatmap=np.full((4, 4), 8 / 16, np.float32))
    for level in contours(prediction, SIZE):
        (line,) = level["lines"]
        assert line[0] == line[-1]
        assert np.ptp(line, axis=0) == pytest.approx(SIZE, abs=3)


def test_a_hole_stays_a_hole():
    heatmap = np.full((9, 9), 8 / 81, np.float32)
    heatmap[4, 4] = -1
    found = contours(Prediction("film", heatmap=heatmap), (900, 900))[0]["lines"]
    assert len(found) == 2
    assert not inside(found, (900, 900))[450, 450]
    assert inside(found, (900, 900))[450, 100]


def test_the_wash_is_the_stronger_the_more_a_place_speaks():
    heatmap = np.repeat(np.linspace(0, 6, 6, dtype=np.float32)[None] / 36, 6, 0)
    picture = Image.open(io.BytesIO(wash(Prediction("film", heatmap=heatmap), SIZE)))
    assert picture.mode == "RGBA"
    assert picture.width / picture.height == pytest.approx(SIZE[0] / SIZE[1], rel=0.01)
    strength = np.asarray(picture.getchannel("A"), int)[100]
    assert strength[0] == 0
    assert (np.diff(strength) >= -1).all()
    assert 0.25 < strength[-1] / 255 < 0.35  # fine markings stay to be seen
