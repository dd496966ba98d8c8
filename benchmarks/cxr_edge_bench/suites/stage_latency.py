"""Latency of every stage, by pytest-benchmark.

``pytest --pyargs cxr_edge_bench.suites.stage_latency --benchmark-json latency.json``; ``CXR_EDGE_ROUNDS`` says how
often each is timed, 200 times by default.

Stages: decode (file bytes → grey picture), preprocess (→ pixels of the input), infer (→ answer), end to end (file bytes
→ decision). Median, p90 and p99 in milliseconds, the conditions and the model's sha256 are in ``extra_info``.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cxr_edge import Classifier, list_models
from cxr_edge.film.preprocess import open_film, preprocess, resize
from cxr_edge.film.source import Limits
from cxr_edge.session import INPUT, open_session
from cxr_edge.store import read_verified
from cxr_edge_bench.conditions import conditions
from cxr_edge_bench.suites.timed_films import TimedFilms, timed_films

WARM_UPS = 10
MODELS = [model.name for model in list_models()]
SIZES = {"full-size": lambda films: films.full, "224 pixels": lambda films: films.small}
THREADS = sorted({1, os.cpu_count() or 1})
Timed = Callable[..., None]


@pytest.fixture(scope="session")
def films() -> TimedFilms:
    """Read once."""
    return timed_films()


@pytest.fixture
def timed(benchmark: BenchmarkFixture, films: TimedFilms) -> Timed:
    """Time a function of one film (or batch), a different one each round, and note what a report asks for."""
    rounds = int(os.environ.get("CXR_EDGE_ROUNDS", "200"))

    def run(function: Callable[[Any], Any], inputs: Sequence[Any], model: str, **stage: Any) -> None:
        turn = itertools.cycle(inputs)
        benchmark.pedantic(  # type: ignore[no-untyped-call]
            function, setup=lambda: ((next(turn),), {}), rounds=rounds, warmup_rounds=WARM_UPS, iterations=1
        )
        milliseconds = 1e3 * np.array(benchmark.stats.stats.data)  # type: ignore[union-attr]
        quantiles = dict(zip(("median", "p90", "p99"), np.quantile(milliseconds, (0.5, 0.9, 0.99)), strict=True))
        benchmark.extra_info.update(
            {name: float(value) for name, value in quantiles.items()},
            model=model,
            sha256=read_verified(model)[2],
            films=films.source,
            machine=conditions(),
            **stage,
        )
        assert len(milliseconds) == rounds

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_decode(timed: Timed, films: TimedFilms, model: str, size: str) -> None:
    """File bytes → grey picture."""
    pixels, limits = Classifier.load(model).card.input_size, Limits()
    timed(lambda data: open_film(data, pixels, limits), SIZES[size](films), model, stage="decode", size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_preprocess(timed: Timed, films: TimedFilms, model: str, size: str) -> None:
    """Grey picture → pixels of the input."""
    pixels, limits = Classifier.load(model).card.input_size, Limits()
    decoded = [open_film(data, pixels, limits).grey for data in SIZES[size](films)]
    timed(lambda image: resize(image, pixels), decoded, model, stage="preprocess", size=size)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("model", MODELS)
def test_infer(timed: Timed, films: TimedFilms, model: str, batch: int, threads: int) -> None:
    """Pixels → every output but the heatmap."""
    size = Classifier.load(model).card.input_size
    session = open_session(read_verified(model)[1], model, threads)
    pixels = np.stack([preprocess(data, size) for data in films.small])
    batches = [np.take(pixels, range(i, i + batch), axis=0, mode="wrap") for i in range(len(pixels))]
    names = [output.name for output in session.get_outputs() if output.name != "heatmap"]
    timed(lambda films: session.run(names, {INPUT: films}), batches, model, stage="infer", batch=batch, threads=threads)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_end_to_end(timed: Timed, films: TimedFilms, model: str, size: str, threads: int) -> None:
    """File bytes → decision."""
    classifier = Classifier.load(model, threads=threads)
    timed(classifier.predict, SIZES[size](films), model, stage="end to end", size=size, threads=threads)
