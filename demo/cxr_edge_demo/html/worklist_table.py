"""The rows of a worklist as plain values for the browser, which filters, sorts and draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxr_edge import Prediction
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge_demo.html.wording import age_note, decision_words, reason
from cxr_edge_demo.store.film_list import FilmList, ListedFilm
from cxr_edge_demo.words import _

DECISIONS = ("refer", "review", "retake", "no finding")
"""The most urgent first."""
CLOSE = "too-close"
"""Reason of a film to review that nothing else speaks against."""


def in_order(films: Sequence[ListedFilm]) -> list[ListedFilm]:
    """Films, the most urgent first."""
    listed = {id(film.prediction): film for film in films}
    return [listed[id(prediction)] for prediction in most_urgent_first(film.prediction for film in films)]


def described(films: FilmList, after: int = 0) -> dict[str, Any]:
    """A list as the browser's ``<cxr-worklist>`` reads it.

    Args:
        films: the list.
        after: number of the last film that the browser has; those sent later are described.

    Returns:
        ``model`` and ``progress`` (or null), ``total``; ``decisions`` and ``reasons`` in words; ``age_note``; and
        ``films``: number, name, decision (null if it could not be read), probability (null where it means nothing),
        reasons (codes), ``problem`` and the first characters of the SHA-256.
    """
    progress, listed = films.progress, films.films
    scored = [film.prediction for film in listed if not film.problem]
    codes = dict.fromkeys(code for film in listed for code in reasons_of(film.prediction))
    card = films.classifier.card
    return {
        "model": f"{card.name} {card.version}",
        "progress": progress
        and {"done": progress.done, "expected": progress.expected, "seconds_left": progress.seconds_left},
        "total": len(listed),
        "decisions": {name: _decision(name) for name in DECISIONS},
        "reasons": {code: reason_words(code) for code in codes},
        "age_note": age_note(sum(not prediction.age_known for prediction in scored), len(scored)),
        "films": [_row(film) for film in listed[max(0, after) :]],
    }


def reasons_of(prediction: Prediction) -> tuple[str, ...]:
    """Why a film is to be looked at with care: the quality gate's codes, or `CLOSE`."""
    if prediction.decision == "review" and not prediction.quality:
        return (CLOSE,)
    return prediction.quality


def reason_words(code: str) -> str:
    """A code of `reasons_of` as a sentence."""
    return _("Too close to call.") if code == CLOSE else reason(code)


def _decision(name: str) -> dict[str, str]:
    words = decision_words(name)
    return {"word": words.word, "symbol": words.symbol, "css": words.css}


def _row(film: ListedFilm) -> dict[str, Any]:
    prediction = film.prediction
    return {
        "number": film.number,
        "name": prediction.path,
        "decision": prediction.decision,
        "probability": None if prediction.decision == "retake" else prediction.probability,
        "reasons": list(reasons_of(prediction)),
        "problem": film.problem,
        "sha256": (prediction.sha256 or "")[:8],
    }
