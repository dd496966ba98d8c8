"""How far the label is given away by facts of the file, with nobody looking at the picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from cxr_edge.calibration.intervals import Estimate
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.evaluation.statistics import auc

FACTS = ("bytes per pixel", "width", "height", "aspect", "mean", "spread", "5 %", "median", "95 %")


def file_facts(path: Path) -> npt.NDArray[np.float64]:
    """`FACTS` of a film [9]: of the file, and of its grey levels wherever in the picture they are."""
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"), np.float64)
    height, width = grey.shape
    levels = (grey.mean(), grey.std(), *np.percentile(grey, (5, 50, 95)))
    return np.array([path.stat().st_size / grey.size, width, height, width / height, *levels])


def file_facts_baseline(training: Sequence[LabelledFilm], test: Sequence[LabelledFilm]) -> Estimate:
    """AUC on `test` of a logistic regression on `FACTS`, fitted on `training`.

    What a network reaches beyond this has to come from the picture.
    """
    x, y = _table(training, "facts of training films")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, y)
    tested, labels = _table(test, "facts of test films")
    return auc(labels, model.decision_function(tested))


def _table(films: Sequence[LabelledFilm], title: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    rows = [file_facts(film.path) for film in tqdm(films, desc=title, unit="film", disable=None)]
    return np.stack(rows), np.array([film.label for film in films], np.float64)
