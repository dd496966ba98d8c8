"""The stages of one film, from its bytes to the decision, and what of them can be called alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cxr_edge import Classifier
from cxr_edge.film.grey import window
from cxr_edge.film.preprocess import open_film, resize, squash
from cxr_edge.film.source import Limits
from cxr_edge.session import HEATMAP, INPUT, open_session
from cxr_edge.store import read_verified

CALLS = ("open_film", "resize", "window", "run", "predict")
"""Public functions of the runtime that are counted one by one."""

STAGES = ("decode", "resize", "window", "network", "the rest", "film to decision")
"""What a count tells. The last is the sum of the others."""


def calls(model: str, film: bytes) -> dict[str, Callable[[], Any]]:
    """The `CALLS` for one film and a bundled model, each ready to be called any number of times."""
    session = open_session(read_verified(model)[1], model)
    classifier, limits = Classifier.from_session(session), Limits()
    size, version = classifier.card.input_size, classifier.card.preprocessing
    grey = open_film(film, size, limits).grey
    squashed = np.asarray(squash(grey, size, exact=True))
    pixels = classifier.prepare(film).pixels[None]
    names = [output.name for output in session.get_outputs() if output.name != HEATMAP]
    return {
        "open_film": lambda: open_film(film, size, limits),
        "resize": lambda: resize(grey, size, version),
        "window": lambda: window(squashed),
        "run": lambda: session.run(names, {INPUT: pixels}),
        "predict": lambda: classifier.predict(film),
    }


def stages(counts: Mapping[str, int]) -> dict[str, int]:
    """Instructions of the `STAGES` from those of the `CALLS`.

    What is not a stage of its own, above all the checks of the film and the decision, is "the rest", so that work
    counts wherever somebody puts it.
    """
    alone = {
        "decode": counts["open_film"],
        "resize": counts["resize"] - counts["window"],
        "window": counts["window"],
        "network": counts["run"],
    }
    return {**alone, "the rest": counts["predict"] - sum(alone.values()), "film to decision": counts["predict"]}
