"""What every port must answer: the golden vectors, films stored in odd ways, and what is to be refused."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.computer.golden import FOLDER, golden, read_pgm
from helpers import encoded

PACKAGE = FOLDER.parent
CLEAR = FOLDER / "drawn_clear.jpg"
UNREADABLE = (".dcm",)  # golden films of formats that ports need not read


def golden_films():
    """The golden films that a port reads."""
    return [PACKAGE / film["file"] for film in golden()["films"] if not film["file"].endswith(UNREADABLE)]


def golden_pixels(size):
    """By golden film, DICOM too, the PGM file with its pixels for a model of `size`."""
    return {film["file"]: PACKAGE / film["pixels"]["x".join(map(str, size))] for film in golden()["films"]}


def assert_golden(answers, model, *, from_pixels):
    """Hold `answers` of a port, by path, against the golden vectors of a bundled model.

    Args:
        answers: in the form of `cxr_edge_bench.ports.port`, with pixels and heatmap.
        model: a bundled model.
        from_pixels: the port was given the PGM files, not the films.
    """
    (recorded,) = (entry for entry in golden()["models"] if entry["name"] == model.name)
    size, tolerance = recorded["input_size"], golden()["tolerance"]
    compared = 0
    for file, pixels in golden_pixels(size).items():
        if file.endswith(UNREADABLE) and not from_pixels:
            continue
        answer, expected = answers[pixels if from_pixels else PACKAGE / file], recorded["answers"][file]
        assert answer["error"] is None, answer
        assert abs(answer["logit"] - expected["logit"]) <= tolerance["logit"], file
        assert abs(answer["probability"] - expected["probability"]) <= tolerance["probability"], file
        heatmap = np.reshape(answer["heatmap"], np.shape(expected["heatmap"]))
        assert np.abs(heatmap - expected["heatmap"]).max() <= tolerance["heatmap"], file
        assert (answer["decision"], answer["reasons"]) == (expected["decision"], expected["quality"]), file
        assert np.abs(seen(answer, size) - read_pgm(pixels)[..., 0].astype(int)).max() <= tolerance["pixels"], file
        compared += 1
    assert compared == len(golden()["films"] if from_pixels else golden_films())


def seen(answer, size):
    """The grey levels that the port gave the network, int [H, W]."""
    return np.frombuffer(base64.b64decode(answer["pixels"]), np.uint8).reshape(size).astype(int)


def oddly_stored():
    """Files that any port must read, by name: each is a film in a way of storing of its own."""
    grey = np.asarray(Image.open(FOLDER / "drawn_opacity_both.jpg"))[:1100]
    picture = Image.fromarray(grey)
    tinted = Image.merge("RGB", [Image.fromarray(np.uint8(grey * share)) for share in (0.9, 0.95, 1)])
    small = picture.resize((301, 233))
    transparent = picture.convert("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(picture.size))
    exif = {turn: b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0%c" % turn + bytes(7) for turn in range(2, 9)}
    return {
        "progressive.jpg": encoded(picture, "JPEG", quality=60, progressive=True),
        "colour.jpg": encoded(tinted, "JPEG", quality=85),
        "small.jpg": encoded(small, "JPEG"),
        **{f"turned-{turn}.jpg": encoded(small, "JPEG", exif=block) for turn, block in exif.items()},
        "colour.png": encoded(tinted, "PNG"),
        "palette.png": encoded(tinted.quantize(256), "PNG"),
        "turned.png": encoded(small, "PNG", exif=exif[6]),
        "transparent.png": encoded(transparent, "PNG"),
        "deep.png": encoded(Image.fromarray(np.uint16(grey) * 211 + 900), "PNG"),
    }


def unlike_films():
    """Files that can be scored and must not be trusted, by name."""
    clear = Image.open(CLEAR)
    noise = np.random.default_rng(0).integers(0, 255, (600, 700), np.uint8)
    return {
        "turned-left.jpg": encoded(clear.rotate(90, expand=True), "JPEG"),
        "turned-right.jpg": encoded(clear.rotate(270, expand=True), "JPEG"),
        "upside-down.jpg": encoded(clear.rotate(180), "JPEG"),
        "inverted.png": encoded(Image.fromarray(255 - np.asarray(clear)), "PNG"),
        "black.png": encoded(Image.new("L", (400, 400)), "PNG"),
        "noise.png": encoded(Image.fromarray(noise), "PNG"),
        "too-small.png": encoded(clear.resize((60, 50)), "PNG"),
    }


def refused():
    """Files that no port may score, by name."""
    jpeg, png = CLEAR.read_bytes(), encoded(Image.open(CLEAR), "PNG")
    frame = jpeg.index(b"\xff\xc0") + 5
    header = png[12:16] + (8_000).to_bytes(4, "big") * 2 + png[24:29]
    huge_png = png[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png[33:]
    return {
        "empty.jpg": b"",
        "text.jpg": b"Not a film, but a letter.\n",
        "half.jpg": jpeg[: len(jpeg) // 2],
        "half.png": png[: len(png) // 2],
        "headless.jpg": jpeg[:3] + bytes(2000),
        "huge.jpg": jpeg[:frame] + (8_000).to_bytes(2, "big") * 2 + jpeg[frame + 4 :],
        "huge.png": huge_png,
        "tiny.png": encoded(Image.new("L", (20, 20)), "PNG"),
        "no-sum.png": png[:-40] + bytes([png[-40] ^ 1]) + png[-39:],
        "animation.gif": encoded(Image.new("L", (200, 200)), "GIF"),
    }


def written(files, folder):
    """The paths of `files`, name to bytes, written to `folder`."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def assert_as_the_package(answers, paths, classifier: Classifier):
    """Hold a port against the package on films that both read: the same pixels, decision and reasons."""
    for path in paths:
        prepared = classifier.prepare(path)
        expected = classifier.answer(prepared)
        answer = answers[path]
        assert answer["error"] is None, answer
        assert np.abs(seen(answer, classifier.card.input_size) - prepared.pixels[..., 0]).max() <= 1, path.name
        assert abs(answer["probability"] - expected.probability) <= golden()["tolerance"]["probability"], path.name
        assert (answer["decision"], tuple(answer["reasons"])) == (expected.decision, expected.quality), path.name


def assert_refused_as_the_package_does(answers, paths, classifier: Classifier):
    """Nothing is scored, and what was found is said in the words of the package."""
    for path in paths:
        found = classifier.try_predict(path).error.removeprefix(f"{path}: ").partition(";")[0]
        answer = answers[path]
        assert answer["error"] is not None, path.name
        assert (path.name, answer["error"].partition(";")[0]) == (path.name, found)
        assert "expected" in answer["error"]
        assert (answer["probability"], answer["decision"]) == (None, None)


def zip_bomb() -> bytes:
    """A PNG whose header promises 100 × 100 pixels, and whose 200 kB unpack to 200 MB."""
    whole = io.BytesIO()
    Image.new("L", (100, 100)).save(whole, "PNG")
    data = whole.getvalue()
    packed = zlib.compress(bytes(200 * 2**20), 9)
    chunk = b"IDAT" + packed
    start = data.index(b"IDAT") - 4
    return data[:start] + len(packed).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[-12:]


def by_path(answers: list[dict]) -> dict[Path, dict]:
    """Answers by the path of the film."""
    return {Path(answer["path"]): answer for answer in answers}
