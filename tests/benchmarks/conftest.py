"""A report as it is without films, and one with: made up, with every section."""

import copy
from functools import cache

import numpy as np
import pytest

from cxr_edge import list_models

PEERS = {"cxr-edge int8": 1.0, "tf.function": 3.0, "LiteRT fp32": 1.5, "LiteRT int8": 0.5, "OpenVINO default": 1.0,
         "end to end: cxr-edge": 1.0, "end to end: tf.function": 4.0}  # fmt: skip
MODELS = [model for model in list_models() if model.alias]


@pytest.fixture
def no_films(monkeypatch):
    monkeypatch.delenv("CXR_EDGE_DATA", raising=False)


@cache
def on_phantoms():
    """Measured once, as without films."""
    from cxr_edge_bench.evidence import paired_parity

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CXR_EDGE_DATA", raising=False)
        return paired_parity.measure()


@pytest.fixture
def found():
    """A report as it is without films, with every section."""
    return without_films()


@pytest.fixture(scope="module")
def make_report():
    """A function that gives a report as `with_films` does, for fixtures that many tests share."""
    return lambda: add_films(without_films())


@pytest.fixture
def with_films(make_report):
    """A report with 300 made-up test films of the default model, and everything that a run notes about itself."""
    return make_report()


def without_films():
    times = np.linspace(0.9, 1.1, 20)
    peers = {
        name: {
            "median": ratio,
            "p90": 1.1 * ratio,
            "ratio": ratio,
            "films": 20,
            "settings": "s",
            "milliseconds": (ratio * times).tolist(),
        }
        for name, ratio in PEERS.items()
    }
    result = {
        "version": "1", "quick": True, "films": "drawn phantoms", "failures": [], "metrics": {},
        "machine": {"cpu": "a <b>", "cores": 2, "instruction_sets": ["avx"], "system": "s", "python": "3",
                    "onnxruntime": "1", "tensorflow": None},
        "parity": copy.deepcopy(on_phantoms()),
        "latency": [{"stage": "end to end", "model": MODELS[0].name, "threads": 1, "size": "full-size", "median": 3.0,
                     "p90": 4.0, "p99": 5.0}],
        "peers": {m.name: {"weights": "random", "films": "drawn", "peers": copy.deepcopy(peers)} for m in MODELS},
        "processes": {
            "bytes": {"wheel": 3e6},
            "cold start": {"cxr-edge": {"seconds": 0.1, "peak_bytes": 6e7}},
            "scale": [{"films": 100, "workers": 2, "films_per_second": 50.0, "peak_bytes": 7e7}],
        },
        "limit": {
            "model": MODELS[0].name, "multiply_adds": {"int8": 1e6, "float32": 1e6},
            "multiply_adds_per_second": {"int8": 1e9, "float32": 1e9},
            "stages": {
                "decode": {"milliseconds": 2.0, "limit": 1.0, "times_above": 2.0},
                "infer": {"milliseconds": 4.0, "limit": 1.0, "times_above": 4.0},
                "end to end": {"milliseconds": 6.0, "limit": 2.0, "times_above": 3.0},
            },
        },
        "other_cpus": {MODELS[0].name: {"films": 3, "cpus": {"old": {"skipped": "no emulator"}}}},
    }  # fmt: skip
    return result


def add_films(found):
    from cxr_edge_bench.evidence import paired_parity
    from cxr_edge_bench.report.about_model import about
    from cxr_edge_bench.report.measurements import metrics

    rng, name = np.random.default_rng(0), MODELS[0].name
    labels = (np.arange(300) % 3 > 0).astype(float)
    reference = 1 / (1 + np.exp(-(4 * labels - 2 + rng.normal(size=300))))
    p = np.clip(reference + rng.normal(scale=0.003, size=300), 0, 1)
    model = found["parity"]["models"][name]
    model["parts"] = {"test": paired_parity.paired(labels, p, reference, model["threshold"])}
    model["scatter"], model["labels"] = {"test": [p.tolist(), reference.tolist()]}, {"test": labels.tolist()}
    found["metrics"] = metrics(found["parity"])
    found["default"] = about(MODELS[0])
    found["models"] = {model.name: model.sha256 for model in MODELS}
    found["runs"] = [
        {"started": "2026-11-28T07:00:12+00:00", "commit": "0123456789abcdef", "uncommitted": True, "load_average": 2.5}
    ]
    found["steps"] = {
        "latency": {"seconds": 10.0, "error": None, "cores_used_by_others": 1.5},
        "peers: x": {"seconds": 30.0, "error": None, "cores_used_by_others": 0.5},
        "parity": {"seconds": 90.0, "error": None, "cores_used_by_others": 2.0},
    }
    return found
