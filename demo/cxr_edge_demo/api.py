"""The same functions for programs: named endpoints of `gradio_client`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from cxr_edge.results.writers import SCHEMA
from cxr_edge_demo import figures as figures_of
from cxr_edge_demo.feedback import Diagnosis
from cxr_edge_demo.pages.parts import SCORING, told
from cxr_edge_demo.pictures import overlay_img
from cxr_edge_demo.scoring import plain, score
from cxr_edge_demo.service import Service


def add_api(service: Service) -> None:
    """Declare the endpoints; called while the application is put together."""

    @told
    def models() -> list[dict[str, Any]]:
        """Cards of the models that can be asked, the preferred one first."""
        return [service.models.get(name).card.to_dict() for name in service.models.names]

    @told
    def predict(film: dict[str, Any], model: str = "") -> dict[str, Any]:
        """Score one film. Returns its answer, and a token to ask for the heatmap or to say what it shows."""
        name, data = service.uploads.take(film)
        token = service.answer(data, name, model, picture=False)
        return {**service.shelf.get(token).answers[0].to_dict(), "token": token}

    @told
    def heatmap(token: str, opacity: float = 0.6) -> str:
        """The film under its heatmap, as an HTML image; empty for a model without heatmap."""
        held = service.shelf.get(token)
        scored = score(held.answers[0].classifier, held.film, held.name)
        return overlay_img(scored.prediction, min(1.0, max(0.0, opacity)))

    @told
    def worklist(films: list[dict[str, Any]], model: str = "") -> dict[str, Any]:
        """Score many films or zip files. Returns them most urgent first; unreadable ones have `error`."""
        classifier = service.models.get(model)
        listed = service.worklist(films, model, pictures=False)
        card = classifier.card
        return {
            "schema": SCHEMA,
            "model": {"name": card.name, "version": card.version, "sha256": classifier.sha256},
            "films": [plain(entry.prediction) for entry in listed],
        }

    @told
    def compare(film: dict[str, Any]) -> dict[str, Any]:
        """Answers A and B of two models in random order, without their names, and a token to vote with."""
        name, data = service.uploads.take(film)
        token = service.pair(data, name)
        answers = (plain(scored.prediction) for scored in service.shelf.get(token).answers)
        return {"token": token, **dict(zip("AB", answers, strict=True))}

    @told
    def vote(token: str, preferred: str, shows: str) -> dict[str, str]:
        """Say which answer reads better (A, B, equal) and what the film shows. Returns the models' names."""
        a, b = service.vote(token, preferred, shows)
        return {"A": a.classifier.card.name, "B": b.classifier.card.name}

    @told
    def feedback(token: str, diagnosis: str, comment: str = "", keep: bool = False) -> bool:
        """Say what a film shows (pneumonia, normal, other, unsure), and whether its pixels may be kept."""
        service.diagnose(token, Diagnosis(diagnosis, comment), keep)
        return True

    @told
    def figures() -> dict[str, Any]:
        """Running sensitivity and specificity, and votes, per model."""
        return figures_of.to_dict(service.feedback)

    scoring: tuple[Callable[..., Any], ...] = (predict, worklist, compare)
    others: tuple[Callable[..., Any], ...] = (models, heatmap, vote, feedback, figures)
    for function in (*scoring, *others):
        gr.api(function, api_name=function.__name__, **(SCORING if function in scoring else {}))
