from dataclasses import replace

import numpy as np
import pytest

from cxr_edge_train.learning.augment import Augmentation, augment

pytest.importorskip("keras")
from cxr_edge_train.data.phantom import SAMPLES, draw
from cxr_edge_train.learning.batches import BalancedBatches
from cxr_edge_train.learning.recipe import BalancedRecipe

FILM = np.asarray(draw(SAMPLES["drawn_clear.png"], side=96))
OFF = Augmentation(
    **{name: 0.0 for name in Augmentation.__dataclass_fields__ if name.startswith(("p_", "log_"))},
    rotation=0.0, shift=0.0, contrast=(1.0, 1.0), brightness=0.0,
)  # fmt: skip


def changed(ranges, seed=0):
    return augment(FILM, (64, 64), np.random.default_rng(seed), ranges)


def test_without_any_change_a_copy_is_the_resized_film():
    from cxr_edge.film.preprocess import preprocess

    assert np.abs(changed(OFF).astype(int) - preprocess(FILM, (64, 64))).max() <= 2  # resized in whole grey levels


def test_copies_are_seeded_and_differ():
    ranges = Augmentation()
    assert np.array_equal(changed(ranges, 1), changed(ranges, 1))
    assert not np.array_equal(changed(ranges, 1), changed(ranges, 2))
    assert changed(ranges).shape == (64, 64, 1)
    assert changed(ranges).dtype == np.uint8


@pytest.mark.parametrize(
    "change",
    [
        {"p_flip": 1.0}, {"log_zoom": 0.18}, {"log_aspect": 0.12}, {"rotation": 8.0}, {"shift": 0.06},
        {"log_gamma": 0.4}, {"contrast": (2.0, 2.0)}, {"brightness": 0.9},
        {"p_tone": 1.0}, {"p_marker": 1.0}, {"p_erase": 1.0}, {"p_rescale": 1.0}, {"p_blur": 1.0},
        {"p_sharpen": 1.0}, {"p_noise": 1.0}, {"p_jpeg": 1.0}, {"p_band": 1.0}, {"p_rectangle": 1.0},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_each_change_does_something(change):
    assert not np.array_equal(changed(replace(OFF, **change)), changed(OFF))


def test_a_flip_is_a_mirror():
    flipped = changed(replace(OFF, p_flip=1.0))
    assert np.abs(flipped[:, ::-1].astype(int) - changed(OFF)).mean() < 1


@pytest.fixture
def batches():
    films = np.repeat(5 * np.arange(50, dtype=np.uint8), 48 * 48).reshape(50, 48, 48, 1)
    films[:, :, :8], films[:, :, -8:] = 0, 255  # what the window leaves as they are
    labels = (np.arange(50) >= 10).astype(np.float32)  # 10 normal, 40 sick
    return BalancedBatches(films, labels, BalancedRecipe(size=(32, 32), batch=8, seed=3, augmentation=OFF))


def test_batches_are_balanced_and_use_films_evenly(batches):
    seen = []
    for index in range(len(batches)):
        films, labels = batches[index]
        assert films.shape == (8, 32, 32, 1)
        assert labels[:, 1].sum() == 4
        numbers = np.rint(films[:, 16, 16, 0] / 5).astype(int)
        assert np.array_equal(labels[:, 0], numbers >= 10)
        seen += numbers.tolist()
    counts = np.bincount(seen, minlength=50)
    assert np.ptp(counts[:10]) <= 1
    assert np.ptp(counts[10:]) <= 1


def test_an_epoch_depends_on_its_number_alone(batches):
    first = [batches[i][0] for i in range(len(batches))]
    batches.start_epoch(1)
    assert not np.array_equal(batches[0][0], first[0])
    batches.start_epoch(0)
    assert np.array_equal([batches[i][0] for i in range(len(batches))], first)
