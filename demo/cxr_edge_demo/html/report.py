"""One page to print or to save as PDF: a film, its answer, and a line for the reader's own finding."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cxr_edge_demo.html.answers import answer_values
from cxr_edge_demo.html.pictures import film_address, heatmap_address
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import research_only
from cxr_edge_demo.timed_scoring import Scored
from cxr_edge_demo.words import current

_FOLDER = Path(__file__).parent
_STYLES = ("style/answer.css", "report.css")
_OPACITY = 0.9
"""Of the contours: paper shows less than a screen."""


def report(scored: Scored) -> str:
    """A whole page of HTML, on A4 one page long.

    It holds neither the file's name nor anything of its header: who the patient is, only the reader can type in, and
    that stays in the browser. For a retake neither probability nor contours are shown.

    Args:
        scored: with the film's copy for people.
    """
    values = answer_values(scored)
    prediction = scored.prediction
    words = current()
    return rendered(
        "report",
        **values,
        style="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _STYLES),
        film=film_address(prediction),
        contours="" if values["hidden"] else heatmap_address(prediction, _OPACITY),
        sha256=scored.classifier.sha256,
        date=datetime.now().strftime("%Y-%m-%d %H:%M"),
        research_only=research_only(),
        language=words.language,
        reviewed=words.reviewed,
    )
