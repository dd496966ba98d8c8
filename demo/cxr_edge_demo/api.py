"""The same functions for programs: named endpoints of `gradio_client`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from cxr_edge.results.writers import SCHEMA
from cxr_edge_demo.html.answers import OPACITY
from cxr_edge_demo.html.pictures import heatmap_address
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.worklist_table import in_order
from cxr_edge_demo.pages.controls import SCORING
from cxr_edge_demo.service import Service
from cxr_edge_demo.store import feedback_figures
from cxr_edge_demo.store.feedback import Diagnosis
from cxr_edge_demo.store.film_list import FilmList
from cxr_edge_demo.store.places import read_places
from cxr_edge_demo.timed_scoring import plain, score


def add_api(service: Service) -> None:
    """Declare the endpoints; called while the application is put together."""

    def models() -> list[dict[str, Any]]:
        """Cards of the models that can be asked, the preferred one first."""
        return [service.models.get(name).card.to_dict() for name in service.models.names]

    def predict(film: dict[str, Any], model: str = "") -> dict[str, Any]:
        """Score one film. Returns its answer, and a token to ask for the heatmap or to say what it shows."""
        name, data = service.uploads.take(film)
        token = service.answer(data, name, model, picture=False)
        return {**service.held.get(token).answers[0].to_dict(), "token": token}

    def heatmap(token: str, opacity: float = OPACITY) -> str:
        """The film under its heatmap, as an HTML image; empty for a model without heatmap."""
        held = service.held.get(token)
        prediction = score(held.answers[0].classifier, held.film, held.name).prediction
        return rendered("heatmap_image", address=heatmap_address(prediction, min(1.0, max(0.0, opacity))))

    def worklist(films: list[dict[str, Any]], model: str = "") -> dict[str, Any]:
        """Score many films or zip files. Returns them most urgent first; unreadable ones have `error`."""
        listed = FilmList(service.models.get(model))
        for _ in service.extend(listed, films, pictures=False):
            pass
        card = listed.classifier.card
        return {
            "schema": SCHEMA,
            "model": {"name": card.name, "version": card.version, "sha256": listed.classifier.sha256},
            "films": [{**plain(film.prediction), "number": film.number} for film in in_order(listed.films)],
        }

    def compare(film: dict[str, Any]) -> dict[str, Any]:
        """Answers A and B of two models in random order, without their names, and a token to vote with."""
        name, data = service.uploads.take(film)
        token = service.pair(data, name)
        answers = (plain(scored.prediction) for scored in service.held.get(token).answers)
        return {"token": token, **dict(zip("AB", answers, strict=True))}

    def vote(token: str, preferred: str, shows: str) -> dict[str, str]:
        """Say which answer reads better (A, B, equal) and what the film shows. Returns the models' names."""
        a, b = service.vote(token, preferred, shows)
        return {"A": a.classifier.card.name, "B": b.classifier.card.name}

    def feedback(
        token: str, diagnosis: str, comment: str = "", keep: bool = False, places: list[dict[str, float]] | None = None
    ) -> bool:
        """Say what a film shows (pneumonia, normal, other, unsure), where, and whether its pixels may be kept.

        Said again, it replaces what was said of this token before. Places are rectangles: x, y, width and height, in
        fractions of the film's sides.
        """
        service.diagnose(token, Diagnosis(diagnosis, comment, read_places(places)), keep)
        return True

    def undo(token: str) -> bool:
        """Take back what was said of a film."""
        service.statements.unsay(token)
        return True

    def figures() -> dict[str, Any]:
        """Running sensitivity and specificity, and votes, per model."""
        return feedback_figures.to_dict(service.feedback)

    scoring: tuple[Callable[..., Any], ...] = (predict, worklist, compare)
    others: tuple[Callable[..., Any], ...] = (models, heatmap, vote, feedback, undo, figures)
    for function in (*scoring, *others):
        gr.api(function, api_name=function.__name__, **(SCORING if function in scoring else {}))
