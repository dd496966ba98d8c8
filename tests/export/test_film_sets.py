"""The films of an export: every file is decoded once, and gives the pixels that it gives alone."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
from cxr_edge.film.preprocess import UNWINDOWED, preprocess
from cxr_edge_export.quantize import calibration_films
from cxr_edge_export.steps import film_sets
from cxr_edge_export.steps.finished_run import FinishedRun
from cxr_edge_train.data import pixels
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.learning.networks import close_with_logit
from cxr_edge_train.learning.run_folder import ChosenThresholds

SIZE, SOURCE = (64, 64), (80, 80)


@pytest.fixture(scope="module")
def run(drawn_films):
    """An untrained network with the layers of the output ``view``."""
    film = keras.Input((*SIZE, 1), name="film")
    inner = keras.applications.MobileNetV2((*SIZE, 1), alpha=0.35, include_top=False, weights=None)
    model = close_with_logit(film, inner(keras.layers.Rescaling(1 / 127.5)(film)), 0.0, "small")
    films = read_labelled(drawn_films / "train")
    split = {"train": films[::2], "validation": films[1::2], "test": read_labelled(drawn_films / "test")}
    recipe = {"kind": "balanced", "network": "small", "source_size": list(SOURCE)}
    chosen = ChosenThresholds(1.0, {"sensitivity 0.95": 0.5}, "nothing")
    return FinishedRun(Path("run"), model, {"run": {"recipe": recipe}}, chosen, split)


def at(films, size):
    return np.stack([preprocess(film.path, size) for film in films])


def test_every_film_is_decoded_once(run, monkeypatch):
    opened, original = [], pixels.open_film

    def count(data, *arguments):
        opened.append(data)
        return original(data, *arguments)

    monkeypatch.setattr(pixels, "open_film", count)
    monkeypatch.setattr(
        film_sets, "load_pixels", lambda films, size, title, *version: at(films, size)
    )  # counted for test films
    film_sets.load_film_sets(run)
    assert len(opened) == len(run.split["train"]) + len(run.split["validation"])


def test_the_pixels_are_those_of_each_film_alone(run, monkeypatch):
    monkeypatch.setattr(film_sets, "VIEW_FILMS", 10)
    sets, training = film_sets.load_film_sets(run), run.split["train"]
    assert np.array_equal(sets.quality.exposure, at(training, SIZE))
    viewed = [training[i] for i in np.random.default_rng(0).permutation(len(training))[:10]]
    assert np.array_equal(sets.quality.training, at(viewed, SOURCE))
    assert np.array_equal(sets.quality.validation, at(run.split["validation"], SOURCE))
    for part in ("validation", "test"):
        assert np.array_equal(sets.scored[part].pixels, at(run.split[part], SIZE))
    chosen = calibration_films(training, film_sets.CALIBRATION_FILMS, seed=0)
    assert sets.calibration.sha256 == [film.sha256 for film in chosen]
    assert np.array_equal(sets.calibration.pixels, at(chosen, SIZE))


def test_a_published_network_needs_no_quality_films(run):
    from dataclasses import replace

    record = {"run": {"recipe": {**run.recipe, "kind": "reference"}}}
    sets = film_sets.load_film_sets(replace(run, record=record))
    assert sets.quality is None
    chosen = calibration_films(run.split["train"], film_sets.CALIBRATION_FILMS, seed=0)
    unwindowed = np.stack([preprocess(film.path, SIZE, version=UNWINDOWED) for film in chosen])
    assert np.array_equal(sets.calibration.pixels, unwindowed)
