"""Films that users let us keep, as a folder that `cxr-edge calibrate` and `cxr-edge train` take."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge_demo.feedback import Feedback

FOLDERS = {"normal": "NORMAL", "pneumonia": "PNEUMONIA"}
_LATEST = """
SELECT f.film_sha256, f.diagnosis, films.film_sha256 IS NOT NULL
FROM feedback AS f LEFT JOIN films USING (film_sha256)
WHERE f.id = (SELECT MAX(id) FROM feedback AS g WHERE g.film_sha256 = f.film_sha256)
ORDER BY f.film_sha256
"""


def export(feedback: Feedback, folder: Path) -> dict[str, int]:
    """Write every kept film once, under its latest diagnosis, named by its sha256.

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
        for sha256, diagnosis, kept in feedback.rows(_LATEST):
            if diagnosis not in FOLDERS:
                counts[diagnosis] += 1
            elif not kept:
                counts["not kept"] += 1
            else:
                counts[diagnosis] += 1
                ((png,),) = feedback.rows("SELECT png FROM films WHERE film_sha256 = ?", (sha256,))
                (folder / FOLDERS[diagnosis] / f"{sha256}.png").write_bytes(png)
    except OSError as error:
        raise CxrEdgeError(f"{folder}: found {error.strerror}; expected a folder to write to") from None
    return dict(counts)
