"""The second step: the films that an export needs, each file decoded once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from tqdm import tqdm

from cxr_edge.film.folder import films_in
from cxr_edge.film.preprocess import PREPROCESSING, UNWINDOWED, preprocess
from cxr_edge_export.quantize import calibration_films
from cxr_edge_export.steps.finished_run import FinishedRun
from cxr_edge_export.view_output import has_middle
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.pixels import Pixels, at_sizes, labels_of, load_at_sizes, load_pixels
from cxr_edge_train.evaluation.statistics import Floats
from cxr_edge_train.learning.networks import logits
from cxr_edge_train.learning.run_folder import SCORED

ADULTS = "adult_nih"
"""Folder of frontal films of adults, healthy and sick: only to teach the quality gate what an adult is."""
CALIBRATION_FILMS = 200
VIEW_FILMS = 1500
"""Training films that the view output is fitted on; more changes nothing."""


@dataclass(frozen=True)
class Answers:
    """What a model says of some films, float64 [N] each: calibrated probabilities 0…1, and logits."""

    probabilities: Floats
    logits: Floats


@dataclass(frozen=True)
class ScoredFilms:
    """The films of one part of the split: pixels uint8 [N, H, W, 1], labels [N], and what the original says of them."""

    films: list[LabelledFilm]
    pixels: Pixels
    labels: Floats
    original: Answers


@dataclass(frozen=True)
class CalibrationFilms:
    """What activations are ranged on: pixels uint8 [N, H, W, 1] and the sha256 of each film."""

    pixels: Pixels
    sha256: list[str]


@dataclass(frozen=True)
class QualityFilms:
    """What the quality gate is made from.

    Attributes:
        training, validation: uint8 [N, h, w, 1], as large as training holds films.
        exposure: every training film at the size of the input, uint8 [N, H, W, 1].
        adults: films of adults as large as `training`; None where there are none.
    """

    training: Pixels
    validation: Pixels
    exposure: Pixels
    adults: Pixels | None


@dataclass(frozen=True)
class FilmSets:
    """All of them; `quality` is None for a model without the output ``view``."""

    scored: Mapping[str, ScoredFilms]
    calibration: CalibrationFilms
    quality: QualityFilms | None


def load_film_sets(run: FinishedRun) -> FilmSets:
    """Decode what the export of `run` needs. The quality gate is for our own networks that have the layers for it."""
    training = run.split["train"]
    calibration = calibration_films(training, CALIBRATION_FILMS, seed=0)
    sha256 = [film.sha256 for film in calibration]
    if run.is_reference or not has_middle(run.model):
        version = UNWINDOWED if run.is_reference else PREPROCESSING
        scored = {part: _scored(run, part, load_pixels(run.split[part], run.size, part, version)) for part in SCORED}
        pixels = load_pixels(calibration, run.size, "calibration", version)
        return FilmSets(scored, CalibrationFilms(pixels, sha256), None)
    small, large = load_at_sizes(run.split["validation"], (run.size, run.source_size), "validation")
    scored = {
        "validation": _scored(run, "validation", small),
        "test": _scored(run, "test", load_pixels(run.split["test"], run.size, "test")),
    }
    of_view = np.random.default_rng(0).permutation(len(training))[:VIEW_FILMS]
    exposure, viewed = _training_pixels(run, of_view)
    place = {film.path: i for i, film in enumerate(training)}
    pixels = exposure[[place[film.path] for film in calibration]]
    quality = QualityFilms(viewed, large, exposure, _adults(run.source_size))
    return FilmSets(scored, CalibrationFilms(pixels, sha256), quality)


def _adults(size: tuple[int, int]) -> Pixels | None:
    """Films of adults, from ``$CXR_EDGE_DATA/adult_nih``."""
    folder = Path(os.environ.get("CXR_EDGE_DATA", ""), ADULTS)
    if not folder.is_dir():
        print(f"{folder}: found no such folder with films of adults: the model will not tell adults from children")
        return None
    return np.stack([preprocess(path, size) for path in tqdm(films_in(folder), desc="adults", disable=None)])


def _scored(run: FinishedRun, part: str, pixels: Pixels) -> ScoredFilms:
    z = logits(run.model, pixels).astype(np.float64)
    films = run.split[part]
    original = Answers(expit(z / run.chosen.temperature), z)
    return ScoredFilms(films, pixels, labels_of(films).astype(np.float64), original)


def _training_pixels(run: FinishedRun, of_view: npt.NDArray[np.intp]) -> tuple[Pixels, Pixels]:
    """Every training film at the size of the input; those `of_view`, in that order, at the size they are held at."""
    films, place = run.split["train"], {int(film): i for i, film in enumerate(of_view)}
    exposure = np.empty((len(films), *run.size, 1), np.uint8)
    viewed = np.empty((len(place), *run.source_size, 1), np.uint8)
    for i, film in enumerate(tqdm(films, desc="train", unit="film", disable=None)):
        sizes = (run.size, run.source_size) if i in place else (run.size,)
        exposure[i], *larger = at_sizes(film.path, sizes)
        if larger:
            viewed[place[i]] = larger[0]
    return exposure, viewed
