"""Latency of every stage, by pytest-benchmark: ``pytest benchmarks --benchmark-json latency.json``.

Stages: decode (file bytes → grey picture), preprocess (→ pixels of the input), infer (→ answer), end to end (file bytes
→ decision). Median, p90 and p99 in milliseconds, facts of the machine and the model's sha256 are in ``extra_info``.
"""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

from cxr_edge import Classifier, list_models
from cxr_edge.film.preprocess import open_film, preprocess, resize
from cxr_edge.film.source import Limits
from cxr_edge.session import INPUT, open_session
from cxr_edge.store import read_verified
from facts import facts
from sample_films import sample_films

ROUNDS = int(os.environ.get("CXR_EDGE_ROUNDS", "200"))
WARM_UPS = 10
FILMS = sample_films()
MODELS = [model.name for model in list_models()]
SIZES = {"full-size": FILMS.full, "224 pixels": FILMS.small}
THREADS = sorted({1, os.cpu_count() or 1})


@pytest.fixture
def timed(benchmark):
    """Time a function of one film (or batch), a different one each round, and note what is asked of a report."""

    def run(function, films, model="", **what):
        turn = itertools.cycle(films)
        benchmark.pedantic(
            function, setup=lambda: ((next(turn),), {}), rounds=ROUNDS, warmup_rounds=WARM_UPS, iterations=1
        )
        milliseconds = 1e3 * np.array(benchmark.stats.stats.data)
        sha256 = next((m.sha256 for m in list_models() if m.name == model), None)
        quantiles = dict(zip(("median", "p90", "p99"), np.quantile(milliseconds, (0.5, 0.9, 0.99)), strict=True))
        benchmark.extra_info.update(
            {name: float(value) for name, value in quantiles.items()},
            model=model, sha256=sha256, films=FILMS.source, machine=facts(), **what,
        )  # fmt: skip
        assert len(milliseconds) == ROUNDS

    return run


@pytest.mark.parametrize("films", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_decode(timed, model, films):
    size, limits = Classifier.load(model).card.input_size, Limits()
    timed(lambda data: open_film(data, size, limits), SIZES[films], model, stage="decode", size=films)


@pytest.mark.parametrize("films", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_preprocess(timed, model, films):
    size, limits = Classifier.load(model).card.input_size, Limits()
    decoded = [open_film(data, size, limits)[0] for data in SIZES[films]]
    timed(lambda image: resize(image, size), decoded, model, stage="preprocess", size=films)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("model", MODELS)
def test_infer(timed, model, batch, threads):
    size = Classifier.load(model).card.input_size
    session = open_session(read_verified(model)[1], model, threads)
    pixels = np.stack([preprocess(data, size) for data in FILMS.small])
    batches = [np.take(pixels, range(i, i + batch), axis=0, mode="wrap") for i in range(len(pixels))]
    names = [output.name for output in session.get_outputs() if output.name != "heatmap"]
    timed(lambda films: session.run(names, {INPUT: films}), batches, model, stage="infer", batch=batch, threads=threads)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("films", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_end_to_end(timed, model, films, threads):
    classifier = Classifier.load(model, threads=threads)
    timed(classifier.predict, SIZES[films], model, stage="end to end", size=films, threads=threads)
