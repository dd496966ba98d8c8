import csv
import json

import numpy as np
import pytest

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.thresholds import sigmoid
from cxr_edge.cli.main import main
from cxr_edge_train.learning.run_folder import read_scores

RNG = np.random.default_rng(0)


def write_run(folder, fold, share=0.5, seed=1, epochs=6):
    """A finished run whose fold is `fold`: sixty validation films of its own, forty test films."""
    folder.mkdir(exist_ok=True)
    recipe = {"fold": fold, "validation": share, "seed": seed, "epochs": epochs, "teachers": [str(fold)]}
    (folder / "recipe.json").write_text(json.dumps({"run": {"recipe": recipe}}))
    with (folder / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("part", "sha256", "label", "logit", "probability"))
        for part, count in (("validation", 60), ("test", 40)):
            for i in range(count):
                writer.writerow((part, f"{part}{fold}-{i}", i % 2, 3 * (i % 2) - 2 + RNG.standard_normal(), 0))
    return folder


@pytest.fixture
def runs(tmp_path):
    return [write_run(tmp_path / str(fold), fold) for fold in range(2)]


def test_thresholds_come_from_the_left_out_films_of_all_runs(runs, tmp_path, capsys):
    assert main(["pool", *map(str, runs), "--out", str(tmp_path / "out.json")]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((tmp_path / "out.json").read_text())
    assert result["films"] == 120
    points = [json.loads((run / "operating_point.json").read_text()) for run in runs]
    assert points[0] == points[1]
    assert points[0]["thresholds"] == result["thresholds"]
    assert "120 films, each scored by the network of 2 that had not seen its patient" in points[0]["chosen_on"]
    _, labels, logits = (np.concatenate(x) for x in zip(*(read_scores(r)["validation"] for r in runs), strict=True))
    sick = sigmoid(logits[labels == 1] / result["temperature"])
    assert 0.95 <= (sick >= result["thresholds"]["sensitivity 0.95"]).mean() < 0.97
    accuracy = result["test"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(np.mean(accuracy["runs"]))
    assert len(accuracy["runs"]) == 2


def test_another_run_of_the_recipe_gets_the_same(runs, tmp_path):
    other = write_run(tmp_path / "other", 0, share=0.15, seed=9)
    assert main(["pool", *map(str, runs), "--also", str(other)]) == 0
    assert (other / "operating_point.json").read_text() == (runs[0] / "operating_point.json").read_text()


def test_runs_that_are_not_the_folds_of_one_recipe_are_refused(runs, tmp_path, capsys):
    for wrong, message in (
        ([runs[0]], r"found the folds [0]; expected [0, 1]"),
        ([runs[0], runs[0]], r"found the folds [0, 0]; expected [0, 1]"),
        ([runs[0], write_run(tmp_path / "other", 1, seed=2)], "folds of different splits"),
        ([*runs, "--also", write_run(tmp_path / "third", 0, epochs=9)], "runs of different recipes"),
        ([tmp_path / "none"], "no training run"),
    ):
        assert main(["pool", *map(str, wrong)]) == 2
        assert message in capsys.readouterr().err
    published = write_run(tmp_path / "published", 1)
    recipe = {"run": {"recipe": {"protocol": "published", "seed": 42}}}
    (published / "recipe.json").write_text(json.dumps(recipe))
    assert main(["pool", str(runs[0]), str(published)]) == 2
    assert "published: found a run of the kind reference; expected balanced" in capsys.readouterr().err
    (runs[0] / "predictions.csv").unlink()
    with pytest.raises(CxrEdgeError, match="no finished training run"):
        read_scores(runs[0])
