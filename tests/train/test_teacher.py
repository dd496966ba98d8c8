import json
from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge_train.learning.batches import BalancedBatches
from cxr_edge_train.learning.networks import logits
from cxr_edge_train.learning.teacher import Teacher
from tiny_training import RECIPE, train_tiny


@pytest.fixture(scope="module")
def teachers(drawn_films, tmp_path_factory):
    """Two runs of the same split at another size than the learner's."""
    runs = [tmp_path_factory.mktemp("teacher") for _ in range(2)]
    for epochs, run in zip((3, 4), runs, strict=True):
        train_tiny(drawn_films, run, replace(RECIPE, size=(40, 40), epochs=epochs))
    return runs


def test_several_teachers_answer_with_their_mean_logit(teachers):
    teacher = Teacher(teachers)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 40, 40, 1), np.uint8)
    expected = sigmoid(np.mean([logits(model, pixels) for model in teacher.models], axis=0, dtype=np.float64))
    assert teacher.probability(pixels) == pytest.approx(expected, abs=1e-6)
    assert teacher.size == (40, 40)


def test_a_batch_shows_teacher_and_learner_the_same_copies(teachers):
    teacher = Teacher(teachers[:1])
    pixels = np.random.default_rng(0).integers(0, 256, (8, 40, 40, 1), np.uint8)
    labels = np.tile(np.array([0, 1], np.float32), 4)
    recipe = replace(RECIPE, batch=4, seed=7, teaching=0.7)
    batches = BalancedBatches(pixels, labels, recipe, teacher)
    copies, targets = batches[0]
    assert copies.shape == (4, 32, 32, 1)
    same = BalancedBatches(pixels, labels, replace(recipe, size=(40, 40)))[0]
    assert targets[:, 1].tolist() == same[1][:, 1].tolist() == same[1][:, 0].tolist()
    assert targets[:, 0] == pytest.approx(0.7 * teacher.probability(same[0]) + 0.3 * targets[:, 1], abs=1e-5)


def test_a_network_learns_from_a_teacher_and_the_record_names_it(drawn_films, teachers, tmp_path):
    teacher = Teacher(teachers)
    metrics = train_tiny(drawn_films, tmp_path, replace(RECIPE, teachers=teacher.sha256), teacher)
    assert metrics["test"].auc.value > 0.9
    assert json.loads((tmp_path / "recipe.json").read_text())["run"]["recipe"]["teachers"] == list(teacher.sha256)


def test_a_teacher_that_saw_the_held_out_films_is_refused(drawn_films, teachers, tmp_path):
    recipe = replace(RECIPE, teachers=("x",), fold=1)
    with pytest.raises(CxrEdgeError, match=r"trained on \d+ of the films held out here"):
        train_tiny(drawn_films, tmp_path, recipe, Teacher(teachers))
    assert not (tmp_path / "recipe.json").exists()


def test_unusable_teachers(drawn_films, teachers, tmp_path):
    with pytest.raises(CxrEdgeError, match="no finished training run"):
        Teacher([tmp_path])
    train_tiny(drawn_films, tmp_path, replace(RECIPE, epochs=1))
    with pytest.raises(CxrEdgeError, match=r"sizes \[\(32, 32\), \(40, 40\)\]; expected one size"):
        Teacher([tmp_path, teachers[0]])


def test_a_larger_network_begins_with_the_weights_of_a_smaller_one(drawn_films, teachers, tmp_path):
    from cxr_edge_train.learning.balanced_training import BalancedTraining
    from cxr_edge_train.learning.earlier_run import Start
    from tiny_training import tiny_network

    start = Start(teachers[0])
    training = BalancedTraining(replace(RECIPE, size=(64, 64), start=start.sha256), tiny_network, start=start)
    begun, learned = training.build(), keras.models.load_model(teachers[0] / "model.keras")
    assert begun.input_shape[1:3] == (64, 64)
    assert all(np.array_equal(a, b) for a, b in zip(begun.get_weights(), learned.get_weights(), strict=True))
    with pytest.raises(CxrEdgeError, match=r"trained on \d+ of the films held out here"):
        replace(training, recipe=replace(training.recipe, fold=1)).divide(drawn_films)
    with pytest.raises(CxrEdgeError, match="expected one as a start"):
        Start(tmp_path).give(begun)
