"""examples/python and examples/cpp answer as the package does; the program in C++ with every access checked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge.store import SAMPLES
from cxr_edge_bench.ports import python_and_cpp
from cxr_edge_bench.ports.port import MissingPort, Port
from examples.damaged_films import damaged_films
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
    seen,
    unlike_films,
    written,
    zip_bomb,
)
from helpers import encoded, tiny_card, tiny_onnx

CHECKED = "-Werror -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
MODEL = list_models()[0].path


@pytest.fixture(scope="session")
def checked_cpp(tmp_path_factory):
    """The program in C++, built so that any warning and any access out of bounds is an error."""
    try:
        headers, library = python_and_cpp.onnxruntime_for_cpp()
        program = python_and_cpp.build(tmp_path_factory.mktemp("cpp"), headers, library, CHECKED)
    except MissingPort as missing:
        pytest.skip(str(missing))
    return Port("cpp", (str(program),))


@pytest.fixture(params=["python", "cpp"])
def port(request, tmp_path):
    return request.getfixturevalue("checked_cpp") if request.param == "cpp" else python_and_cpp.python(tmp_path)


@pytest.fixture(params=list_models(), ids=lambda model: model.name)
def model(request):
    return request.param


@pytest.fixture
def classifier(model):
    return Classifier.load(model.name)


def answers_of(port, model, paths):
    return by_path(port.answers(model.path, paths, pixels=True))


def as_these_two_read_them():
    """Ways of storing that the programs in JavaScript need not know, by name."""
    grey = Image.open(CLEAR)
    return {
        "coded-as-rgb.jpg": encoded(grey.convert("RGB"), "JPEG", keep_rgb=True),
        "four-bits.png": encoded(grey.quantize(16), "PNG", bits=4),
    }


def is_the_same(answer, film, classifier):
    """Bit for bit: the pixels, the probability, and what follows from them."""
    prepared = classifier.prepare(film)
    expected = classifier.answer(prepared)
    numbers = (answer["probability"], answer["logit"], answer["decision"], tuple(answer["reasons"]))
    pixels_alike = (seen(answer, classifier.card.input_size) == prepared.pixels[..., 0]).all()
    return pixels_alike and numbers == (expected.probability, expected.logit, expected.decision, expected.quality)


def test_golden_pixels_get_the_golden_answers(port, model, classifier):
    pixels = golden_pixels(classifier.card.input_size).values()
    assert_golden(answers_of(port, model, pixels), model, from_pixels=True)


def test_golden_films_become_the_golden_pixels_and_answers(port, model):
    assert_golden(answers_of(port, model, golden_films()), model, from_pixels=False)


def test_however_a_film_is_stored_it_becomes_the_same_pixels(port, model, classifier, tmp_path):
    films = written({**oddly_stored(), **as_these_two_read_them()}, tmp_path)
    assert_as_the_package(answers_of(port, model, films), films, classifier)


def test_what_is_unlike_a_film_is_told_as_such(port, model, classifier, tmp_path):
    films = written(unlike_films(), tmp_path)
    assert_as_the_package(answers_of(port, model, films), films, classifier)


def test_what_is_no_film_is_refused_in_the_words_of_the_package(port, model, classifier, tmp_path):
    deep = encoded(Image.new("RGB", (64, 64)), "PNG")
    deep = deep[:24] + b"\x10" + deep[25:]  # says 16 bits a channel
    frames = [Image.new("L", (64, 64), level) for level in (0, 90)]
    own = {"animated.png": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])}
    films = written({**refused(), **own}, tmp_path)
    assert_refused_as_the_package_does(answers_of(port, model, films), films, classifier)
    (answer,) = port.answers(model.path, written({"deep.png": deep}, tmp_path))
    assert answer["error"].startswith("found a picture with a broken header")  # its checksum is of 8 bits


def test_python_gives_the_same_bits_as_the_package(model, classifier, tmp_path):
    films = [
        *golden_films(),
        *sorted(SAMPLES.glob("*.png")),
        *written({**oddly_stored(), **as_these_two_read_them()}, tmp_path),
    ]
    answers = answers_of(python_and_cpp.python(tmp_path), model, films)
    assert [film.name for film in films if not is_the_same(answers[film], film, classifier)] == []


def test_full_size_films_get_the_same_answer(port, model, classifier):
    data = os.environ.get("CXR_EDGE_DATA")
    if not data:
        pytest.skip("needs the films in CXR_EDGE_DATA")
    films = sorted(Path(data, "full_resolution").rglob("*.jpeg"))
    assert len(films) == 120
    answers = answers_of(port, model, films)
    if port.language == "python":
        assert [film.name for film in films if not is_the_same(answers[film], film, classifier)] == []
    assert_as_the_package(answers, films, classifier)


def test_damaged_films_are_refused_where_the_package_refuses_them(port, tmp_path):
    films = written(damaged_films(80), tmp_path)
    answers, classifier = by_path(port.answers(MODEL, films)), Classifier.load(list_models()[0].name)
    refused_by_package = {film.name for film in films if classifier.try_predict(film).error}
    assert {film.name for film in films if answers[film]["error"]} == refused_by_package
    assert 20 < len(refused_by_package) < 70  # neither all harmless nor all hopeless


def test_a_small_file_takes_little_memory(port, tmp_path):
    films = written({"bomb.png": zip_bomb(), "film.jpg": CLEAR.read_bytes()}, tmp_path)
    checked = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=8"}
    # Asked for by a small process: until it becomes the program, a child is as large as the one that starts it.
    ask = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    ask += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-c", ask, *port.command, MODEL, *films]
    used = int(subprocess.run(command, capture_output=True, text=True, env=checked, check=True).stdout)
    assert used < 200_000  # kB; the bomb unpacks to as much


def test_nothing_is_left_on_the_disk(port, tmp_path):
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([*port.command, MODEL, CLEAR], check=True, capture_output=True, env=home)
    assert list(tmp_path.iterdir()) == []  # ONNX Runtime would note an identifier of the computer


def test_what_is_no_file_of_a_film_is_named(port, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "big.png").touch()
    os.truncate(tmp_path / "big.png", 2**26 + 1)
    paths = [tmp_path / "none.jpg", tmp_path, tmp_path / "pipe", tmp_path / "big.png", CLEAR.with_suffix(".dcm")]
    other = written({"other.pgm": b"P5\n10 10\n255\n" + bytes(100)}, tmp_path)
    found = [answer["error"].partition(";")[0] for answer in port.answers(MODEL, [*paths, *other])]
    kinds = ["no such file", "a folder", "something that is no regular file", "more than 67,108,864 bytes", "DICOM"]
    assert found == [f"found {kind}" for kind in [*kinds, "a PGM picture"]]


def test_the_exit_status_says_whether_all_were_scored(port, tmp_path):
    status = lambda *words: subprocess.run([*port.command, *words], capture_output=True, text=True)  # noqa: E731
    assert status(MODEL, CLEAR).returncode == 0
    assert status(MODEL, CLEAR, tmp_path).returncode == 1
    models = {
        "no.onnx": (b"nothing", "found no usable"),
        "cardless.onnx": (tiny_onnx(None), "found a model without"),
        "unwindowed.onnx": (tiny_onnx(tiny_card().to_json()), "found preprocessing version 1"),
    }
    for name, (data, said) in models.items():
        (path,) = written({name: data}, tmp_path)
        done = status(path, CLEAR)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert "usage" in status().stderr
    assert status().returncode == 2


def test_what_is_missing_for_cpp_is_named_with_its_cure(monkeypatch, tmp_path):
    monkeypatch.setenv(python_and_cpp.VARIABLE, str(tmp_path))
    with pytest.raises(MissingPort, match=r"found no onnxruntime_cxx_api\.h.*com\.github\.asus4\.onnxruntime"):
        python_and_cpp.cpp(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPort, match=r"cmake: not found.*apt install cmake"):
        python_and_cpp.build(tmp_path, tmp_path, tmp_path)
