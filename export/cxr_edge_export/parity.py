"""Does an exported file answer as the Keras original does, on the same films?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cxr_edge.calibration.intervals import Estimate
from cxr_edge.session import open_session
from cxr_edge_train.evaluation.statistics import Floats, auc_difference


@dataclass(frozen=True)
class Parity:
    """Differences of probability and decision from a reference on the same films, at one threshold.

    Attributes:
        films: how many.
        max_difference, mean_difference: of the probability, absolute.
        decisions_changed: films on the other side of the threshold.
        auc_difference: AUC (of the logits where they are known) minus the reference's, paired, with 95 % interval.
    """

    films: int
    max_difference: float
    mean_difference: float
    decisions_changed: int
    auc_difference: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"max |Δp| {self.max_difference:.2g}, mean |Δp| {self.mean_difference:.2g}, "
            f"decisions changed {self.decisions_changed} of {self.films}, ΔAUC {self.auc_difference}"
        )


@dataclass(frozen=True)
class ParityGate:
    """The most that a file may differ from its Keras original and still be released.

    Attributes:
        max_difference, mean_difference: of the probability, absolute.
        share_changed: of the decisions.
        auc_loss: that the 95 % interval of the paired difference must exclude.
    """

    max_difference: float
    mean_difference: float
    share_changed: float
    auc_loss: float

    def failures(self, parity: Parity) -> list[str]:
        """What `parity` violates, in words; empty if it passes."""
        checks = {
            f"max |Δp| {parity.max_difference:.2g} > {self.max_difference}": parity.max_difference
            > self.max_difference,
            f"mean |Δp| {parity.mean_difference:.2g} > {self.mean_difference}": parity.mean_difference
            > self.mean_difference,
            f"decisions changed {parity.decisions_changed} > {self.share_changed:.1%} of {parity.films}": (
                parity.decisions_changed > self.share_changed * parity.films
            ),
            f"ΔAUC {parity.auc_difference} may be a loss of {self.auc_loss}": parity.auc_difference.low
            <= -self.auc_loss,
        }
        return [text for text, failed in checks.items() if failed]


FP32 = ParityGate(max_difference=1e-4, mean_difference=1e-5, share_changed=0.0, auc_loss=1e-3)
"""Float arithmetic in another order, nothing more."""

INT8 = ParityGate(max_difference=1.0, mean_difference=0.01, share_changed=0.005, auc_loss=0.003)
"""Single films near the threshold may move (so no bound on the largest Δp); the classifier as a whole may not.
Half a percent of decisions is a sixth of what another training seed changes."""

INT8_VALIDATION = ParityGate(max_difference=1.0, mean_difference=0.005, share_changed=0.0025, auc_loss=0.0015)
"""Half of `INT8`: a quantization is chosen on validation films, and should hold on others with a margin."""


def compare(
    labels: Floats,
    probabilities: Floats,
    reference: Floats,
    threshold: float,
    logits: tuple[Floats, Floats] | None = None,
) -> Parity:
    """`Parity` of `probabilities` [N] with `reference` [N] for films of these `labels` [N].

    With the `logits` [N] of both, the AUCs are theirs: many probabilities of a network may round to 0 or 1.
    """
    difference = np.abs(probabilities - reference)
    return Parity(
        films=len(labels),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        decisions_changed=int(((probabilities >= threshold) != (reference >= threshold)).sum()),
        auc_difference=auc_difference(labels, *(logits or (probabilities, reference))),
    )


def answers(model: bytes, pixels: npt.NDArray[np.uint8], *outputs: str) -> list[npt.NDArray[np.float64]]:
    """Each of `outputs` of `model`, float64 [N, …], for uint8 [N, H, W, 1], film by film as the clinic does it."""
    session = open_session(model, "exported model")
    films = [session.run(list(outputs), {"film": film[None]}) for film in pixels]
    return [np.array([film[i][0] for film in films], np.float64) for i in range(len(outputs))]
