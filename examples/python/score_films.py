"""Scores chest films with a bundled model and without the package cxr_edge: one JSON object a line.

    pip install numpy pillow onnxruntime
    python score_films.py MODEL.onnx FILM…            or the paths on stdin, one a line
    python score_films.py --pixels MODEL.onnx FILM…   also what the network saw and where it looked

Exit status: 0 all scored, 1 some were not, 2 wrong usage or no usable model.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
import time
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import, or ONNX Runtime may report its use

import numpy as np
import numpy.typing as npt
import onnxruntime
from film_pixels import MAX_BYTES, RefusedFilm, decode, percentiles, squash, window

USAGE = "usage: python score_films.py [--pixels] MODEL.onnx [FILM…]"
OUTPUTS = ["probability", "logit", "view", "lungs", "heatmap"]
PREPROCESSING = 2  # the version of the steps in film_pixels.py
RETAKE = {"turned-left", "upside-down", "turned-right", "inverted", "cropped", "too-small", "over-exposed",
          "under-exposed", "low-contrast"}  # fmt: skip


class UnusableModel(Exception):
    """A file that is no model with a card that this program understands."""


class FilmScorer:
    """A model, loaded once; `score` may be called from several threads."""

    def __init__(self, model: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # for more cores, score several films at once
        options.log_severity_level = 3  # errors; they come as exceptions anyway
        try:
            self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            self.card = json.loads(self.session.get_modelmeta().custom_metadata_map["cxr_edge.card"])
            self.height, self.width = self.card["input_size"]
            self.limits = self.card["quality"]
            thresholds = [point["threshold"] for point in self.card["operating_points"]]
            self.lowest, self.highest = min(thresholds), max(thresholds)
            version = self.card["preprocessing"]
        except KeyError as error:
            raise UnusableModel(f"found a model without {error}; expected one with the card of cxr-edge") from None
        except Exception as error:  # ONNX Runtime's own have no common base
            raise UnusableModel(f"found no usable model ({str(error).splitlines()[0]}); expected one") from None
        if version != PREPROCESSING:
            raise UnusableModel(f"found preprocessing version {version}; expected {PREPROCESSING}")

    def score(self, data: bytes) -> dict[str, Any]:
        """What the model says of a film's bytes, with the `pixels` that it saw and its `heatmap`.

        Raises:
            RefusedFilm: it is not one complete picture within the limits.
        """
        reasons = []
        begin = time.perf_counter()
        if data.startswith(b"P5"):
            decoded, pixels = begin, self._pgm_pixels(data)
        else:
            grey = decode(data, self.width, self.height)
            decoded = time.perf_counter()
            pixels = window(squash(grey, self.width, self.height))
            if grey.width < self.width or grey.height < self.height:  # it was enlarged
                reasons.append("too-small")
        prepared = time.perf_counter()
        values = self.session.run(OUTPUTS, {"film": pixels[None, :, :, None]})  # (N, H, W, 1)
        end = time.perf_counter()
        probability, logit, view, lungs, heatmap = (value[0] for value in values)
        reasons += reasons_of(pixels, view, lungs, self.limits)
        return {
            "probability": float(probability),
            "logit": float(logit),
            "decision": decide(float(probability), reasons, self.lowest, self.highest),
            "reasons": reasons,
            "milliseconds": {
                "decode": 1000 * (decoded - begin),
                "preprocess": 1000 * (prepared - decoded),
                "network": 1000 * (end - prepared),
            },
            "pixels": pixels,
            "heatmap": heatmap,
        }

    def _pgm_pixels(self, data: bytes) -> npt.NDArray[np.uint8]:
        """The network's own pixels, as the golden vectors have them."""
        header = b"P5\n%d %d\n255\n" % (self.width, self.height)
        if not data.startswith(header) or len(data) != len(header) + self.width * self.height:
            raise RefusedFilm("a PGM picture", f"JPEG or PNG, or a PGM of {self.width} × {self.height} pixels")
        return np.frombuffer(data, np.uint8, offset=len(header)).reshape(self.height, self.width)


