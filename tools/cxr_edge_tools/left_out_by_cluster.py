"""Do left-out scores follow how a film was taken? AUC within and across acquisition clusters.

``python -m cxr_edge_tools.left_out_by_cluster RUN … --out JSON``, where the runs are the folds of one recipe. Clusters
are those of ``results/acquisition_clusters.json``, which were found without labels, from what lies outside the lungs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.auc_within import auc_within
from cxr_edge_train.learning.run_folder import Scores, read_scores

CLUSTERS = Path(__file__).parents[2] / "results/acquisition_clusters.json"


def by_cluster(runs: Sequence[Scores], clusters: dict[str, int]) -> dict[str, Any]:
    """By part of left-out films: films, pairs, and AUC within, across and the difference.

    Args:
        runs: the scores of each fold.
        clusters: by sha256 of a film; films without one are left out.
    """
    found: dict[str, Any] = {}
    for part in (name for name in runs[0] if name != "test"):
        rows = [row for run in runs for row in zip(*run[part], strict=True) if row[0] in clusters]
        members = np.array([clusters[film] for film, _, _ in rows])
        labels, logits = (np.array([row[i] for row in rows], float) for i in (1, 2))
        found[part] = {"films": len(rows), **asdict(auc_within(members, labels, logits))}
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, metavar="JSON")
    args = parser.parse_args(arguments)
    clusters = json.loads(CLUSTERS.read_text(encoding="utf-8"))["films"]
    found = by_cluster([read_scores(run) for run in args.runs], clusters)
    write_json(args.out, {"schema": 1, "folds": len(args.runs), "parts": found})
    for part, row in found.items():
        values = (f"{name} {row[name]['value']:.4f}" for name in ("within", "across", "difference"))
        print(f"{part}, {row['films']} films: {', '.join(values)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
