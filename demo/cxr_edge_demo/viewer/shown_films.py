"""Films ready to be sent to the viewer: decoded once, kept for a while in bounded memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cxr_edge import Prediction
from cxr_edge_demo.store.bounded_memory import BoundedMemory
from cxr_edge_demo.store.held_films import HeldFilm
from cxr_edge_demo.timed_scoring import Scored, score
from cxr_edge_demo.viewer.contours import contours, wash
from cxr_edge_demo.viewer.dicom_windows import OWN
from cxr_edge_demo.viewer.shown_film import ALL, NETWORK, ShownFilm, shown_film
from cxr_edge_demo.words import _

MAX_BYTES = 128 * 2**20  # of PNG files; a film has about 1 MB, the largest 25
_AT_ONCE = 2  # films that are decoded at the same time; the largest takes 300 MB meanwhile


@dataclass(frozen=True)
class ReadyFilm:
    """A film to send.

    Attributes:
        png: its grey levels.
        facts: all else of it; its levels are left out.
        size: (width, height) of what is sent.
    """

    png: bytes
    facts: ShownFilm
    size: tuple[int, int]


class ShownFilms:
    """Films for the viewer, by the token that they are held under. Any number of threads may ask."""

    def __init__(self) -> None:
        self._memory: BoundedMemory[ReadyFilm] = BoundedMemory(MAX_BYTES, lambda film: len(film.png))
        self._decoding = threading.BoundedSemaphore(_AT_ONCE)

    def ready(self, token: str, held: HeldFilm) -> ReadyFilm:
        """The film under `token`, decoded unless it was already.

        Raises:
            UnreadableFilm: as `cxr_edge.Classifier.prepare`.
        """
        with self._decoding:
            ready = self._memory.get(token)
            if ready is None:
                film = shown_film(held.film)
                ready = ReadyFilm(film.png(), replace(film, levels=np.empty((0, 0), film.levels.dtype)), film.size)
                self._memory.put(token, ready)
        return ready

    def description(self, token: str, held: HeldFilm, answer: int) -> dict[str, Any]:
        """What the viewer needs to know before it draws.

        Args:
            token: that the film is held under.
            held: the film.
            answer: which of its answers says where the network looked.

        Returns:
            ``width``, ``height``, ``bits``; ``slope``, ``offset`` and ``inverted``, as `ShownFilm` has them;
            ``window``, which is the first of ``presets``; ``pixels``, the address of the levels; ``capped``, a sentence
            if they are fewer than the film's own; ``contours`` as `contours` gives them, with a ``label`` each, and
            ``wash``, the address of what fills them, or None for a model that does not say where it looked; ``lungs``,
            whether it knows where they are. Addresses are relative to the page.

        Raises:
            UnreadableFilm: as `cxr_edge.Classifier.prepare`.
        """
        ready = self.ready(token, held)
        film, (width, height) = ready.facts, ready.size
        prediction = explained(held, answer)
        labels = _window_labels()
        windows = [{**window.to_dict(), "label": labels[window.label]} for window in film.windows]
        return {
            "width": width,
            "height": height,
            "bits": film.bits,
            "slope": film.slope,
            "offset": film.offset,
            "inverted": film.inverted,
            "window": windows[0],
            "presets": windows,
            "pixels": f"cxr/film/{token}.png",
            "capped": _capped(film.full_size, ready.size),
            "lungs": prediction is not None and prediction.lungs is not None,
            "contours": [] if prediction is None else _labelled(contours(prediction, ready.size)),
            "wash": None if prediction is None else f"cxr/film/{token}.wash.png?answer={answer}",
        }

    def wash(self, token: str, held: HeldFilm, answer: int) -> bytes | None:
        """The colour inside the contours as a PNG; None if the model does not say where it looked."""
        prediction = explained(held, answer)
        return None if prediction is None else wash(prediction, self.ready(token, held).size)

    def drop_old(self) -> None:
        """Let go of films that are too old."""
        self._memory.drop_old()


def explained(held: HeldFilm, answer: int) -> Prediction | None:
    """One of a film's answers with its heatmap, scored again if it was made without; None if its model has none."""
    scored: Scored = held.answers[min(max(answer, 0), len(held.answers) - 1)]
    if scored.prediction.heatmap is None and scored.classifier.has_heatmap:
        scored = score(scored.classifier, held.film, held.name)
    return scored.prediction if scored.prediction.heatmap is not None else None


def _window_labels() -> dict[str, str]:
    return {OWN: _("Film's own window"), NETWORK: _("As the network sees it"), ALL: _("All grey levels")}


def _labelled(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    labels = _("speaks for pneumonia"), _("speaks strongly for pneumonia")
    return [{**level, "label": label} for level, label in zip(lines, labels, strict=True)]


def _capped(full: tuple[int, int], sent: tuple[int, int]) -> str | None:
    if full == sent:
        return None
    sentence = _("This film has {full} pixels. It is too large to send whole, so you see it at {sent}.")
    return sentence.format(full=f"{full[0]} × {full[1]}", sent=f"{sent[0]} × {sent[1]}")
