"""Which training films were taken alike, found without their labels; and which of these groups hold one class only.

``python -m cxr_edge_train.evaluation.acquisition`` writes ``results/acquisition_clusters.json``: the films of
``$CXR_EDGE_DATA/chest_xray/train``, by sha256, with the cluster of each. A network can learn a cluster of one class
(one machine, one ward) instead of the lungs, and left-out films of the same cluster will not tell: `auc_within` and
across clusters do.

The clusters are those of a Gaussian mixture on standardised features from outside the lungs
(`acquisition_features.NAMES`), after a principal component analysis that keeps 95 % of the variance. Their number is
the one, of 2 to 24, with the least Bayesian information criterion (Schwarz, Ann Statist 6 (1978) 461).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.film.preprocess import squash
from cxr_edge_train.data.films import LabelledFilm, data_folder, read_labelled
from cxr_edge_train.data.lung_masks import SIDE, NoMasks, lung_mask, masks_folder
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.acquisition_features import MARGIN, NAMES, acquisition_features
from cxr_edge_train.evaluation.audit import read_grey
from cxr_edge_train.evaluation.swapped_films import with_margin

Floats = npt.NDArray[np.float64]
Clusters = npt.NDArray[np.int_]
NUMBERS = range(2, 25)
"""Of clusters, that are tried."""
MOST = 4.0
"""Standard deviations that a feature counts at most: a single film with a plaster cast is no cluster."""
ONE_CLASS = 0.95
"""A cluster is of one class if the interval of that class's share lies above this."""
SHEET = 16
"""Films on a contact sheet."""


def features_of(films: Sequence[LabelledFilm], masks: Path) -> tuple[list[LabelledFilm], Floats]:
    """The films that have a mask, and `NAMES` of each, float64 [N, F].

    Raises:
        NoMasks: none of them has one.
        CxrEdgeError: a film or a mask is damaged.
    """
    found, rows = [], []
    for film in tqdm(films, desc="acquisition", unit="film", disable=None):
        lungs = lung_mask(film.path, masks)
        if lungs is not None:
            grey = np.asarray(squash(read_grey(film.path), (SIDE, SIDE)))
            found.append(film)
            rows.append(acquisition_features(grey, ~with_margin(lungs, MARGIN)))
    if not found:
        raise NoMasks(f"{masks}: found no mask of the {len(films)} films; expected one for nearly all of them")
    return found, np.stack(rows)


def find_clusters(features: Floats, numbers: Sequence[int] = NUMBERS) -> tuple[Clusters, dict[int, float]]:
    """Group films by features [N, F], always the same way.

    Returns:
        The cluster of each film, int [N], the largest is 0; and the information criterion by number of clusters.
    """
    standard = np.clip(StandardScaler().fit_transform(features), -MOST, MOST)
    reduced = PCA(0.95, random_state=0).fit_transform(standard)
    fits = {
        number: GaussianMixture(number, reg_covar=1e-3, max_iter=200, random_state=0).fit(reduced) for number in numbers
    }
    criterion = {number: float(fit.bic(reduced)) for number, fit in fits.items()}
    best = fits[min(criterion, key=criterion.__getitem__)].predict(reduced)
    _, inverse, counts = np.unique(best, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(-counts, kind="stable"))
    return rank[inverse].astype(np.int_), criterion


def describe(clusters: Clusters, labels: Floats, features: Floats) -> list[dict[str, Any]]:
    """Of each cluster, in order: films, share of pneumonia, the class it holds alone or None, mean and odd features.

    Args:
        clusters: int [N].
        labels: 0 or 1 [N]; they name clusters and do not make them.
        features: [N, F].
    """
    rows, spread = [], np.maximum(features.std(axis=0), 1e-9)
    for number in range(clusters.max() + 1):
        members = clusters == number
        share = proportion(int(labels[members].sum()), int(members.sum()))
        apart = (features[members].mean(axis=0) - features.mean(axis=0)) / spread
        oddest = np.argsort(-np.abs(apart))[:5]
        rows.append(
            {
                "cluster": number,
                "films": int(members.sum()),
                "pneumonia": asdict(share),
                "one class": _one_class(share),
                "unlike the rest, standard deviations": {NAMES[i]: round(float(apart[i]), 2) for i in oddest},
                "mean features": {
                    name: round(float(value), 3)
                    for name, value in zip(NAMES, features[members].mean(axis=0), strict=True)
                },
            }
        )
    return rows


def contact_sheet(films: Sequence[LabelledFilm], path: Path, side: int = SIDE) -> None:
    """Write a picture of `SHEET` of the films, drawn at random and always the same."""
    chosen = np.random.default_rng(0).permutation(len(films))[:SHEET]
    sheet = Image.new("L", (4 * side, -(-len(chosen) // 4) * side))
    for place, i in enumerate(chosen):
        film = Image.fromarray(np.asarray(squash(read_grey(films[i].path), (side, side))))
        sheet.paste(film, (place % 4 * side, place // 4 * side))
    sheet.save(path)


def _one_class(share: Estimate) -> str | None:
    return "PNEUMONIA" if share.low >= ONE_CLASS else "NORMAL" if share.high <= 1 - ONE_CLASS else None


def main(argv: Sequence[str] | None = None) -> int:
    """Cluster, print, write."""
    parser = argparse.ArgumentParser(prog="python -m cxr_edge_train.evaluation.acquisition")
    parser.add_argument("--out", type=Path, default=Path("results/acquisition_clusters.json"), help="(default: that)")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="also write a picture of each cluster there")
    parser.add_argument(
        "--words", nargs=2, action="append", default=[], metavar=("CLUSTER", "TEXT"),
        help="what somebody who looked at a cluster's sheet saw, for the record",
    )  # fmt: skip
    args = parser.parse_args(argv)
    films, features = features_of(read_labelled(data_folder() / "train"), masks_folder())
    clusters, criterion = find_clusters(features, [number for number in NUMBERS if number <= len(films) // 2])
    rows = describe(clusters, np.array([film.label for film in films], float), features)
    for number, words in args.words:
        rows[int(number)]["in words"] = words
    record = {
        "schema": 1,
        "features": list(NAMES),
        "information criterion": {str(number): round(value) for number, value in criterion.items()},
        "clusters": rows,
        "films": {film.sha256: int(cluster) for film, cluster in zip(films, clusters, strict=True)},
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_json(args.out, record)
    for row in rows:
        share, kind = row["pneumonia"], row["one class"] or "both classes"
        print(f"{row['cluster']}: {row['films']} films, pneumonia {share['value']:.3f}, {kind}")
        if args.sheets:
            args.sheets.mkdir(parents=True, exist_ok=True)
            members = [film for film, cluster in zip(films, clusters, strict=True) if cluster == row["cluster"]]
            contact_sheet(members, args.sheets / f"cluster{row['cluster']}.png")
    print(f"wrote {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
