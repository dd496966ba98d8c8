"""What is known of other hospitals' films besides their class: view and age, and where radiologists drew boxes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ADULT = 18
"""Years from which on a patient is an adult."""


@dataclass(frozen=True)
class FilmFacts:
    """Of one film: `view` AP (mostly in bed) or PA (standing), `age` in years."""

    view: str
    age: int


@dataclass(frozen=True)
class Box:
    """Around an opacity, in pixels of the film: left, top, right and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float


def key(film: Path) -> str:
    """What ``metadata.csv`` and ``boxes.csv`` call a film: ``CLASS/NAME``."""
    return f"{film.parent.name}/{film.name}"


def read_facts(folder: Path) -> dict[str, FilmFacts]:
    """By `key`, the films that ``folder/metadata.csv`` knows; empty without that file."""
    return {row["file"]: FilmFacts(row["view"], int(row["age"])) for row in _rows(folder / "metadata.csv")}


def read_boxes(folder: Path) -> dict[str, list[Box]]:
    """By `key`, the boxes of every film in ``folder/boxes.csv``; empty without that file."""
    found: dict[str, list[Box]] = {}
    for row in _rows(folder / "boxes.csv"):
        left, top, width, height = (float(row[name]) for name in ("x", "y", "width", "height"))
        found.setdefault(row["file"], []).append(Box(left, top, left + width, top + height))
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)
