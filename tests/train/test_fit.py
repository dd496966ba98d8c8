import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from cxr_edge_train.learning.fit import fit, logits, read_history
from tiny_training import RECIPE, tiny_network

RNG = np.random.default_rng(0)
LABELS = np.tile(np.array([0, 1], np.float32), 24)
FILMS = (RNG.integers(0, 120, (48, 40, 40, 1)) + 100 * LABELS[:, None, None, None]).astype(np.uint8)
SMALL = FILMS[:, 4:36, 4:36]


class Killed(BaseException):
    """As SIGKILL would, it passes every handler."""


def train(run, epochs=4, die_at=None, monkeypatch=None):
    keras.utils.set_random_seed(5)
    model = tiny_network((32, 32))
    recipe = replace(RECIPE, epochs=epochs)
    if die_at is not None:
        from cxr_edge_train.learning.batches import BalancedBatches

        original = BalancedBatches.start_epoch

        def start_epoch(self, epoch):
            if epoch == die_at:
                raise Killed
            original(self, epoch)

        monkeypatch.setattr(BalancedBatches, "start_epoch", start_epoch)
    run.mkdir(exist_ok=True)
    fit(model, recipe, (FILMS, LABELS), (SMALL, LABELS), run)
    return model


def test_training_learns_and_leaves_history(tmp_path):
    model = train(tmp_path)
    history = read_history(tmp_path)
    assert [row["epoch"] for row in history] == [0, 1, 2, 3]
    assert history[-1]["loss"] < history[0]["loss"]
    z = logits(model, SMALL)
    assert z[LABELS == 1].mean() > z[LABELS == 0].mean()
    assert not (tmp_path / "backup").exists()


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        train(tmp_path / "killed", die_at=2, monkeypatch=patch)
    resumed = train(tmp_path / "killed")
    assert [row["epoch"] for row in read_history(tmp_path / "killed")] == [0, 1, 2, 3]
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("torn", ["first weights", "metadata", "weights"])
def test_a_kill_in_the_middle_of_a_backup_is_survived(tmp_path, monkeypatch, torn):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        train(tmp_path, die_at=1 if torn == "first weights" else 3, monkeypatch=patch)
    backup = tmp_path / "backup"
    file = backup / ("training_metadata.json" if torn == "metadata" else "latest.weights.h5")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    train(tmp_path)
    assert [row["epoch"] for row in read_history(tmp_path)] == [0, 1, 2, 3]


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
