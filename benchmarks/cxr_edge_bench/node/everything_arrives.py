"""dcmtk → the node → Orthanc: every film gets its report and its picture, and the report says what `predict` says."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cxr_edge_bench.child_process import output_of
from cxr_edge_bench.node.counterparts.dciodvfy import errors_of
from cxr_edge_bench.node.counterparts.node_process import Node
from cxr_edge_bench.node.counterparts.orthanc import Orthanc
from cxr_edge_bench.node.counterparts.programs import MissingProgram
from cxr_edge_bench.node.counterparts.senders import dcmsend, echoscu, storescu
from cxr_edge_bench.node.exactly_once import REPORT, FoundAnswer, found_answers, resent, tally
from cxr_edge_bench.node.objects.dicom_objects import FilmObject, make_objects, test_films

TOLERANCE = 1e-6
VALIDATED = 40
"""Answers; dciodvfy takes a tenth of a second for each."""
PATIENCE = 120.0
"""Seconds without any progress after which nothing more is waited for."""


def run(objects: int = 500, seed: int = 0, web: bool = False, by: str = "storescu") -> dict[str, Any]:
    """Send films, wait, and look into the archive.

    Args:
        objects: how many films.
        seed: of them.
        web: whether the answers go by STOW-RS instead of C-STORE.
        by: ``storescu`` sends each film in its own transfer syntax; ``dcmsend`` sends all in one association.

    Returns:
        Counts, differences and seconds; ``passed``.

    Raises:
        MissingProgram: Orthanc or dcmtk is not installed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = make_objects(folder / "films", objects, seed)
        expected = predicted(folder / "films")
        with Orthanc(folder / "orthanc") as orthanc:
            way = ("--forward-web", orthanc.web) if web else ()
            with Node(folder / "spool", () if web else (orthanc.peer,), way) as node:
                answers_echo = echoscu(node.peer)
                begin = time.perf_counter()
                accepted = {"storescu": storescu, "dcmsend": dcmsend}[by]([one.file for one in made], node.peer)
                sent = time.perf_counter()
                status = node.wait_until_done(PATIENCE)
                done = time.perf_counter()
            films = {one.uid: one.study for one in made}
            answers, others = found_answers(orthanc, films)
            counts = tally(answers, others, films)
            again = resent(orthanc, node.spool)
            valid = _valid(orthanc, answers)
    differences = _differences(answers, expected, made)
    return {
        "objects": objects,
        "films": test_films()[0],
        "answers_by": "STOW-RS" if web else "C-STORE",
        "sent_by": by,
        "echo": answers_echo,
        "accepted": accepted,
        "syntaxes": dict(Counter(one.syntax for one in made)),
        "classes": dict(Counter(one.sop_class for one in made)),
        "archive": counts,
        "resent": again,
        "probability": differences,
        "dciodvfy": valid,
        "status": status,
        "send_s": sent - begin,
        "until_all_answered_s": done - begin,
        "passed": (
            accepted == objects
            and counts["exact"]
            and differences["within"] == objects
            and not again["unlike"]
            and not (valid and valid["errors"])
        ),
    }


def predicted(folder: Path) -> dict[str, dict[str, Any]]:
    """What ``cxr-edge predict`` says of each file of a folder, by the file's name."""
    told = output_of([sys.executable, "-m", "cxr_edge", "predict", str(folder), "--format", "jsonl"])
    rows = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return {Path(row["path"]).name: row for row in rows}


def _differences(
    answers: list[FoundAnswer], expected: dict[str, dict[str, Any]], made: list[FilmObject]
) -> dict[str, Any]:
    """How far the reports' probabilities are from those of `predict`, and how many reports have none."""
    stated = {one.source: one.probability for one in answers if one.kind == REPORT}
    differences, without = [], Counter[str]()
    for film in made:
        row, probability = expected[film.file.name], stated.get(film.uid)
        if probability is None or row["probability"] is None:
            without[", ".join(row["quality"]) or row["error"] or "no reason"] += 1
        else:
            differences.append(abs(probability - row["probability"]))
    return {
        "compared": len(differences),
        "largest_difference": max(differences, default=None),
        "within": sum(difference <= TOLERANCE for difference in differences),
        "tolerance": TOLERANCE,
        "without_probability": dict(without),
    }


def _valid(orthanc: Orthanc, answers: list[FoundAnswer]) -> dict[str, Any] | None:
    """Errors that dciodvfy finds in answers as the archive has them, at most `VALIDATED`; None without it."""
    checked = answers[:: max(1, len(answers) // VALIDATED)]
    try:
        errors = Counter(error for one in checked for error in errors_of(orthanc.file(one.stored)))
    except MissingProgram:
        return None
    return {"checked": dict(Counter(one.kind for one in checked)), "errors": dict(errors)}


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    archive, probability = result["archive"], result["probability"]
    return "\n".join(
        (
            f"{result['accepted']} of {result['objects']} films accepted, sent by {result['sent_by']}",
            f"in the archive: {archive['report']['one']} films with one report, {archive['picture']['one']} with one "
            f"picture, {len(archive['wrong_study'])} answers in a wrong study, {len(archive['of_no_film'])} of no film",
            f"probability as predict says it: {probability['within']} of {probability['compared']} within "
            f"{probability['tolerance']}, largest difference {probability['largest_difference']}",
            f"dciodvfy: {result['dciodvfy'] or 'not installed'}",
            f"sent in {result['send_s']:.1f} s, all answered in {result['until_all_answered_s']:.1f} s",
            "passed" if result["passed"] else "FAILED",
        )
    )
