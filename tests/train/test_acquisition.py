"""Groups of films that were taken alike, and AUC within and across them."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.metrics import roc_auc_score

from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.data.lung_masks import NoMasks
from cxr_edge_train.evaluation import acquisition
from cxr_edge_train.evaluation.acquisition import describe, features_of, find_clusters, main
from cxr_edge_train.evaluation.acquisition_features import MARGIN, NAMES, acquisition_features
from cxr_edge_train.evaluation.auc_within import auc_within
from cxr_edge_train.evaluation.swapped_films import with_margin

LUNGS = np.zeros((224, 224), bool)
LUNGS[60:170, 50:180] = True


def film(grey=120, noise=6.0, band=0, marked=False, seed=0, lung=60):
    """A film with lungs; `band` black columns at the left, and a letter at the upper left."""
    pixels = np.random.default_rng(seed).normal(grey, noise, (224, 224))
    pixels[LUNGS] = lung
    pixels[:, :band] = 0
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if marked:
        ImageDraw.Draw(image).text((40, 8), "R", fill=255, font_size=22)
    return image


def features(**how):
    return dict(zip(NAMES, acquisition_features(np.asarray(film(**how)), ~LUNGS), strict=True))


def test_each_feature_follows_what_it_is_named_for():
    plain = features()
    assert features(grey=150)["tone, percentile 50"] - plain["tone, percentile 50"] == pytest.approx(30, abs=1)
    assert features(noise=12)["noise, σ 0.7 to 1.4"] > plain["noise, σ 0.7 to 1.4"] + 0.5
    assert features(band=34)["flat at the left"] == pytest.approx(34 / 224)
    assert features(band=34)["grey at the left"] == 0
    assert features(band=34)["share black"] > 0.1 > plain["share black"]
    assert features(marked=True)["marks, upper left"] > plain["marks, upper left"] + 0.5
    assert features(marked=True)["marks, lower right"] == pytest.approx(plain["marks, lower right"])


def test_lungs_are_not_looked_at():
    outside = ~with_margin(LUNGS, MARGIN)
    dark, bright = (acquisition_features(np.asarray(film(lung=lung, noise=8)), outside) for lung in (20, 118))
    coarsest = np.char.startswith(NAMES, "noise, σ 2.8")  # its smoothing reaches a little over the margin
    assert dark[~coarsest] == pytest.approx(bright[~coarsest], abs=0.02)
    assert dark[coarsest] == pytest.approx(bright[coarsest], abs=0.2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two machines; the bright and grainy one took sick films alone. One film has no mask."""
    monkeypatch.setenv("CXR_EDGE_DATA", str(tmp_path))
    rng = np.random.default_rng(0)
    for label in ("NORMAL", "PNEUMONIA"):
        for kind in ("chest_xray", "lung_masks"):
            (tmp_path / kind / "train" / label).mkdir(parents=True)
        for i in range(40):
            other = label == "PNEUMONIA" and i < 30
            seed = i + 1000 * (label == "NORMAL")
            image = film(*((165, 14.0) if other else (110, 5.0)), band=int(rng.integers(4, 9)), seed=seed)
            image.save(tmp_path / f"chest_xray/train/{label}/{i}.png")
            if i:
                Image.fromarray(LUNGS).save(tmp_path / f"lung_masks/train/{label}/{i}.png")
    return tmp_path


def test_a_machine_of_one_class_is_found_without_labels(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(acquisition, "NUMBERS", range(2, 5))
    out, sheets = tmp_path / "record.json", tmp_path / "sheets"
    command = ["--out", str(out), "--sheets", str(sheets), "--words", "0", "dark films"]
    assert main(command) == 0
    record = json.loads(out.read_text(encoding="utf-8"))
    assert sum(row["films"] for row in record["clusters"]) == len(record["films"]) == 78
    films = {film.sha256: film for film in read_labelled(folder / "chest_xray/train")}
    for row in record["clusters"]:
        members = [films[sha] for sha, cluster in record["films"].items() if cluster == row["cluster"]]
        bright = {film.label == 1 and int(film.path.stem) < 30 for film in members}
        assert len(bright) == 1  # no cluster holds films of both machines
        assert (row["pneumonia"]["value"] == 1) or bright == {False}
    assert record["clusters"][0]["in words"] == "dark films"
    assert Image.open(sheets / "cluster0.png").size == (4 * 224, 4 * 224)
    assert "pneumonia 1.000" in capsys.readouterr().out


def test_clusters_are_counted_from_the_largest_on():
    rng = np.random.default_rng(1)
    features = np.concatenate([rng.normal(0, 1, (30, 4)), rng.normal(30, 1, (90, 4)), rng.normal(-30, 1, (60, 4))])
    clusters, criterion = find_clusters(features, range(2, 6))
    assert min(criterion, key=criterion.get) == 3
    assert np.array_equal(clusters, find_clusters(features, range(2, 6))[0])
    assert [np.bincount(clusters[part]).argmax() for part in (slice(30), slice(30, 120), slice(120, 180))] == [2, 0, 1]
    rows = describe(clusters, (clusters == 1).astype(float), np.tile(features, 6)[:, : len(NAMES)])
    assert [(row["films"], row["one class"]) for row in rows] == [(90, "NORMAL"), (60, None), (30, None)]


def test_without_masks_there_is_nothing_to_look_outside_of(folder, tmp_path):
    with pytest.raises(NoMasks, match="found no mask of the 80 films"):
        features_of(read_labelled(folder / "chest_xray/train"), tmp_path / "nothing")


def test_auc_within_and_across_by_hand():
    clusters = np.array([0, 0, 0, 0, 1, 1])
    labels = np.array([0, 0, 1, 1, 1, 0])
    scores = np.array([1.0, 3, 2, 4, 9, 5])
    found = auc_within(clusters, labels, scores, resamples=50)
    assert (found.pairs_within, found.pairs_across) == (5, 4)
    assert found.within.value == pytest.approx(4 / 5)  # 2 lies below 3
    assert found.across.value == pytest.approx(2 / 4)  # 9 beats 1 and 3, 2 and 4 lie below 5
    assert found.difference.value == pytest.approx(2 / 4 - 4 / 5)


def test_a_score_that_reads_the_cluster_is_good_across_alone():
    rng = np.random.default_rng(2)
    clusters = rng.integers(0, 4, 400)
    labels = (rng.random(400) < np.array([0.1, 0.3, 0.7, 0.95])[clusters]).astype(float)
    scores = clusters + rng.normal(0, 0.05, 400)
    found = auc_within(clusters, labels, scores, resamples=100)
    assert found.within.low < 0.5 < found.within.high
    assert found.across.low > 0.8
    assert found.difference.low > 0.2
    one = auc_within(np.where(np.arange(400) < 399, 0, 1), labels, scores, resamples=20)
    assert one.within.value == pytest.approx(roc_auc_score(labels[:399], scores[:399]))


def test_clusters_of_one_class_each_have_nothing_within():
    with pytest.raises(ValueError, match="found 0 pairs"):
        auc_within(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), np.arange(4.0))
