"""Does a model look at lungs, or at what happens to go with the label? The same films, changed in one way at a time.

Changes that leave the lungs alone should change no answer; covering the lungs should leave nothing to go by.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter
from tqdm import tqdm

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.thresholds import sensitivity_specificity
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.evaluation.statistics import Floats, auc, auc_difference

Change = Callable[[Image.Image], Image.Image]
LUNGS = ((0.12, 0.15, 0.46, 0.8), (0.54, 0.15, 0.88, 0.8))
"""Where lungs lie in these films, as (left, top, right, bottom) fractions of the film: boxes, not a segmentation."""
FRAME = 0.08
"""Of each side, what counts as border."""


def jpeg(quality: int) -> Change:
    """Encode again."""

    def change(film: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        film.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer)

    return change


def rescale(factor: float) -> Change:
    """Down to `factor` of each side and up again."""

    def change(film: Image.Image) -> Image.Image:
        small = (max(1, round(film.width * factor)), max(1, round(film.height * factor)))
        down = film.resize(small, Image.Resampling.BILINEAR, reducing_gap=2.0)
        return down.resize(film.size, Image.Resampling.BILINEAR)

    return change


def blur(share: float) -> Change:
    """Gaussian, σ as a share of the film's width."""
    return lambda film: film.filter(ImageFilter.GaussianBlur(share * film.width))


def levels(function: Callable[[Floats], Floats]) -> Change:
    """Grey levels 0…1 through `function`, clipped."""
    table = np.rint(np.clip(function(np.linspace(0, 1, 256)), 0, 1) * 255).astype(int).tolist()
    return lambda film: film.point(table)


def crop(share: float) -> Change:
    """Cut `share` off each of the four sides."""

    def change(film: Image.Image) -> Image.Image:
        x, y = round(share * film.width), round(share * film.height)
        return film.crop((x, y, film.width - x, film.height - y))

    return change


def shift(right: float, down: float) -> Change:
    """Move by shares of width and height; what comes into view is black."""

    def change(film: Image.Image) -> Image.Image:
        x, y = round(right * film.width), round(down * film.height)
        moved = ImageChops.offset(film, x, y)
        black = Image.new("L", film.size)
        black.paste(moved.crop(_kept(film.size, x, y)), _kept(film.size, x, y))
        return black

    return change


def cover(*boxes: tuple[float, float, float, float]) -> Change:
    """Fill boxes, in shares of the film, with mid-grey: the film's own mean would tell how bright they were."""

    def change(film: Image.Image) -> Image.Image:
        covered = film.copy()
        for left, top, right, bottom in boxes:
            corner = (round(left * film.width), round(top * film.height))
            covered.paste(128, (*corner, round(right * film.width), round(bottom * film.height)))
        return covered

    return change


def cover_borders(film: Image.Image) -> Image.Image:
    """Black out `FRAME` of each side."""
    covered = Image.new("L", film.size)
    x, y = round(FRAME * film.width), round(FRAME * film.height)
    inside = (x, y, film.width - x, film.height - y)
    covered.paste(film.crop(inside), inside)
    return covered


CHANGES: dict[str, Change] = {
    "JPEG quality 90": jpeg(90),
    "JPEG quality 60": jpeg(60),
    "JPEG quality 30": jpeg(30),
    "blur, σ 0.45 % of the width": blur(0.0045),
    "scaled to 50 % and back": rescale(0.5),
    "scaled to 33 % and back": rescale(1 / 3),
    "brighter by 10 %": levels(lambda v: v + 0.1),
    "darker by 10 %": levels(lambda v: v - 0.1),
    "contrast × 0.8": levels(lambda v: (v - 0.5) * 0.8 + 0.5),
    "contrast × 1.2": levels(lambda v: (v - 0.5) * 1.2 + 0.5),
    "gamma 0.8": levels(lambda v: v**0.8),
    "gamma 1.25": levels(lambda v: v**1.25),
    "5 % cut off each side": crop(0.05),
    "10 % cut off each side": crop(0.1),
    "5 % to the right": shift(0.05, 0),
    "5 % to the left": shift(-0.05, 0),
    "5 % down": shift(0, 0.05),
    "5 % up": shift(0, -0.05),
    "borders covered": cover_borders,
    "lungs covered": cover(*LUNGS),
    "all but the borders covered": cover((FRAME, FRAME, 1 - FRAME, 1 - FRAME)),
}


