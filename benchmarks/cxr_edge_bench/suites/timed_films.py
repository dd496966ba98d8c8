"""The films that everything here is timed on."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from cxr_edge.store import SAMPLES


@dataclass(frozen=True)
class TimedFilms:
    """JPEG files in memory.

    Attributes:
        source: what they are.
        full: in the size of an X-ray machine, about 1,400 × 1,000 pixels.
        small: 224 × 224 pixels.
    """

    source: str
    full: list[bytes]
    small: list[bytes]


def timed_films(count: int = 40) -> TimedFilms:
    """At most `count` real films of ``$CXR_EDGE_DATA`` in each size; without them, the bundled phantoms."""
    data = Path(os.environ.get("CXR_EDGE_DATA", ""))
    full = sorted((data / "full_resolution").glob("*/*.jp*g"))
    small = sorted((data / "chest_xray/test").glob("*/*.jp*g"))
    if full and small:
        return TimedFilms(
            "real films",
            [path.read_bytes() for path in full[:: max(1, len(full) // count)][:count]],
            [path.read_bytes() for path in small[:: max(1, len(small) // count)][:count]],
        )
    drawn = [Image.open(path).convert("L") for path in sorted(SAMPLES.glob("*.png"))]
    return TimedFilms(
        "drawn phantoms (CXR_EDGE_DATA holds no films)",
        [_jpeg(film.resize((1400, 1000))) for film in drawn],
        [_jpeg(film.resize((224, 224))) for film in drawn],
    )


def _jpeg(film: Image.Image) -> bytes:
    buffer = io.BytesIO()
    film.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
