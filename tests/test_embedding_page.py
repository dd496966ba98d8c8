"""The code of docs/embedding.md runs, and answers exactly as `Classifier` does."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cxr_edge
from cxr_edge import Classifier, list_models
from cxr_edge.store import SAMPLES

PACKAGE = Path(cxr_edge.__file__).parent
PAGE = (Path(__file__).parents[1] / "docs/embedding.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


@pytest.fixture(params=list_models(), ids=lambda model: model.name)
def plain(request):
    """The page's own names after its code for ONNX Runtime alone has run, and the classifier of the same model."""
    model = request.param
    (code,) = (block for block in blocks("python") if "def read(" in block)
    names = {"model_path": model.path, "film_path": SAMPLES / "drawn_clear.png"}
    exec(code, names)
    return names, Classifier.load(model.name)


def differing(plain, films):
    names, classifier = plain
    different = []
    for film in films:
        found = names["session"].run(["probability"], {"film": names["read"](film)})[0][0]
        if float(found) != classifier.predict(film).probability:
            different.append(film)
    return different


def stored(image, **options):
    file = io.BytesIO()
    image.save(file, **options)
    return file


def test_the_python_of_the_page_runs():
    sample = SAMPLES / "drawn_clear.png"
    names = {"uploads": [sample.read_bytes(), b""], "model_path": list_models()[0].path, "film_path": sample}
    for block in blocks("python"):
        exec(block, names)
    expected = Classifier.load().predict(sample)
    assert names["answers"][0]["probability"] == expected.probability
    assert "empty file" in names["answers"][1]["error"]
    assert names["prediction"].probability == expected.probability
    assert names["prediction"].heatmap is not None
    assert names["classifier"].predict(sample).logit == pytest.approx(expected.logit, abs=1e-5)
    assert names["probability"] == expected.probability
    assert (names["refer"], names["upright"]) == (False, True)


def test_full_size_films_get_the_same_answer_bit_for_bit(plain):
    data = os.environ.get("CXR_EDGE_DATA")
    if not data:
        pytest.skip("needs the films in CXR_EDGE_DATA")
    films = sorted(Path(data, "full_resolution").rglob("*.jpeg"))
    assert len(films) == 120
    assert differing(plain, films) == []


def test_golden_films_of_8_bits_get_the_same_answer_bit_for_bit(plain):
    assert differing(plain, [*sorted((PACKAGE / "golden").glob("*.jpg")), *sorted(SAMPLES.glob("*.png"))]) == []


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("L", {"format": "JPEG", "quality": 60, "progressive": True}),
        ("RGB", {"format": "JPEG", "quality": 85}),
        ("RGB", {"format": "JPEG", "quality": 85, "keep_rgb": True}),
        ("L", {"format": "JPEG", "exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"}),
        ("RGB", {"format": "PNG"}),
        ("P", {"format": "PNG"}),
    ],
    ids=["progressive JPEG", "colour JPEG", "JPEG coded as RGB", "turned JPEG", "colour PNG", "palette PNG"],
)
def test_however_8_bits_are_stored_the_answer_is_the_same(plain, tmp_path, mode, options):
    with Image.open(PACKAGE / "golden/drawn_opacity_both.jpg") as golden:
        grey = np.asarray(golden)[:1100]
    tinted = Image.merge("RGB", [Image.fromarray((grey * share).astype(np.uint8)) for share in (0.9, 0.95, 1.0)])
    film = tmp_path / "film"
    film.write_bytes(stored(tinted.convert(mode), **options).getvalue())
    assert differing(plain, [film]) == []


def test_the_javascript_of_the_page_holds_the_models_against_the_golden_vectors(tmp_path):
    node = shutil.which("node")
    if not node or subprocess.run([node, "-e", "require('onnxruntime-node')"], capture_output=True).returncode:
        pytest.skip("needs node and onnxruntime-node, found through NODE_PATH")
    script = tmp_path / "golden.js"
    script.write_text(blocks("js")[0], encoding="utf-8")
    done = subprocess.run([node, script, PACKAGE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("12 films passed") == len(list_models())
