"""All that an audit shows, in the order that matters: lungs first, then what else has caught networks out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.evaluation.audit import AS_IT_IS, Audited, audit
from cxr_edge_train.evaluation.film_changes import AREA_INSIDE, CHANGES, WITHOUT_MASKS
from cxr_edge_train.evaluation.heat_share import HeatInside, heat_in_lungs, heatmap_inside
from cxr_edge_train.evaluation.lung_audit import LungAudit, audit_lungs


@dataclass(frozen=True)
class FullAudit:
    """What changed films and the heatmap show.

    Attributes:
        films: how many there were.
        changes: by name: unchanged films, then lungs, frame, crops, depths, marks and the rest.
        lungs: what the masks were used for; None without masks.
        within_the_frame: share of the positive heat there; None for a model without a heatmap.
        within_the_lungs: likewise within the drawn lungs; None without masks too.
    """

    films: int
    changes: dict[str, Audited]
    lungs: LungAudit | None
    within_the_frame: Estimate | None
    within_the_lungs: HeatInside | None

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and numbers, for JSON."""
        record: dict[str, Any] = {"changes": {name: asdict(figures) for name, figures in self.changes.items()}}
        if self.lungs:
            record["lung_masks"] = {"films": self.lungs.films, "swapped": self.lungs.swapped, "seed": self.lungs.seed}
        if self.within_the_lungs:
            inside = self.within_the_lungs
            facts = {"if everywhere alike": asdict(inside.area), "films": inside.films}
            record["heat in the drawn lungs"] = asdict(inside.share) | facts
        if self.within_the_frame:
            record["heatmap_inside"] = {**asdict(self.within_the_frame), "if everywhere alike": AREA_INSIDE}
        return record

    def lines(self) -> list[str]:
        """For people."""
        lines = []
        for name, figures in self.changes.items():
            lines += [
                f"{name}: AUC {figures.auc}, change {figures.auc_change}",
                f"  decisions changed {figures.decisions_changed}, flagged {figures.flagged}",
                f"  sensitivity {figures.sensitivity}, specificity {figures.specificity}",
            ]
        if found := self.lungs:
            lines.append(
                f"lungs drawn in {found.films} of {self.films} films; put into another body in {found.swapped}"
            )
        if inside := self.within_the_lungs:
            what = f"within the drawn lungs of {inside.films} referred films: {inside.share}"
            lines.append(f"of what speaks for pneumonia, {what} ({inside.area.value:.3f} by area)")
        if self.within_the_frame:
            what = f"within the borders: {self.within_the_frame}"
            lines.append(f"of what speaks for pneumonia, {what} ({AREA_INSIDE:.3f} by area)")
        return lines


def full_audit(
    classifier: Classifier, films: Sequence[LabelledFilm], masks: Path | None, workers: int = 1
) -> FullAudit:
    """Change films in every way there is, and see where the heat lies.

    Args:
        classifier: under audit.
        films: at least two of each class.
        masks: folder as `lung_masks.masks_folder` gives it. Without it, boxes stand in for the lungs.
        workers: films at the same time.

    Raises:
        NoMasks: `masks` holds too few of these films' masks.
        CxrEdgeError: a film or a mask is damaged.
    """
    lungs = audit_lungs(classifier, films, masks, workers) if masks else None
    changes = audit(classifier, films, CHANGES if lungs else WITHOUT_MASKS | CHANGES, workers)
    first = {AS_IT_IS: changes.pop(AS_IT_IS)} | (lungs.changes if lungs else {})
    has_heat = classifier.has_heatmap
    return FullAudit(
        films=len(films),
        changes=first | changes,
        lungs=lungs,
        within_the_frame=heatmap_inside(classifier, films, workers) if has_heat else None,
        within_the_lungs=heat_in_lungs(classifier, films, masks, workers) if has_heat and masks else None,
    )
