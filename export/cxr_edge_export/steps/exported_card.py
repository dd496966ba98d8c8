"""The fifth step: the card that goes into an exported file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cxr_edge import ModelCard
from cxr_edge.card import OperatingPoint
from cxr_edge.film.preprocess import PREPROCESSING, UNWINDOWED
from cxr_edge.quality import QualityLimits
from cxr_edge_export.steps.film_sets import Answers, ScoredFilms
from cxr_edge_export.steps.finished_run import FinishedRun
from cxr_edge_export.steps.measured_file import Measured
from cxr_edge_train.data.films import CLASSES
from cxr_edge_train.evaluation.metrics import measure

INTENDED_USE = (
    "Research on triage of frontal chest radiographs of children aged 1 to 5 for pneumonia. Not a cleared medical "
    "device; not for adults, lateral films or anything that is no chest X-ray; never the only reason for a decision "
    "about a patient."
)
COMPARISON = "Comparison with other models: a published network, trained as published. Not for any film of a patient."
"""Of the reference models."""

LICENCES = {
    "code": "Apache-2.0",
    "training data": "CC BY 4.0, Kermany, Zhang, Goldbaum, Mendeley Data 2018, doi:10.17632/rscbjbr9sj.2",
}
INITIAL_WEIGHTS = {
    "mobilenet": "Apache-2.0, Keras MobileNetV2 trained on ImageNet",
    "lung_": "Apache-2.0, Keras MobileNetV2 trained on ImageNet",
    "vgg19": "CC BY 4.0, VGG19 of the Visual Geometry Group, Oxford, trained on ImageNet",
}
"""By a piece of a network's name; the others start from random weights."""


@dataclass(frozen=True)
class Identity:
    """What a model is called: card and file names."""

    name: str
    version: str


def card_of(
    run: FinishedRun,
    identity: Identity,
    test: ScoredFilms,
    measured: Measured,
    quality: QualityLimits | None,
    quantization: dict[str, Any],
) -> ModelCard:
    """All that a file says about itself.

    Args:
        run: it comes from.
        identity: name and version.
        test: the films that its operating points are measured on.
        measured: the file on the films of every part.
        quality: how its output ``view`` is read; None without that output.
        quantization: method and settings; the method of an fp32 file is ``none``.
    """
    height, width = run.size
    precision = "fp32" if quantization["method"] == "none" else "int8"
    return ModelCard(
        name=identity.name,
        version=identity.version,
        summary=f"{run.network} at {height} × {width}, {precision}: pneumonia in children",
        classes=CLASSES,
        input_size=run.size,
        preprocessing=UNWINDOWED if run.is_reference else PREPROCESSING,
        temperature=run.chosen.temperature,
        operating_points=_operating_points(run, test, measured.answers["test"]),
        quality=quality,
        metrics={part: metrics.to_dict() for part, metrics in measured.metrics.items()},
        training={
            "data": "Kermany et al. 2018, published split; validation by patient from its training part",
            **run.record["run"],
            "versions": run.record["versions"],
        },
        quantization=quantization,
        parity={part: parity.to_dict() for part, parity in measured.parity.items()},
        licences=LICENCES | {"initial weights": _initial_weights(run.network)},
        intended_use=COMPARISON if run.is_reference else INTENDED_USE,
        left_out=run.chosen.left_out,
    )


def _operating_points(run: FinishedRun, test: ScoredFilms, given: Answers) -> tuple[OperatingPoint, ...]:
    """Each threshold, chosen by the original, measured on the file's own answers to the test films."""
    points = []
    for aim, threshold in run.chosen.thresholds.items():
        figures = measure(test.labels, given.probabilities, threshold)
        points.append(
            OperatingPoint(
                name=aim,
                threshold=threshold,
                chosen_on=f"{run.chosen.chosen_on}, by the Keras original",
                measured_on=f"{len(test.films)} test films",
                sensitivity=figures.sensitivity,
                specificity=figures.specificity,
            )
        )
    return tuple(points)


def _initial_weights(network: str) -> str:
    return next((text for piece, text in INITIAL_WEIGHTS.items() if piece in network), "none: random")
