"""Whether an archive has one report and one picture of each film, no more and no less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from cxr_edge_bench.node.counterparts.orthanc import Orthanc, Stored
from cxr_edge_bench.node.counterparts.senders import data_set, header_of

REPORT, PICTURE = "report", "picture"
KINDS = (REPORT, PICTURE)
_SR, _CAPTURE = "1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.7"
CERTAINTY = ("111012", "DCM")
"""The concept of the report's number: *Certainty of Finding*."""
_SHARE = {"%": 0.01, "1": 1.0}
NAMED = 10
"""At most so many UIDs are listed of what should not be."""


@dataclass(frozen=True)
class FoundAnswer:
    """An object in the archive that refers to a film.

    Attributes:
        kind: ``report``, ``picture`` or another SOP class's UID.
        source: SOP Instance UID of the film.
        stored: where the archive has it.
        probability: that a report states.
    """

    kind: str
    source: str
    stored: Stored
    probability: float | None


def probability_of(report: Dataset) -> float | None:
    """The probability that a structured report states, from 0 to 1; None if there is none."""
    for item in _items(report.get("ContentSequence", [])):
        name = item.get("ConceptNameCodeSequence")
        if item.get("ValueType") != "NUM" or not name:
            continue
        if (name[0].CodeValue, name[0].CodingSchemeDesignator) != CERTAINTY:
            continue
        measured = item.MeasuredValueSequence[0]
        # A decimal text has 16 characters; the exact value stands beside it.
        value = measured.get("FloatingPointValue", measured.NumericValue)
        return float(value) * _SHARE[measured.MeasurementUnitsCodeSequence[0].CodeValue]
    return None


def _items(sequence: Iterable[Dataset]) -> Iterable[Dataset]:
    for item in sequence:
        yield item
        yield from _items(item.get("ContentSequence", []))


def referenced(dataset: Dataset) -> set[str]:
    """All SOP Instance UIDs that an object refers to, at any depth."""
    found: set[str] = set()
    for element in dataset:
        if element.VR == "SQ":
            found = found.union(*(referenced(item) for item in element.value))
        elif element.keyword == "ReferencedSOPInstanceUID":
            found.add(str(element.value))
    return found


def found_answers(orthanc: Orthanc, films: Mapping[str, str]) -> tuple[list[FoundAnswer], list[str]]:
    """All objects of the archive that are answers.

    Args:
        orthanc: the archive; films themselves that it has are left out.
        films: Study Instance UID by the film's SOP Instance UID.

    Returns:
        Answers to `films`, and UIDs of objects that are none.
    """
    answers, others = [], []
    for stored in orthanc.instances():
        if stored.uid in films:
            continue
        dataset = dcmread(BytesIO(orthanc.file(stored)), stop_before_pixels=True)
        sources = referenced(dataset) & films.keys()
        if len(sources) != 1:
            others.append(stored.uid)
            continue
        kind = REPORT if stored.sop_class.startswith(_SR) else stored.sop_class
        kind = PICTURE if stored.sop_class.startswith(_CAPTURE) else kind
        probability = probability_of(dataset) if kind == REPORT else None
        answers.append(FoundAnswer(kind, sources.pop(), stored, probability))
    return answers, others


def tally(answers: list[FoundAnswer], others: list[str], films: Mapping[str, str]) -> dict[str, Any]:
    """What is right and what is not.

    Returns:
        ``films``; by kind how many films have ``one``, and which have ``none`` or ``several``; ``wrong_study``;
        ``of_no_film``; ``exact``: whether nothing is wrong.
    """
    by_film: dict[str, dict[str, int]] = {kind: defaultdict(int) for kind in KINDS}
    for answer in answers:
        by_film.setdefault(answer.kind, defaultdict(int))[answer.source] += 1
    result: dict[str, Any] = {"films": len(films)}
    for kind, counts in by_film.items():
        result[kind] = {
            "one": sum(counts[film] == 1 for film in films),
            "none": _some(film for film in films if counts[film] == 0),
            "several": _some(film for film in films if counts[film] > 1),
        }
    result["wrong_study"] = _some(one.stored.uid for one in answers if one.stored.study != films[one.source])
    result["of_no_film"] = _some(others)
    result["exact"] = (
        set(by_film) == set(KINDS)
        and all(result[kind]["one"] == len(films) for kind in KINDS)
        and not result["wrong_study"]
        and not others
    )
    return result


def resent(orthanc: Orthanc, spool: Path) -> dict[str, Any]:
    """Answers that reached the archive again: unavoidable where a confirmation was lost, if they are the same.

    The archive keeps the first object of a UID, the node's spool has the last.

    Returns:
        ``new`` and ``again``, how many objects reached the archive; ``unlike``, UIDs of those whose bytes in the
        archive are not those in the spool.
    """
    new, again = orthanc.arrivals()
    stored = {one.uid: one for one in orthanc.instances()}
    unlike = []
    for path in spool.rglob("*.dcm"):
        uid = str(header_of(path).uid)
        if uid in stored and data_set(path.read_bytes()) != data_set(orthanc.file(stored[uid])):
            unlike.append(uid)
    return {"new": new, "again": again, "unlike": _some(unlike)}


def _some(uids: Iterable[str]) -> list[str]:
    """Sorted; past `NAMED` only how many more."""
    found = sorted(uids)
    return found[:NAMED] + ([f"and {len(found) - NAMED} more"] if len(found) > NAMED else [])
