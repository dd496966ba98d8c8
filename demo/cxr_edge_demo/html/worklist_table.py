"""Many films as a table, in the order that a user asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from cxr_edge import Prediction
from cxr_edge.quality import Decision
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import age_note, decision_words, reason
from cxr_edge_demo.store.film_list import ListedFilm

ORDERS: dict[str, Callable[[Sequence[Prediction]], list[Prediction]]] = {
    "most urgent first": most_urgent_first,
    "most probable first": lambda films: sorted(films, key=lambda p: -1.0 if p.probability is None else -p.probability),
    "by name": lambda films: sorted(films, key=lambda p: p.path),
    "as sent": list,
}
_COUNTED: tuple[Decision | None, ...] = ("refer", "review", "retake", None, "no finding")


def in_order(films: Sequence[ListedFilm], order: str) -> list[ListedFilm]:
    """Films in one of `ORDERS`."""
    listed = {id(film.prediction): film for film in films}
    return [listed[id(prediction)] for prediction in ORDERS[order]([film.prediction for film in films])]


def summary(films: Sequence[ListedFilm], model: str) -> str:
    """How many films have which decision, which could not be read, and for whom the model was made."""
    counts = Counter(film.prediction.decision for film in films)
    scored = [film for film in films if not film.problem]
    return rendered(
        "worklist_summary",
        films=films,
        model=model,
        counts=[(decision_words(decision), counts[decision]) for decision in _COUNTED if counts[decision]],
        age_note=age_note(sum(not film.prediction.age_known for film in scored), len(scored)),
    )


def worklist_table(films: Sequence[ListedFilm], order: str) -> str:
    """The films as a table; on a narrow page each becomes a card.

    Args:
        films: of a worklist.
        order: one of `ORDERS`.
    """
    return rendered("worklist", films=in_order(films, order), words=decision_words, reason=reason)
