"""Films come while the node is killed and the archive cut off, again and again: none is lost, none answered twice."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxr_edge_bench.node.counterparts.node_process import Node, waiting
from cxr_edge_bench.node.counterparts.orthanc import Orthanc
from cxr_edge_bench.node.exactly_once import found_answers, resent, tally
from cxr_edge_bench.node.objects.dicom_objects import make_objects, test_films
from cxr_edge_bench.node.overlapping_senders import Senders, sends_of

SENDERS = 4
UP = (0.05, 4.0)
"""Seconds that the node lives after it listens."""
DOWN = (0.3, 4.0)
"""Seconds that the archive is gone."""
_EARLY, _START = 0.15, 2.5
"""Share of the kills that come while the node starts, and within how many seconds."""
_MAIN_ALONE = 0.3
"""Share of the kills that leave the node's other processes alive, as when the system runs out of memory."""
PATIENCE = 600.0
"""Seconds without progress after which nothing more is waited for; twice the longest pause of the forwarder."""


@dataclass
class _Told:
    kills: Counter[str] = field(default_factory=Counter)
    failed_starts: list[str] = field(default_factory=list)
    outages: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def run(
    objects: int = 500, kills: int = 100, outages: int = 20, seed: int = 0, up: tuple[float, float] = UP
) -> dict[str, Any]:
    """Send, kill, cut off; then wait and look into the archive.

    Args:
        objects: how many films; each is sent one to three times by four senders at once.
        kills: of the node, by SIGKILL.
        outages: of the archive, half of them by SIGKILL.
        seed: of all that is random, but not of what the computer makes of it.
        up: shortest and longest seconds that the node lives in between.

    Returns:
        Counts and seconds; ``passed``.

    Raises:
        MissingProgram: Orthanc is not installed.
    """
    pick, told = random.Random(seed), _Told()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = make_objects(folder / "films", objects, seed)
        sends = sends_of(made, folder / "re-encoded", pick)
        with Orthanc(folder / "orthanc") as orthanc:
            node = Node(folder / "spool", (orthanc.peer,))
            senders = Senders(sends, node.peer, SENDERS, seed)
            begin = time.perf_counter()
            senders.start()
            cutter = threading.Thread(target=_cut_off, args=(orthanc, outages, kills, told, random.Random(seed + 1)))
            cutter.start()
            try:
                _kill(node, kills, senders, told, pick, up)
                killed = time.perf_counter()
                cutter.join()
                node.start()
                all_sent = senders.finish(PATIENCE)
                status = node.wait_until_done(PATIENCE)
                done = time.perf_counter()
                left_behind = node.left_behind()
            finally:
                node.stop()
            films = {one.uid: one.study for one in made}
            counts = tally(*found_answers(orthanc, films), films)
            again = resent(orthanc, node.spool)
    record = senders.record
    received = status["received"]
    result = {
        "objects": objects,
        "films": test_films()[0],
        "seed": seed,
        "sends": len(sends),
        "distinct_files": len(record.files),
        "kills": dict(told.kills),
        "outages": dict(told.outages),
        "failed_starts": told.failed_starts,
        "processes_left_behind": len(left_behind),
        "accepted": len(record.accepted),
        "unsent": len(record.unsent),
        "senders_heard": dict(record.told.most_common()),
        "status": status,
        "archive": counts,
        "resent": again,
        "errors": told.errors,
        "until_last_kill_s": killed - begin,
        "until_all_answered_s": done - begin,
    }
    result["passed"] = (
        all_sent
        and counts["exact"]
        and not waiting(status)
        and received["answered"] == objects
        and received["answered"] + received["duplicate"] == len(record.files)
        and not (left_behind or told.errors or told.failed_starts or again["unlike"])
    )
    return result


def _kill(node: Node, kills: int, senders: Senders, told: _Told, pick: random.Random, up: tuple[float, float]) -> None:
    while (done := told.kills.total()) < kills:
        senders.allow((done + 1) / (kills + 1))
        node.launch()
        if pick.random() < _EARLY:
            time.sleep(pick.uniform(0, _START))
            kind = "all of its processes, early"
        elif node.wait_until_it_listens():
            time.sleep(pick.uniform(*up))
            kind = "all of its processes"
        if not node.alive:
            told.failed_starts.append(node.last_words())
            if len(told.failed_starts) > kills:
                raise RuntimeError(f"the node does not start:\n{node.last_words()}")
            continue
        alone = pick.random() < _MAIN_ALONE
        node.kill(with_children=not alone)
        told.kills[kind.replace("all of its processes", "its main process") if alone else kind] += 1


def _cut_off(orthanc: Orthanc, outages: int, kills: int, told: _Told, pick: random.Random) -> None:
    """Outages spread over the kills, so that they meet the node in all states."""
    try:
        for outage in range(outages):
            while told.kills.total() < kills * outage / max(outages, 1):
                time.sleep(0.05)
            time.sleep(pick.uniform(0, 1))
            killed = pick.random() < 0.5
            orthanc.kill() if killed else orthanc.stop()
            told.outages["killed" if killed else "stopped"] += 1
            time.sleep(pick.uniform(*DOWN))
            orthanc.start()
    except Exception as error:  # in a thread; the record says it
        told.errors.append(f"archive: {error}")


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    archive, again = result["archive"], result["resent"]
    return "\n".join(
        (
            f"{sum(result['kills'].values())} kills {result['kills']}, {sum(result['outages'].values())} outages "
            f"{result['outages']}, in {result['until_last_kill_s']:.0f} s",
            f"{result['objects']} films in {result['sends']} sends; {result['accepted']} accepted, "
            f"{result['unsent']} sends never taken; senders heard {result['senders_heard']}",
            f"in the archive: {archive['report']['one']} films with one report, {archive['picture']['one']} with one "
            f"picture; none: {len(archive['report']['none'])}, several: {len(archive['report']['several'])}, "
            f"of no film: {len(archive['of_no_film'])}",
            f"{again['new']} answers reached it as new ones, {again['again']} once more under the same UID, "
            f"{len(again['unlike'])} unlike those in the spool",
            f"all answered after {result['until_all_answered_s']:.0f} s",
            "passed" if result["passed"] else "FAILED",
        )
    )
