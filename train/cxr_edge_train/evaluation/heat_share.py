"""Which share of what speaks for pneumonia lies where it should: within the frame, within the drawn lungs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.lung_masks import lung_mask
from cxr_edge_train.evaluation.audit import answers, referred_by
from cxr_edge_train.evaluation.film_changes import FRAME
from cxr_edge_train.evaluation.means_and_shares import mean

Heatmap = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HeatInside:
    """Of the heat that speaks for pneumonia, the share inside a part of the film: mean over referred films.

    Attributes:
        share: with Student's t interval.
        area: share of the film's area that this part has, mean over the same films: what a network that looks
            everywhere alike would reach.
        films: how many were referred and counted.
    """

    share: Estimate
    area: Estimate
    films: int


def positive_share(heatmap: Heatmap, weights: Weights) -> float:
    """Share of the positive heat of a map [h, w] that `weights` [h, w], 0…1 for each place, hold; NaN without any."""
    positive = np.maximum(heatmap, 0).astype(np.float64)
    return float((positive * weights).sum() / positive.sum()) if positive.any() else float("nan")


def by_area(mask: npt.NDArray[np.bool_], shape: tuple[int, ...]) -> Weights:
    """How much of each place of a heatmap [h, w] a mask [H, W] of the same film fills, 0…1."""
    image = Image.fromarray(mask.astype(np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BOX), np.float64)


def heatmap_inside(classifier: Classifier, films: Sequence[LabelledFilm], workers: int = 1) -> Estimate:
    """Share of the positive heat that lies within the `FRAME`: mean over referred films, and its interval.

    A model that looks everywhere alike would have `film_changes.AREA_INSIDE` there.
    """
    shares = []
    for prediction in answers(classifier, [film.path for film in films], workers, heatmap=True):
        assert prediction.heatmap is not None
        if referred_by(classifier, prediction):
            shares.append(positive_share(prediction.heatmap, _within_the_frame(prediction.heatmap.shape)))
    return mean([share for share in shares if not np.isnan(share)])


def heat_in_lungs(classifier: Classifier, films: Sequence[LabelledFilm], masks: Path, workers: int = 1) -> HeatInside:
    """Share of the positive heat that lies within the lungs that people drew; films without a mask are left out.

    Args:
        classifier: with a heatmap.
        films: those it refers are counted.
        masks: folder as `lung_masks.masks_folder` gives it.
        workers: films at the same time.
    """
    drawn = [(film.path, mask) for film in films if (mask := lung_mask(film.path, masks)) is not None]
    shares, areas = [], []
    found = answers(classifier, [path for path, _ in drawn], workers, heatmap=True)
    for prediction, (_, mask) in zip(found, drawn, strict=True):
        assert prediction.heatmap is not None
        share = positive_share(prediction.heatmap, by_area(mask, prediction.heatmap.shape))
        if referred_by(classifier, prediction) and not np.isnan(share):
            shares.append(share)
            areas.append(float(mask.mean()))
    return HeatInside(mean(shares), mean(areas), len(shares))


def _within_the_frame(shape: tuple[int, ...]) -> Weights:
    """How much of each place of a heatmap [h, w] lies within the frame, 0…1."""
    weights = []
    for count in shape:
        edges = np.arange(count + 1) / count
        overlap = np.minimum(edges[1:], 1 - FRAME) - np.maximum(edges[:-1], FRAME)
        weights.append(np.clip(overlap, 0, None) * count)
    return np.outer(*weights)
