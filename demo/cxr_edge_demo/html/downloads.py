"""A worklist to save or to print. Each is made when it is asked for, and none is written on the server."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from cxr_edge import Classifier, Prediction
from cxr_edge.results.writers import write_csv, write_json
from cxr_edge.wording import RESEARCH_ONLY
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import age_note, decision_words
from cxr_edge_demo.html.worklist_table import DECISIONS, in_order, reason_words, reasons_of
from cxr_edge_demo.store.film_list import FilmList
from cxr_edge_demo.words import _, current

FORMATS = {"csv": (write_csv, "text/csv"), "json": (write_json, "application/json")}


def as_text(predictions: Sequence[Prediction], classifier: Classifier, format: str) -> str:
    """What ``cxr-edge predict --format csv`` or ``json`` would have printed."""
    out = io.StringIO()
    FORMATS[format][0](predictions, classifier, out)
    return out.getvalue()


def printable(films: FilmList) -> str:
    """The list as a page of its own that a browser prints, most urgent first; what could not be read stands apart."""
    listed = in_order(films.films)
    scored = [film for film in listed if not film.problem]
    counts: Counter[str | None] = Counter(film.prediction.decision for film in scored)
    card = films.classifier.card
    return rendered(
        "worklist_print",
        scored=[(film, decision_words(film.prediction.decision), _why(film.prediction)) for film in scored],
        unreadable=[film for film in listed if film.problem],
        counts=[(decision_words(name), counts[name]) for name in DECISIONS if counts[name]],
        card=card,
        sha256=films.classifier.sha256,
        band=card.review_band,
        now=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        age_note=age_note(sum(not film.prediction.age_known for film in scored), len(scored)),
        research_only=_(RESEARCH_ONLY),
        language=current().language,
    )


def _why(prediction: Prediction) -> str:
    return " ".join(reason_words(code) for code in reasons_of(prediction))
