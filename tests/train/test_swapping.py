"""Lungs in other bodies, for training: what moves, what stays, and what a batch says of it."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_edge_train.learning.augment import Augmentation, augment_with_lungs
from cxr_edge_train.learning.swapping import Swapping, cover, drawn_films, swap

RNG = np.random.default_rng
EXACT = Swapping(p_style=1.0, softness=(2.0, 2.0), jitter=0.0)
OFF = Augmentation(
    **{name: 0.0 for name in Augmentation.__dataclass_fields__ if name.startswith(("p_", "log_"))},
    rotation=0.0, shift=0.0, contrast=(1.0, 1.0), brightness=0.0,
)  # fmt: skip


def film(lung, tissue, box, side=112):
    """A body of noise about `tissue`, with lungs of the grey level `lung` in `box` (top, bottom, left, right)."""
    top, bottom, left, right = box
    pixels = tissue + RNG(tissue).integers(-10, 11, (side, side))
    mask = np.zeros((side, side), np.uint8)
    mask[top:bottom, left:right] = 255
    pixels[mask > 0] = lung
    return pixels.astype(np.uint8), mask


@pytest.fixture
def films():
    """Dark lungs in a grey body, bright lungs in a bright body, lungs that the border cuts, and lungs nobody drew."""
    drawn = [
        film(40, 100, (20, 80, 20, 90)),
        film(150, 180, (40, 100, 30, 80)),
        film(40, 100, (0, 60, 20, 90)),
        film(40, 100, (20, 80, 20, 90)),
    ]
    drawn[3][1][:] = 0
    pixels, lungs = (np.stack(part) for part in zip(*drawn, strict=True))
    return drawn_films(pixels[..., np.newaxis], lungs)


def test_what_is_known_of_films(films):
    assert films.drawn.tolist() == [True, True, True, False]
    assert films.whole.tolist() == [True, True, False, False]
    assert films.boxes[0].tolist() == [20, 20, 90, 80]
    assert abs(films.around[1, 0] - 180) < 2


def test_lungs_move_to_the_other_box_with_the_other_exposure(films):
    picture, lungs = swap(films, 0, 1, RNG(0), EXACT)
    inside = np.zeros_like(lungs, bool)
    inside[46:94, 36:74] = True
    assert lungs[inside].min() == 255
    assert lungs[:36].max() == 0
    # 60 levels darker than its tissue it stays, at the other's tissue of 180 and at a like spread.
    assert abs(float(picture[inside].mean()) - 120) < 8
    far = np.ones_like(inside)
    far[30:110, 20:90] = False
    assert np.array_equal(picture[far], films.pixels[1, ..., 0][far])


def test_without_style_lungs_keep_their_levels(films):
    shares = [
        float(swap(films, 0, 1, RNG(seed), replace(EXACT, p_style=0.0))[0][60:80, 45:65].mean()) for seed in range(8)
    ]
    assert min(shares) < 80
    assert max(shares) > 90


def test_covered_lungs_are_gone_with_the_outline_of_both(films):
    plain = cover(films, 0, 1, RNG(3), EXACT)
    assert np.ptp(plain[50:70, 40:70].astype(int)) < 200
    assert not np.array_equal(plain[85:98, 40:70], films.pixels[0, 85:98, 40:70, 0])  # where only the other has lungs
    assert np.array_equal(plain[:10], films.pixels[0, :10, :, 0])


def test_a_mask_goes_where_its_film_goes():
    lungs = np.zeros((96, 96), np.uint8)
    lungs[30:60, 20:50] = 255
    for seed in range(5):
        ranges = replace(OFF, log_zoom=0.3, rotation=8.0, shift=0.1, p_flip=0.5)
        copy, moved = augment_with_lungs(np.maximum(lungs, 1), lungs, (96, 96), RNG(seed), ranges)
        assert ((copy[..., 0] > 128) == (moved > 128)).mean() > 0.98


@pytest.fixture
def batches(films):
    pytest.importorskip("keras")
    from cxr_edge_train.learning.batches import LungBatches
    from cxr_edge_train.learning.recipe import BalancedRecipe

    def make(swapping):
        recipe = BalancedRecipe(size=(64, 64), batch=4, augmentation=OFF, swapping=swapping)
        return LungBatches(films, np.array([0, 1, 0, 1], np.float32), recipe, (4, 4))

    return make


def test_a_batch_tells_where_lungs_are_and_which_nobody_drew(batches):
    found = batches(None)
    pixels, targets, weights = found[0]
    assert pixels.shape == (4, 64, 64, 1)
    assert targets["logit"].tolist() == [[0, 0], [0, 0], [1, 1], [1, 1]]
    assert targets["lungs"].shape == (4, 4, 4, 1)
    drawn = found.films.drawn[found.order[:, 0].ravel()]
    assert np.array_equal(weights["lungs"][:, 0, 0], drawn)
    assert (targets["lungs"].max(axis=(1, 2, 3)) > 0.5).tolist() == drawn.tolist()


def test_nobody_can_tell_covered_lungs(batches):
    found = batches(Swapping(p_swap=0.0, p_cover=1.0))
    _, targets, weights = found[0]
    whole = found.films.whole[found.order[:, 0].ravel()]
    assert (targets["logit"][:, 0] == 0.5).tolist() == whole.tolist()
    assert targets["logit"][:, 1].tolist() == [0, 0, 1, 1]
    assert targets["lungs"][whole].max() == 0
    assert weights["lungs"][whole].min() == 1


def test_a_batch_is_the_same_when_asked_again(batches):
    found = batches(Swapping())
    first, again = found[0], found[0]
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1]["lungs"], again[1]["lungs"])
    found.start_epoch(1)
    assert not np.array_equal(found[0][0], first[0])


def test_without_lungs_of_both_classes_nothing_is_swapped(films):
    pytest.importorskip("keras")
    from cxr_edge_train.learning.batches import LungBatches
    from cxr_edge_train.learning.recipe import BalancedRecipe

    recipe = BalancedRecipe(size=(112, 112), batch=4, augmentation=OFF, swapping=Swapping(p_swap=1.0, p_cover=0.0))
    batches = LungBatches(films, np.array([0, 0, 0, 1], np.float32), recipe, (4, 4))
    assert [len(bodies) for bodies in batches.bodies] == [2, 0]
    assert batches[0][0].shape == (4, 112, 112, 1)
