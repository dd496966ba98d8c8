"""Does the heat of a referred film point at the opacity? Against boxes that radiologists drew.

A box is compared with the heatmap of the whole film. Its *peak* is the strongest pixel of the map enlarged to the film,
bicubic, as `cxr_edge.heatmap` paints it: what a person who looks at the picture takes for the place. The *centre of the
hottest place* of the small map is given beside it; the two can differ where neighbouring places share the heat. A peak
on the edge of a box is inside, and one beside it is not: there is no tolerance. *Chance* is the share of the film's
area that lies in boxes, what a peak anywhere would reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import proportion
from cxr_edge_bench.evidence.film_metadata import Box, key
from cxr_edge_bench.evidence.film_scores import ScoredFilms
from cxr_edge_train.evaluation.heat_share import by_area, positive_share
from cxr_edge_train.evaluation.means_and_shares import mean

Heatmap = npt.NDArray[np.float32]
Inside = npt.NDArray[np.bool_]


def pointing(classifier: Classifier, scored: ScoredFilms, boxes: Mapping[str, Sequence[Box]]) -> dict[str, Any]:
    """Over the sick films that have boxes and are referred.

    Args:
        classifier: its threshold says what is referred.
        scored: with heatmaps.
        boxes: by `film_metadata.key`, in pixels of the films.

    Returns:
        Films with boxes and of them referred; share whose peak, and whose hottest place's centre, is in a box (Wilson);
        mean share of positive heat in boxes and of the film's area in boxes, ``chance`` (Student's t).
    """
    with_boxes, peaks, centres, shares, areas = 0, 0, 0, [], []
    for film, prediction in zip(scored.films, scored.predictions, strict=True):
        if film.label != 1 or not (drawn := boxes.get(key(film.path))):
            continue
        with_boxes += 1
        assert prediction.heatmap is not None
        assert prediction.probability is not None
        if prediction.probability < classifier.card.threshold:
            continue
        with Image.open(film.path) as image:
            inside = in_boxes(drawn, (image.height, image.width))
        peaks += bool(inside[peak(prediction.heatmap, inside.shape)])
        centres += bool(inside[centre_of_hottest(prediction.heatmap, inside.shape)])
        share = positive_share(prediction.heatmap, by_area(inside, prediction.heatmap.shape))
        shares.append(0.0 if np.isnan(share) else share)  # no heat at all points nowhere
        areas.append(float(inside.mean()))
    return {
        "films with boxes": with_boxes,
        "referred": len(shares),
        "peak in a box": asdict(proportion(peaks, len(shares))),
        "centre of the hottest place in a box": asdict(proportion(centres, len(shares))),
        "share of heat in boxes": asdict(mean(shares)),
        "chance": asdict(mean(areas)),
    }


def in_boxes(boxes: Sequence[Box], shape: tuple[int, int]) -> Inside:
    """Which pixels of a film, bool [H, W], have their centre in a box."""
    y, x = (np.arange(count)[:, np.newaxis] + 0.5 for count in shape)
    inside = np.zeros(shape, bool)
    for box in boxes:
        inside |= (y >= box.top) & (y <= box.bottom) & (box.left <= x.T) & (box.right >= x.T)
    return inside


def peak(heatmap: Heatmap, shape: tuple[int, ...]) -> tuple[int, int]:
    """Row and column, in a film [H, W], of the strongest pixel of a map [h, w] enlarged to it."""
    enlarged = Image.fromarray(heatmap).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    row, column = np.unravel_index(np.asarray(enlarged).argmax(), shape)
    return int(row), int(column)


def centre_of_hottest(heatmap: Heatmap, shape: tuple[int, ...]) -> tuple[int, int]:
    """Row and column, in a film [H, W], of the centre of the hottest place of a map [h, w]."""
    places = np.unravel_index(heatmap.argmax(), heatmap.shape)
    row, column = ((i + 0.5) / n * m for i, n, m in zip(places, heatmap.shape, shape, strict=True))
    return int(row), int(column)
