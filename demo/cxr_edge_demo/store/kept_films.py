"""Films that users let us keep: their pixels alone, and a folder of them for `cxr-edge calibrate` and `train`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.film.preprocess import WHOLE, open_film
from cxr_edge.film.source import Limits
from cxr_edge_demo.store.feedback import Feedback
from cxr_edge_demo.store.places import from_text

FOLDERS = {"normal": "NORMAL", "pneumonia": "PNEUMONIA"}
PLACES = "places.csv"
COLUMNS = ("film_sha256", "path", "diagnosis", "x", "y", "width", "height")
"""Of `PLACES`: one line a rectangle, in fractions of the film's sides from its upper left corner."""
_LATEST = """
SELECT f.film_sha256, f.diagnosis, films.film_sha256 IS NOT NULL, f.place
FROM feedback AS f LEFT JOIN films USING (film_sha256)
WHERE f.id = (SELECT MAX(id) FROM feedback AS g WHERE g.film_sha256 = f.film_sha256)
ORDER BY f.film_sha256
"""


def pixels_only(film: bytes) -> bytes:
    """A film's pixels as a grey PNG of 8 or 16 bits, without any tag, text, profile or name.

    What is burned into the picture stays. Films of more than 8 bits are stretched to 16, which changes no answer: they
    are windowed by percentiles before they are scored.

    Raises:
        UnreadableFilm: as `cxr_edge.Classifier.prepare`.
    """
    grey = open_film(film, WHOLE, Limits()).grey
    if grey.mode == "F":
        values = np.asarray(grey, np.float64)
        low, high = float(values.min()), float(values.max())
        stretched = np.rint((values - low) * (65535 / max(high - low, 1e-9))).astype(np.uint16)
        bare = Image.fromarray(stretched)
    else:
        bare = Image.fromarray(np.asarray(grey, np.uint8))
    buffer = io.BytesIO()
    bare.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


def write_kept_films(feedback: Feedback, folder: Path) -> dict[str, int]:
    """Write every kept film once, under its latest diagnosis, named by its sha256; and the places drawn on films.

    The places that came with the latest diagnosis of each film stand in `PLACES`; ``path`` is empty for a film that is
    not among those written.

    Args:
        feedback: the file.
        folder: new or empty, so that a film whose diagnosis changed does not stand there twice.

    Returns:
        Films by what became of them: ``normal`` and ``pneumonia`` (written), ``other`` and ``unsure`` (left out), and
        ``not kept`` (a diagnosis, but nobody said that the film may be kept).

    Raises:
        CxrEdgeError: the folder is not empty, or cannot be written.
    """
    counts = Counter(dict.fromkeys([*FOLDERS, "other", "unsure", "not kept"], 0))
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CxrEdgeError(f"{folder}: found something in it; expected a new or empty folder")
        for name in FOLDERS.values():
            (folder / name).mkdir(parents=True, exist_ok=True)
        drawn = []
        for sha256, diagnosis, kept, place in feedback.rows(_LATEST):
            path = f"{FOLDERS[diagnosis]}/{sha256}.png" if kept and diagnosis in FOLDERS else ""
            drawn += [(sha256, path, diagnosis, p.x, p.y, p.width, p.height) for p in from_text(place)]
            if diagnosis not in FOLDERS:
                counts[diagnosis] += 1
            elif not kept:
                counts["not kept"] += 1
            else:
                counts[diagnosis] += 1
                ((png,),) = feedback.rows("SELECT png FROM films WHERE film_sha256 = ?", (sha256,))
                (folder / path).write_bytes(png)
        with (folder / PLACES).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *drawn])
    except OSError as error:
        raise CxrEdgeError(f"{folder}: found {error.strerror}; expected a folder to write to") from None
    return dict(counts)
