"""examples/node and the page of examples/browser answer as the package does."""

import subprocess

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge_bench.ports.javascript_examples import node
from cxr_edge_bench.ports.port import SOME_NOT_SCORED
from examples.golden_vectors import (
    CLEAR,
    assert_as_the_package,
    assert_golden,
    assert_refused_as_the_package_does,
    by_path,
    golden_films,
    golden_pixels,
    oddly_stored,
    refused,
    unlike_films,
    written,
    zip_bomb,
)
from examples.made_ready import ready
from helpers import encoded


@pytest.fixture(scope="module", params=list_models(), ids=lambda model: model.name)
def model(request):
    return request.param


@pytest.fixture(scope="module")
def classifier(model):
    return Classifier.load(model.name)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    groups = {"odd": oddly_stored(), "unlike": unlike_films(), "refused": refused()}
    for name in groups:
        (folder / name).mkdir()
    return {name: written(files, folder / name) for name, files in groups.items()}


@pytest.fixture(scope="module")
def answers(port, model, classifier, films):
    """All in one call: a browser takes a while to start."""
    pixels = golden_pixels(classifier.card.input_size)
    paths = [*golden_films(), *pixels.values(), *(path for group in films.values() for path in group)]
    return by_path(port.answers(model.path, paths, pixels=True))


def test_golden_pixels_get_the_golden_answers(answers, model):
    assert_golden(answers, model, from_pixels=True)


def test_golden_films_become_the_golden_pixels_and_answers(answers, model):
    assert_golden(answers, model, from_pixels=False)


def test_however_a_film_is_stored_it_becomes_the_same_pixels(answers, films, classifier):
    assert_as_the_package(answers, films["odd"], classifier)


def test_what_is_unlike_a_film_is_told_as_such(answers, films, classifier):
    assert_as_the_package(answers, films["unlike"], classifier)
    assert {answers[path]["decision"] for path in films["unlike"]} <= {"retake", "review"}
    told = {path.stem for path in films["unlike"] if answers[path]["reasons"][0] == path.stem}
    assert told >= {"upside-down", "too-small"}


def test_what_is_no_film_is_refused_in_the_words_of_the_package(answers, films, classifier):
    assert_refused_as_the_package_does(answers, films["refused"], classifier)


def test_what_only_the_ports_refuse(port, tmp_path):
    four = np.dstack([np.asarray(Image.open(CLEAR).resize((300, 300)))] * 4)
    files = {
        "bomb.png": zip_bomb(),
        "four.jpg": encoded(Image.fromarray(four, "CMYK"), "JPEG"),
        "other.pgm": b"P5\n10 10\n255\n" + bytes(100),
        "film.dcm": CLEAR.with_suffix(".dcm").read_bytes(),
    }
    answers = port.answers(list_models()[0].path, written(files, tmp_path))
    found = [answer["error"].partition(";")[0].removeprefix("found ") for answer in answers]
    assert found == ["a PNG of more pixels than its header says", "a JPEG of 4 channels", "a PGM picture", "DICOM"]


def test_node_names_a_missing_film_a_folder_and_a_model_that_is_none(examples_folder, tmp_path):
    port = ready(node, examples_folder)
    missing, folder = port.answers(list_models()[0].path, [tmp_path / "none.jpg", tmp_path])
    assert missing["error"] == "found no such file; expected a readable picture file"
    assert folder["error"] == "found a folder; expected a readable picture file"
    done = subprocess.run([*port.command, CLEAR, CLEAR], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "drawn_clear.jpg: found a file that is no ONNX model" in done.stderr
    done = subprocess.run([*port.command, list_models()[0].path, CLEAR, missing["path"]], capture_output=True)
    assert done.returncode == SOME_NOT_SCORED
    assert subprocess.run([*port.command], capture_output=True).returncode == 2
