"""The Python of docs/embedding.md runs, and answers as `Classifier` does."""

import re
from pathlib import Path

import pytest

from cxr_edge import Classifier, list_models
from cxr_edge.store import SAMPLES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")


def test_the_python_of_the_page_runs(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples/python")
    sample = SAMPLES / "drawn_clear.png"
    names = {
        "uploads": [sample.read_bytes(), b""],
        "model_path": list_models()[0].path,
        "film_path": sample,
        "bytes_of_a_film": sample.read_bytes(),
    }
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(block, names)
    expected = Classifier.load().predict(sample)
    assert names["answers"][0]["probability"] == expected.probability
    assert "empty file" in names["answers"][1]["error"]
    assert names["prediction"].probability == expected.probability
    assert names["prediction"].heatmap is not None
    assert names["classifier"].predict(sample).logit == pytest.approx(expected.logit, abs=1e-5)
    answer = names["answer"]
    assert (answer["probability"], answer["decision"]) == (expected.probability, expected.decision)
