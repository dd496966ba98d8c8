"""How long one file takes beside another, in one run."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from cxr_edge.session import INPUT, OUTPUTS, open_session

ROUNDS, WARM_UP = 60, 10


def time_ratio(model: bytes, other: bytes, films: npt.NDArray[np.uint8]) -> float:
    """Time of `model` over that of `other`: one film at a time, one thread, taking turns, the quickest tenth of each.

    What else the computer does slows the rest.

    Args:
        model, other: ONNX files of the same input.
        films: uint8 [N, H, W, 1].
    """
    sessions = [open_session(data, "exported model") for data in (model, other)]
    seconds = np.empty((ROUNDS, 2))
    for r in range(ROUNDS):
        for i, session in enumerate(sessions):
            start = time.perf_counter()
            session.run(list(OUTPUTS), {INPUT: films[r % len(films)][None]})
            seconds[r, i] = time.perf_counter() - start
    mine, theirs = np.quantile(seconds[WARM_UP:], 0.1, axis=0)
    return float(mine / theirs)