@dataclass(frozen=True)
class Audited:
    """What one change does, on the same films.

    Attributes:
        auc: after it.
        auc_change: AUC after it minus before, paired.
        decisions_changed: share of films on the other side of the threshold.
        sensitivity, specificity: after it.
        flagged: share of films with a quality reason after it.
    """

    auc: Estimate
    auc_change: Estimate
    decisions_changed: Estimate
    sensitivity: Estimate
    specificity: Estimate
    flagged: Estimate


def audit(classifier: Classifier, films: Sequence[LabelledFilm], workers: int = 1) -> dict[str, Audited]:
    """Every one of `CHANGES`, first of all none.

    Args:
        classifier: under audit.
        films: at least two of each class; seen in 8-bit grey.
        workers: films at the same time.
    """
    grey = [_grey(film.path) for film in films]
    labels = np.array([film.label for film in films], np.float64)
    before, flags = _score(classifier, grey, workers)
    audited = {"as it is": _compare(labels, before, before, flags, classifier.card.threshold)}
    for name, change in tqdm(CHANGES.items(), desc="audit", unit="change", disable=None):
        after, flags = _score(classifier, (change(film) for film in grey), workers)
        audited[name] = _compare(labels, after, before, flags, classifier.card.threshold)
    return audited


def heatmap_inside(classifier: Classifier, films: Sequence[LabelledFilm]) -> Estimate:
    """Share of what speaks for pneumonia that lies within the `FRAME`: mean over referred films, and its interval.

    A model that looks everywhere alike would have (1 − 2 `FRAME`)² there.
    """
    shares = []
    for film in films:
        prediction = classifier.predict(film.path, heatmap=True)
        assert prediction.heatmap is not None
        assert prediction.probability is not None
        positive = np.maximum(prediction.heatmap, 0)
        if prediction.probability >= classifier.card.threshold and positive.any():
            shares.append(float((positive * _inside(positive.shape)).sum() / positive.sum()))
    if len(shares) < 2:
        return Estimate(*[float("nan")] * 3)
    mean, half = float(np.mean(shares)), 1.96 * float(np.std(shares, ddof=1)) / len(shares) ** 0.5
    return Estimate(mean, mean - half, mean + half)


def full_size(classifier: Classifier, films: Sequence[LabelledFilm], folder: Path) -> tuple[int, int]:
    """How many films have a namesake in `folder`, and how many of those get another decision there."""
    namesakes = {path.name: path for path in folder.rglob("*") if path.is_file()}
    pairs = [(film.path, namesakes[film.path.name]) for film in films if film.path.name in namesakes]
    threshold = classifier.card.threshold
    sides = [[_referred(classifier, path, threshold) for path in pair] for pair in pairs]
    return len(pairs), sum(a != b for a, b in sides)


def _referred(classifier: Classifier, path: Path, threshold: float) -> bool:
    probability = classifier.predict(path).probability
    assert probability is not None
    return probability >= threshold


def _kept(size: tuple[int, int], x: int, y: int) -> tuple[int, int, int, int]:
    """The box of a film moved by (x, y) that is still film."""
    width, height = size
    return max(x, 0), max(y, 0), width + min(x, 0), height + min(y, 0)


def _inside(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """How much of each place of a heatmap [h, w] lies within the frame, 0…1."""
    weights = []
    for count in shape:
        edges = np.arange(count + 1) / count
        overlap = np.minimum(edges[1:], 1 - FRAME) - np.maximum(edges[:-1], FRAME)
        weights.append(np.clip(overlap, 0, None) * count)
    return np.outer(*weights)


def _grey(path: Path) -> Image.Image:
    with Image.open(path) as image:
        grey: Image.Image = image.convert("L")
    return grey


def _score(classifier: Classifier, films: Iterable[Image.Image], workers: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    predictions = list(classifier.predict_many(films, workers=workers))
    return np.array([p.probability for p in predictions], np.float64), np.array([bool(p.quality) for p in predictions])


def _compare(labels: Floats, after: Floats, before: Floats, flags: npt.NDArray[np.bool_], threshold: float) -> Audited:
    changed = int(((after >= threshold) != (before >= threshold)).sum())
    sensitivity, specificity = sensitivity_specificity(labels, after, threshold)
    return Audited(
        auc=auc(labels, after),
        auc_change=auc_difference(labels, after, before),
        decisions_changed=proportion(changed, len(labels)),
        sensitivity=sensitivity,
        specificity=specificity,
        flagged=proportion(int(flags.sum()), len(labels)),
    )
