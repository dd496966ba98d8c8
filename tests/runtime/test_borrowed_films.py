"""Thresholds of a clinic's films beside left-out ones of the model's own."""

import numpy as np
import pytest

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.calibration.clinic import calibrate
from cxr_edge.calibration.intervals import BORROWED, LEAST, proportion
from cxr_edge.calibration.left_out import LeftOut, beside_borrowed
from cxr_edge.calibration.operating_point_file import read_operating_points
from cxr_edge.calibration.thresholds import sigmoid, threshold_for
from cxr_edge.cli.main import main
from cxr_edge.film.preprocess import UNWINDOWED
from cxr_edge.prediction import Prediction
from helpers import tiny_card, tiny_onnx, write_model

NORMAL_LOGITS = [float(z) for z in np.linspace(-3, 3, 51) - 1]
LEFT_OUT = LeftOut(tuple(NORMAL_LOGITS), tuple(z + 2 for z in NORMAL_LOGITS))


def scored(normal, sick):
    rng = np.random.default_rng(0)
    logits = np.concatenate([rng.normal(-1, 1, normal), rng.normal(1, 1, sick)])
    return [Prediction("x", 0.5, float(z), "refer") for z in logits], [0] * normal + [1] * sick


@pytest.fixture
def lender(tmp_path):
    """The tiny model with a card that tells how its left-out films score."""
    card = tiny_card(left_out=LEFT_OUT)
    return write_model(tmp_path / "lender.onnx", tiny_onnx(card.to_json()))


def test_borrowed_films_are_told_and_do_not_make_up_for_missing_ones(lender):
    classifier = Classifier.load(lender)
    chosen = calibrate(classifier, *scored(LEAST, LEAST))
    assert (chosen.films["normal"], chosen.films["borrowed"]) == (LEAST, BORROWED)
    assert all(f"{BORROWED} left-out ones" in point.chosen_on for point in chosen.operating_points)
    with pytest.raises(CxrEdgeError, match=f"expected at least {LEAST} of each"):
        calibrate(classifier, *scored(LEAST, LEAST - 1))


def test_borrowed_films_count_in_the_choice_and_in_no_figure(lender, model):
    films = scored(60, 60)
    alone, beside = (calibrate(Classifier.load(path), *films) for path in (model, lender))
    assert alone.films["borrowed"] == 0
    assert beside.thresholds != alone.thresholds
    z = np.array([prediction.logit for prediction in films[0][60:]])
    point = beside.operating_points[0]
    referred = int((sigmoid(z / beside.temperature.value) >= point.threshold).sum())
    assert point.sensitivity == proportion(referred, 60)


def test_many_own_films_outvote_the_borrowed(lender, model):
    films = scored(3000, 3000)
    alone, beside = (calibrate(Classifier.load(path), *films) for path in (model, lender))
    for a, b in zip(alone.operating_points, beside.operating_points, strict=True):
        assert a.threshold == pytest.approx(b.threshold, abs=0.02)


def test_thresholds_of_few_films_vary_less_beside_borrowed_ones():
    rng = np.random.default_rng(0)
    shape = np.linspace(0.005, 0.995, 51)
    left_out = LeftOut(*(tuple(np.sort(sign * (3 + np.log(shape))).tolist()) for sign in (-1, 1)))
    reached = {}
    for lent in (None, left_out):
        shares = []
        for _ in range(300):  # a hospital whose logits lie two lower and are half as wide
            well, sick = -(1.5 - 0.5 * rng.exponential(size=25)) - 2, 1.5 - 0.5 * rng.exponential(size=25) - 2
            y, z = beside_borrowed(np.repeat([0.0, 1.0], 25), np.concatenate([well, sick]), lent)
            p = threshold_for(y, sigmoid(z), "sensitivity", 0.95)
            threshold = np.log(p / (1 - p))
            shares.append(1 - np.exp(-max(0.0, (1.5 - 2 - threshold) / 0.5)))
        reached[lent] = np.array(shares)
    assert reached[left_out].std() < 0.8 * reached[None].std()
    assert abs(reached[left_out].mean() - 0.95) < 0.02
    assert (reached[left_out] < 0.9).mean() < 0.5 * (reached[None] < 0.9).mean()


def test_the_command_says_what_was_borrowed_and_what_to_do(clinic, tmp_path, capsys):
    printed = []
    for name, left_out in (("lender", LEFT_OUT), ("tiny", None)):
        card = tiny_card(preprocessing=UNWINDOWED, left_out=left_out)  # these films are of one grey each
        path = write_model(tmp_path / f"{name}.onnx", tiny_onnx(card.to_json()))
        assert main(["calibrate", str(clinic), "--out", str(tmp_path / path.stem), "--model", str(path)]) == 0
        printed.append(capsys.readouterr().out)
    assert f"70 with pneumonia used, beside {BORROWED} left-out training films of each class" in printed[0]
    assert "left-out" not in printed[1]
    told = read_operating_points(tmp_path / "lender")[0].next_films["sensitivity 0.95"]
    expected = f"With 70 films with pneumonia, expect a sensitivity between {told.low:.2f} and {told.high:.2f}"
    assert expected in printed[0]
    assert "200 would narrow that to" in printed[0]
