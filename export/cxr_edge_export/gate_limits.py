"""Where the quality gate of an exported file draws its lines: chosen on training and validation films alone."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.quality import ADULT, QualityLimits, edge_of, of_pixels
from cxr_edge.session import LUNGS, VIEW
from cxr_edge_export.not_upright import KINDS
from cxr_edge_export.parity import answers
from cxr_edge_export.view_output import augmented_as
from cxr_edge_train.data.pixels import Pixels
from cxr_edge_train.evaluation.statistics import Floats

DOUBTED = 0.05  # of the validation films, augmented as in training
CALLED_ADULT = 0.002  # of the same films: a child that is called an adult costs a second look, and trust
EXTREME = 0.001  # of the training films, at either end of exposure
CUT = 0.003  # of the training films: those whose lungs the border cuts most
LUNGLESS = 0.5  # of the lung area that all but `EXTREME` of the training films have
TURNED = ("upright", "turned-left", "upside-down", "turned-right", "inverted")
"""The kinds of which the card tells how many test films are flagged."""


def quality_limits(
    model: bytes, kinds: tuple[str, ...], exposure: Pixels, validation: Pixels, test: Pixels, lungs: bool
) -> QualityLimits:
    """How to read the outputs ``view`` and ``lungs`` of an exported file, and how many films that flags.

    Args:
        model: the ONNX file.
        kinds: of its output ``view``.
        exposure: training films at the size of its input, uint8 [N, H, W, 1].
        validation: films larger than that, as for `cxr_edge_export.view_output.fit_view_probe`.
        test: films at the size of its input, for the shares that are flagged and nothing else.
        lungs: whether it has that output.
    """
    size = (exposure.shape[1], exposure.shape[2])
    stressed = augmented_as("upright", validation, size, np.random.default_rng(0))
    (view,) = answers(model, stressed, VIEW)
    upright, adult = view[:, 0], view[:, kinds.index(ADULT)] if ADULT in kinds else np.zeros(len(view))
    dark, bright = np.percentile(exposure, (5, 95), axis=(1, 2, 3))
    low, high = np.quantile(exposure.mean(axis=(1, 2, 3)), (EXTREME, 1 - EXTREME))
    limits = QualityLimits(
        kinds=kinds,
        upright=float(np.quantile(upright + adult, DOUBTED)),
        mean=(float(low), float(high)),
        contrast=float(np.quantile(bright - dark, EXTREME)),
        flagged={},
        adult=float(np.quantile(adult / (upright + adult), 1 - CALLED_ADULT)) if ADULT in kinds else None,
    )
    if lungs:
        (maps,) = answers(model, exposure, LUNGS)
        limits = replace(
            limits,
            least_lung=LUNGLESS * float(np.quantile(maps.mean(axis=(1, 2)), EXTREME)),
            lung_at_edge=float(np.quantile([edge_of(one) for one in maps], 1 - CUT)),
        )
    return replace(limits, flagged=_flagged_by_kind(model, test, limits))


def flagged(model: bytes, films: Pixels, limits: QualityLimits) -> Estimate:
    """Share of `films`, uint8 [N, H, W, 1], with any quality reason."""
    views, *rest = answers(model, films, VIEW, *([LUNGS] if limits.needs_lungs else []))
    maps: list[Floats | None] = list(rest[0]) if rest else [None] * len(films)
    triples = zip(films, views, maps, strict=True)
    count = sum(bool(of_pixels(film, view, limits, lungs)) for film, view, lungs in triples)
    return proportion(count, len(films))


def _flagged_by_kind(model: bytes, test: Pixels, limits: QualityLimits) -> dict[str, Any]:
    """`flagged` of the test films as they are, turned and inverted, for the card."""
    rng = np.random.default_rng(0)
    shares = {}
    for kind in TURNED:
        turned = np.stack([KINDS[kind][0](film, rng) for film in test[..., 0]])[..., None]
        shares[f"test, {kind}"] = asdict(flagged(model, turned, limits))
    return shares
