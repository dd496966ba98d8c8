"""A film stored in 12 or 16 bits gets the answer of its copy of 8 bits, but for what low bits of noise add."""

import json

import numpy as np
import pytest

from cxr_edge import Classifier, list_models
from cxr_edge.film.folder import films_in
from cxr_edge.film.preprocess import PREPROCESSING, preprocess
from cxr_edge.store import SAMPLES

storage_depth = pytest.importorskip("cxr_edge_tools.storage_depth", reason="needs the checkout's tools")
MODELS = {model.alias: model for model in list_models() if model.alias}
OTHER_CPU = {"share of films": 0.005, "probability": 0.02}  # that int8 arithmetic of another kind of CPU may add


@pytest.fixture(scope="module")
def record():
    found = json.loads(storage_depth.RECORD.read_text(encoding="utf-8"))
    assert found["preprocessing"] == PREPROCESSING, "measure again: python -m cxr_edge_tools.storage_depth"
    return found["models"]


def no_worse(found, told):
    for figure in ("decisions changed", "across the threshold"):
        assert found[figure]["value"] <= told[figure]["value"] + OTHER_CPU["share of films"], figure
    largest = "largest change of probability"
    assert found[largest] <= told[largest] + OTHER_CPU["probability"]


@pytest.mark.parametrize("alias", MODELS)
def test_the_record_is_of_the_bundled_models(record, alias):
    assert record[MODELS[alias].name]["sha256"] == MODELS[alias].sha256


@pytest.mark.parametrize("depth", storage_depth.DEPTHS)
@pytest.mark.parametrize("alias", MODELS)
def test_depth_changes_no_more_phantoms_than_recorded(record, alias, depth):
    films = [storage_depth.grey_levels(path) for path in sorted(SAMPLES.glob("*.png"))]
    found = storage_depth.against_8_bits(Classifier.load(alias), films, storage_depth.DEPTHS[depth])
    no_worse(found, record[MODELS[alias].name]["phantoms"][depth])


@pytest.mark.parametrize("alias", MODELS)
def test_depth_changes_no_more_real_films_than_recorded(data, record, alias):
    depth = "12 bits, value × 16"
    films = [storage_depth.grey_levels(path) for path in films_in(data / "chest_xray/test")]
    found = storage_depth.against_8_bits(Classifier.load(alias), films, storage_depth.DEPTHS[depth])
    told = record[MODELS[alias].name]["test films"][depth]
    assert found["films"] == told["films"]
    no_worse(found, told)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.png")), ids=lambda path: path.stem)
def test_deep_copies_agree_with_each_other(path):
    grey = storage_depth.grey_levels(path)
    pixels = [preprocess(stored(grey), (96, 96)).astype(int) for stored in storage_depth.DEPTHS.values()]
    assert max(np.abs(one - pixels[0]).max() for one in pixels) <= 1
    assert np.array_equal(pixels[0], preprocess(grey, (96, 96)))
