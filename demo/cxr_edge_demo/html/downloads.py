"""Results to save from the page: the link holds the file, so that none is written on the server."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from cxr_edge import Classifier, Prediction
from cxr_edge.results.writers import write_csv, write_json
from cxr_edge_demo.html.rendering import rendered

FORMATS = {"csv": (write_csv, "text/csv"), "json": (write_json, "application/json")}


def as_text(predictions: Sequence[Prediction], classifier: Classifier, format: str) -> str:
    """What ``cxr-edge predict --format csv`` or ``json`` would have printed."""
    out = io.StringIO()
    FORMATS[format][0](predictions, classifier, out)
    return out.getvalue()


def download_links(predictions: Sequence[Prediction], classifier: Classifier) -> str:
    """Links to both, as HTML."""
    files = []
    for format, (_, kind) in FORMATS.items():
        data = base64.b64encode(as_text(predictions, classifier, format).encode()).decode()
        files.append((format, f"data:{kind};base64,{data}"))
    return rendered("downloads", files=files)