def reasons_of(
    pixels: npt.NDArray[np.uint8], view: npt.NDArray[np.float32], lungs: npt.NDArray[np.float32], limits: dict[str, Any]
) -> list[str]:
    """Codes of what speaks against a film, as `cxr_edge.quality` has them; false colours are not looked for.

    Args:
        pixels: uint8 [H, W], what the network saw.
        view: float32 [K], its probabilities of ``limits["kinds"]``.
        lungs: float32 [h, w], where it sees lungs, 0…1.
        limits: the card's ``quality``.
    """
    dark, bright = percentiles(pixels, 5, 95)
    codes = {
        "over-exposed": pixels.mean() < limits["mean"][0],
        "under-exposed": pixels.mean() > limits["mean"][1],
        "low-contrast": bright - dark < limits["contrast"],
    }
    reasons = [code for code, applies in codes.items() if applies]
    kinds = dict(zip(limits["kinds"], view.tolist(), strict=True))
    child, adult = kinds.pop("upright"), kinds.pop("adult", 0.0)
    if not child + adult >= limits["upright"]:  # NaN is not trusted
        return [*reasons, max(kinds, key=kinds.__getitem__)]
    if adult >= limits["adult"] * (child + adult):
        reasons.append("adult")
    edge = max(lungs[0].mean(), lungs[-1].mean(), lungs[:, 0].mean(), lungs[:, -1].mean())
    if not lungs.mean() >= limits["least_lung"]:
        reasons.append("no-lungs")
    elif edge > limits["lung_at_edge"]:
        reasons.append("cropped")
    return reasons


def decide(probability: float, reasons: list[str], lowest: float, highest: float) -> str:
    """What to do with a film; between the lowest and the highest threshold it is too close to call."""
    if RETAKE.intersection(reasons):
        return "retake"
    if reasons:
        return "review"
    return "refer" if probability >= highest else "no finding" if probability < lowest else "review"  # NaN: review


def read(path: str) -> bytes:
    """The bytes of a regular file; a pipe or a device could block or never end."""
    expected = "a readable picture file"
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise RefusedFilm("a folder" if stat.S_ISDIR(mode) else "something that is no regular file", expected)
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise RefusedFilm("no such file", expected) from None
    except PermissionError:
        raise RefusedFilm("no permission to read it", expected) from None
    except OSError as error:
        raise RefusedFilm(f"a file that cannot be read ({error.strerror or 'no reason'})", expected) from None
    except ValueError:  # a NUL in the path
        raise RefusedFilm("a name or file object that cannot be opened", expected) from None
    if not data:
        raise RefusedFilm("an empty file", expected)
    if len(data) > MAX_BYTES:
        raise RefusedFilm(f"more than {MAX_BYTES:,} bytes", "a smaller file")
    return data


def answer(path: str, scorer: FilmScorer, *, with_pixels: bool) -> dict[str, Any]:
    """One line of the output: the film's answer, or why it has none."""
    nothing = dict.fromkeys(("probability", "logit", "decision", "reasons", "error", "milliseconds"))
    line: dict[str, Any] = {"path": path, **nothing, "reasons": []}
    try:
        found = scorer.score(read(path))
    except RefusedFilm as error:
        return {**line, "error": str(error)}
    pixels, heatmap = found.pop("pixels"), found.pop("heatmap")
    if with_pixels:
        found["pixels"] = base64.b64encode(pixels.tobytes()).decode()
        found["heatmap"] = heatmap.ravel().tolist()
    return line | found


def main(arguments: list[str]) -> int:
    """Score the films that the arguments or stdin name; returns the exit status."""
    with_pixels = arguments[:1] == ["--pixels"]
    model, *films = arguments[with_pixels:] or [""]
    if not model or model.startswith("-"):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        scorer = FilmScorer(model)
    except UnusableModel as error:
        sys.stderr.write(f"{model}: {error}\n")
        return 2
    paths: Iterable[str] = films or (line.rstrip("\r\n") for line in sys.stdin)
    status = 0
    for path in paths:
        line = answer(path, scorer, with_pixels=with_pixels)
        status = max(status, int(line["error"] is not None))
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
