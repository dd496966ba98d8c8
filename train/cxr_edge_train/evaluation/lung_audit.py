"""Does a model follow the lungs, where people drew them? Lungs in another body, lungs covered, nothing but lungs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from cxr_edge import Classifier
from cxr_edge.film.preprocess import squash
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.lung_masks import SIDE, Mask, NoMasks, lung_mask
from cxr_edge_train.evaluation.audit import Audited, compare, read_grey, score
from cxr_edge_train.evaluation.swapped_films import Grey, bodies, swap, touches_border, with_margin

SWAPPED = "lungs in a body of the other class"
COVERED = "lungs covered (drawn masks)"
ONLY_LUNGS = "only lungs left"
SEED = 0
"""Of the draw of bodies."""
MID_GREY = 128


@dataclass(frozen=True)
class LungAudit:
    """What the masks show.

    Attributes:
        changes: by name; each paired against the same films unchanged.
        films: how many have a mask; lungs are covered or left alone in these.
        swapped: how many of them took part in the swap: those whose lungs do not touch the film's border.
        seed: of the draw of bodies.
    """

    changes: dict[str, Audited]
    films: int
    swapped: int
    seed: int = SEED


@dataclass(frozen=True)
class MaskedFilm:
    """A film as it is, squashed to the mask's size [SIDE, SIDE], and its lungs."""

    label: int
    film: Image.Image
    grey: Grey
    lungs: Mask


def audit_lungs(classifier: Classifier, films: Sequence[LabelledFilm], masks: Path, workers: int = 1) -> LungAudit:
    """Change films by their lung masks; films without a mask are left out.

    Args:
        classifier: under audit.
        films: seen in 8-bit grey.
        masks: folder as `lung_masks.masks_folder` gives it.
        workers: films at the same time.

    Raises:
        NoMasks: fewer than two films of a class have a mask and lungs that lie within the film.
        CxrEdgeError: a mask is damaged.
    """
    drawn = read_masked(films, masks)
    whole = within_the_film(drawn)
    covered = (cover_lungs(one.grey, one.lungs) for one in drawn)
    left = (only_lungs(one.grey, one.lungs) for one in drawn)
    changes = {
        name: _compared(classifier, chosen, changed, workers)
        for name, chosen, changed in tqdm(
            [(SWAPPED, whole, in_other_bodies(whole)), (COVERED, drawn, covered), (ONLY_LUNGS, drawn, left)],
            desc="lungs",
            unit="change",
            disable=None,
        )
    }
    return LungAudit(changes, len(drawn), len(whole))


def read_masked(films: Sequence[LabelledFilm], masks: Path) -> list[MaskedFilm]:
    """The films that have a mask in the folder `masks`, and their lungs.

    Raises:
        NoMasks: fewer than two films of a class have a mask and lungs that lie within the film.
        CxrEdgeError: a mask is damaged.
    """
    drawn = [found for film in films if (found := _read(film, masks))]
    whole = within_the_film(drawn)
    if min(sum(one.label == label for one in whole) for label in (0, 1)) < 2:
        raise NoMasks(f"{masks}: found masks for {len(drawn)} of {len(films)} films; expected two of each class")
    return drawn


def within_the_film(drawn: Sequence[MaskedFilm]) -> list[MaskedFilm]:
    """Those whose lungs the border does not cut: a swap of the others would show its seam."""
    return [one for one in drawn if not touches_border(one.lungs)]


def in_other_bodies(whole: Sequence[MaskedFilm]) -> Iterator[Grey]:
    """The lungs of each film in a body of the other class, drawn by `SEED`; uint8 [SIDE, SIDE], in order."""
    others = [whole[i] for i in bodies([one.label for one in whole], SEED)]
    return (swap(a.grey, a.lungs, b.grey, b.lungs) for a, b in zip(whole, others, strict=True))


def cover_lungs(film: Grey, lungs: Mask) -> Grey:
    """Mid-grey over the lungs and a margin, uint8 [H, W]; the film's own mean would tell how bright they were."""
    return np.where(with_margin(lungs), MID_GREY, film).astype(np.uint8)


def only_lungs(film: Grey, lungs: Mask) -> Grey:
    """Mid-grey over all but the lungs and a margin, uint8 [H, W]. The outline stays; it goes with the label too."""
    return np.where(with_margin(lungs), film, MID_GREY).astype(np.uint8)


def _read(film: LabelledFilm, masks: Path) -> MaskedFilm | None:
    lungs = lung_mask(film.path, masks)
    if lungs is None:
        return None
    image = read_grey(film.path)
    return MaskedFilm(film.label, image, np.asarray(squash(image, (SIDE, SIDE))), lungs)


def _compared(classifier: Classifier, films: Sequence[MaskedFilm], changed: Iterable[Grey], workers: int) -> Audited:
    before, _ = score(classifier, (one.film for one in films), workers)
    after, flags = score(classifier, changed, workers)
    labels = np.array([one.label for one in films], np.float64)
    return compare(labels, after, before, flags, classifier.card.threshold)
