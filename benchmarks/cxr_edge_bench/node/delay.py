"""How long a film waits for its two answers in the archive, and whether the node's memory grows with the films."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.uid import UID

from cxr_edge_bench.node.counterparts.discarding import Discarding
from cxr_edge_bench.node.counterparts.node_process import Node, waiting
from cxr_edge_bench.node.counterparts.orthanc import Orthanc
from cxr_edge_bench.node.counterparts.raw_association import RawAssociation
from cxr_edge_bench.node.counterparts.senders import Header, Peer, data_set, header_of
from cxr_edge_bench.node.objects.dicom_objects import FilmObject, make_objects, test_films

ANSWERS = 2
WARM_UP = 5
"""Films before the first that counts."""
WARM_FILMS = 100
"""Films before the first look at the memory: caches and threads are there by then."""
_POLL = 0.003
_PATIENCE = 120.0
_LOOK = 1.0


def run(films: int = 200, resent: int = 10_000, seed: int = 0) -> dict[str, Any]:
    """Measure both.

    Args:
        films: sent one at a time, each after the answers to the one before it.
        resent: films for the memory, under new UIDs.
        seed: of the films.

    Returns:
        ``delay`` and ``memory``; the latter is None for no films. No time decides whether it ``passed``.

    Raises:
        MissingProgram: Orthanc or dcmtk is not installed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = make_objects(folder / "films", max(films + WARM_UP, 1), seed)
        delay = delays(made, folder / "one at a time")
        memory = growth(made, resent, folder / "many") if resent else None
    passed = delay["answered"] == films and (memory is None or memory["answered"] == resent)
    return {"films": test_films()[0], "seed": seed, "delay": delay, "memory": memory, "passed": passed}


def delays(made: Sequence[FilmObject], folder: Path) -> dict[str, Any]:
    """Seconds from a film's last byte, and from the node's "success", to both answers in the archive."""
    folder.mkdir(parents=True)
    from_byte, from_success, sizes = [], [], []
    with Orthanc(folder / "orthanc") as orthanc, Node(folder / "spool", (orthanc.peer,)) as node:
        for number, film in enumerate(made):
            since = int(orthanc.get("/changes?last")["Last"])
            data = data_set(film.file.read_bytes())
            with RawAssociation(node.peer, header_of(film.file)) as association:
                said = association.store(header_of(film.file), [data])
                answered = time.perf_counter()
                if said != "status 0x0000":
                    raise RuntimeError(f"{film.file.name}: the node said {said}")
                association.release()
            arrived = _both(orthanc, since)
            if arrived is not None and number >= WARM_UP:
                from_byte.append(arrived - association.last_byte)
                from_success.append(arrived - answered)
                sizes.append(len(data))
    return {
        "answered": len(from_byte),
        "bytes_median": statistics.median(sizes) if sizes else None,
        "from_last_byte": _summary(from_byte),
        "from_success": _summary(from_success),
    }


def growth(made: Sequence[FilmObject], resent: int, folder: Path) -> dict[str, Any]:
    """Resident memory of the node's processes, after `WARM_FILMS` films and after `resent` more."""
    folder.mkdir(parents=True)
    # An hour of films with their pictures would take 20 GB if they were kept.
    with Discarding() as archive, Node(folder / "spool", (archive.peer,), ["--keep-days", "0"]) as node:
        _resend(node.peer, made, 0, WARM_FILMS)
        node.wait_until_done(_PATIENCE)
        before, stop = node.resident_bytes(), threading.Event()
        curve: list[int] = []

        def look() -> None:
            while not stop.wait(_LOOK):
                curve.append(node.resident_bytes())

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        begin = time.perf_counter()
        _resend(node.peer, made, WARM_FILMS, resent)
        sent = time.perf_counter()
        status = node.wait_until_done(_PATIENCE)
        done = time.perf_counter()
        stop.set()
        looking.join()
        after = node.resident_bytes()
        processes = len(node.family())
    return {
        "warm_films": WARM_FILMS,
        "resent": resent,
        "answered": status["received"]["answered"] - WARM_FILMS,
        "waiting": waiting(status),
        "processes": processes,
        "before_mb": before / 1e6,
        "after_mb": after / 1e6,
        "peak_mb": max((before, after, *curve)) / 1e6,
        "bytes_a_film": (after - before) / resent,
        "quarters_mb": [curve[len(curve) * n // 4] / 1e6 for n in range(4)] if curve else [],
        "sent_per_s": resent / (sent - begin),
        "answered_per_s": resent / (done - begin),
    }


def _resend(peer: Peer, made: Sequence[FilmObject], first: int, count: int) -> None:
    """Send `count` films under new UIDs, as long as the old ones, so that nothing else has to change."""
    for number in range(first, first + count):
        film = made[number % len(made)]
        header = header_of(film.file)
        uid = UID(f"{film.uid[:-8]}{number:08d}")
        renamed = Header(header.sop_class, uid, header.syntax)
        with RawAssociation(peer, renamed) as association:
            said = association.store(
                renamed, [data_set(film.file.read_bytes()).replace(film.uid.encode(), uid.encode())]
            )
            association.release()
        if said != "status 0x0000":
            raise RuntimeError(f"film {number}: the node said {said}")


def _both(orthanc: Orthanc, since: int) -> float | None:
    """When the archive had both answers; None if it does not get them."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        new, _ = orthanc.changes(since)
        if new >= ANSWERS:
            return time.perf_counter()
        time.sleep(_POLL)
    return None


def _summary(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return {
        "median_s": statistics.median(ordered),
        "p95_s": ordered[int(0.95 * (len(ordered) - 1))],
        "longest_s": ordered[-1],
    }


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    delay, memory, lines = result["delay"], result["memory"], []
    for name in ("from_last_byte", "from_success"):
        found = delay[name]
        if found:
            lines.append(
                f"{name.replace('_', ' ')} to both answers in the archive: median {found['median_s']:.2f} s, "
                f"p95 {found['p95_s']:.2f} s, longest {found['longest_s']:.2f} s ({delay['answered']} films)"
            )
    if memory:
        lines.append(
            f"memory of {memory['processes']} processes: {memory['before_mb']:.0f} MB after {memory['warm_films']} "
            f"films, {memory['after_mb']:.0f} MB after {memory['resent']} more, peak {memory['peak_mb']:.0f} MB; "
            f"{memory['answered_per_s']:.1f} films a second"
        )
    return "\n".join((*lines, "passed" if result["passed"] else "FAILED"))
