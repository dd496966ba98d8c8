"""The one trainer, with either kind of recipe: it learns, survives being killed, and keeps to its folder."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from cxr_edge_train.learning.batches import BalancedBatches
from cxr_edge_train.learning.run_folder import read_history, read_record
from tiny_training import RECIPE, train_tiny

RNG = np.random.default_rng(0)


class Killed(BaseException):
    """As SIGKILL would, it passes every handler."""


@pytest.fixture(scope="module")
def whole(drawn_films, tmp_path_factory):
    """A run that nobody interrupted."""
    run = tmp_path_factory.mktemp("whole")
    train_tiny(drawn_films, run)
    return run


def kill(data, run, die_at):
    """Train, and die at the start of epoch `die_at`."""
    original = BalancedBatches.start_epoch

    def start_epoch(self, epoch):
        if epoch == die_at:
            raise Killed
        original(self, epoch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BalancedBatches, "start_epoch", start_epoch)
        with pytest.raises(Killed):
            train_tiny(data, run)


def test_training_learns_and_leaves_history(whole):
    history = read_history(whole)
    assert [row["epoch"] for row in history] == [0, 1, 2, 3]
    assert history[-1]["loss"] < history[0]["loss"]
    assert not (whole / "backup").exists()
    assert not (whole / "partial.keras").exists()


def test_a_record_says_its_kind_and_how_long_it_trained(whole):
    record = read_record(whole)
    assert record["run"]["recipe"]["kind"] == "balanced"
    assert record["training_seconds"] >= 0
    assert record["versions"]["keras"] == keras.__version__


def test_a_killed_run_goes_on_to_the_same_weights(whole, drawn_films, tmp_path):
    kill(drawn_films, tmp_path, die_at=2)
    assert not (tmp_path / "model.keras").exists()
    train_tiny(drawn_films, tmp_path)
    assert [row["epoch"] for row in read_history(tmp_path)] == [0, 1, 2, 3]
    weights = (keras.models.load_model(run / "model.keras").get_weights() for run in (whole, tmp_path))
    for a, b in zip(*weights, strict=True):
        assert np.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("torn", ["first weights", "metadata", "weights"])
def test_a_kill_in_the_middle_of_a_backup_is_survived(drawn_films, tmp_path, torn):
    kill(drawn_films, tmp_path, die_at=1 if torn == "first weights" else 3)
    backup = tmp_path / "backup"
    file = backup / ("training_metadata.json" if torn == "metadata" else "latest.weights.h5")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    train_tiny(drawn_films, tmp_path)
    assert [row["epoch"] for row in read_history(tmp_path)] == [0, 1, 2, 3]


def test_a_run_that_was_begun_with_another_recipe_is_not_gone_on_with(whole, drawn_films):
    from cxr_edge import CxrEdgeError

    with pytest.raises(CxrEdgeError, match="another recipe or other films"):
        train_tiny(drawn_films, whole, replace(RECIPE, epochs=5))


def test_batchnorm_of_mobilenet_stays_frozen_and_grey_equals_colour():
    from cxr_edge_train.learning.networks import MOBILENET_WEIGHTS, mobilenet_v2

    weights = Path(os.environ.get("CXR_EDGE_WEIGHTS", ""), MOBILENET_WEIGHTS)
    if not weights.is_file():
        pytest.skip("needs ImageNet weights in CXR_EDGE_WEIGHTS; tests download nothing")
    model = mobilenet_v2((96, 96))
    assert model.count_params() == 2_257_984 - 2 * 9 * 32 + 1281
    frozen = [x for x in model.get_layer("mobilenet_v2").layers if isinstance(x, keras.layers.BatchNormalization)]
    before = [w.copy() for layer in frozen for w in layer.get_weights()]
    film = RNG.integers(0, 256, (4, 96, 96, 1), np.uint8)
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(film, np.array([[0], [1], [0], [1]]), verbose=0)
    after = [w for layer in frozen for w in layer.get_weights()]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))

    fresh = mobilenet_v2((96, 96))
    colour = keras.applications.MobileNetV2((96, 96, 3), include_top=False, weights=str(weights))
    expected = colour(np.repeat(film / 127.5 - 1, 3, axis=-1).astype(np.float32), training=False)
    features = keras.Model(fresh.inputs, fresh.get_layer("pool").input)
    assert np.allclose(features(film.astype(np.float32), training=False), expected, atol=2e-4)
