"""A clinic's own operating points: a JSON file that `cxr-edge calibrate` writes for one model file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cxr_edge.calibration.intervals import Estimate
from cxr_edge.calibration.thresholds import COLDEST, HOTTEST
from cxr_edge.card import OperatingPoint
from cxr_edge.errors import CxrEdgeError
from cxr_edge.results.whole_files import replacing

SCHEMA = 1
MAX_BYTES = 2**20


@dataclass(frozen=True)
class WithFlagged:
    """An operating point on all readable films, those with a quality reason included.

    Attributes:
        sensitivity, specificity: of the threshold that was chosen without them.
        threshold_chosen_on_all: that all of them would have given.
    """

    sensitivity: Estimate
    specificity: Estimate
    threshold_chosen_on_all: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> WithFlagged:
        """The inverse of ``dataclasses.asdict``; raises as `OperatingPoint.from_dict` does."""
        sensitivity, specificity = (Estimate.from_dict(values[side], 1.0) for side in ("sensitivity", "specificity"))
        return cls(sensitivity, specificity, float(values["threshold_chosen_on_all"]))


@dataclass(frozen=True)
class OperatingPointFile:
    """What replaces a card's temperature and operating points.

    Attributes:
        model: ``name``, ``version`` and ``sha256`` of the one model file that it is for.
        temperature: probability = sigmoid(logit / temperature).
        operating_points: as in a card.
        thresholds: their 95 % intervals over samples of films, by name of the point.
        films: how many were used, and how many were not and why.
        with_flagged: by name of the point, what it is when films with a quality reason count as well.
        next_films: by name of the point, the sensitivity or specificity to expect where it was aimed for.
    """

    model: dict[str, str]
    temperature: Estimate
    operating_points: tuple[OperatingPoint, ...]
    thresholds: dict[str, Estimate] = field(default_factory=dict)
    films: dict[str, Any] = field(default_factory=dict)
    with_flagged: dict[str, WithFlagged] = field(default_factory=dict)
    next_films: dict[str, Estimate] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write it as JSON.

        Raises:
            CxrEdgeError: `path` cannot be written.
        """
        check_writable(path)
        try:
            with replacing(path) as file:
                file.write(json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n")
        except OSError as error:
            raise CxrEdgeError(f"{path}: found {error.strerror}; expected a file to write to") from None


def check_writable(path: Path) -> None:
    """Raise `CxrEdgeError` unless a file can be written at `path`, where there is none or an older one of this kind."""
    if path.exists():
        read_operating_points(path)  # nothing else is written over
    elif not path.parent.is_dir() or not path.name:
        raise CxrEdgeError(f"{path}: found no folder {path.parent}; expected a file to write to")
    try:
        with tempfile.TemporaryFile(dir=path.parent):  # a read-only disk, or no right to write there
            pass
    except OSError as error:
        raise CxrEdgeError(f"{path}: found {error.strerror}; expected a folder to write to") from None


def read_operating_points(path: str | os.PathLike[str]) -> tuple[OperatingPointFile, str]:
    """Read what `OperatingPointFile.write` wrote; with the sha256 of the file.

    Raises:
        CxrEdgeError: it is missing, or something else.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError("no regular file")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
        values = json.loads(data)
        if values["schema"] != SCHEMA:
            raise ValueError(f"schema {values['schema']}")
        points = tuple(map(OperatingPoint.from_dict, values["operating_points"]))
        temperature = Estimate.from_dict(values["temperature"], HOTTEST)
        if not points or not temperature.value >= COLDEST:
            raise ValueError("no operating point, or no temperature")
        thresholds = {name: Estimate.from_dict(value, 1.0) for name, value in values["thresholds"].items()}
        model = {name: str(value) for name, value in values["model"].items()}
        both_ways = {name: WithFlagged.from_dict(both) for name, both in values.get("with_flagged", {}).items()}
        to_come = {name: Estimate.from_dict(value, 1.0) for name, value in values.get("next_films", {}).items()}
        found = OperatingPointFile(model, temperature, points, thresholds, dict(values["films"]), both_ways, to_come)
        return found, hashlib.sha256(data).hexdigest()
    except OSError as error:
        raise CxrEdgeError(f"{path}: found {error.strerror}; expected a file made by `cxr-edge calibrate`") from None
    except json.JSONDecodeError:
        raise CxrEdgeError(f"{path}: found no JSON; expected a file made by `cxr-edge calibrate`") from None
    except KeyError as error:
        raise CxrEdgeError(f"{path}: found no field {error}; expected a file made by `cxr-edge calibrate`") from None
    except (TypeError, AttributeError, UnicodeDecodeError):
        raise CxrEdgeError(f"{path}: found something else; expected a file made by `cxr-edge calibrate`") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise CxrEdgeError(f"{path}: found {error}; expected a file made by `cxr-edge calibrate`") from None
