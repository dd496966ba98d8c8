"""What a sender is told in each odd case, what the node notes, and that the node goes on answering."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_edge_bench.node import hostile_senders as hostile
from cxr_edge_bench.node.counterparts.node_process import Node
from cxr_edge_bench.node.counterparts.raw_association import RawAssociation
from cxr_edge_bench.node.counterparts.senders import CALLING, echo, header_of, send
from cxr_edge_bench.node.objects.dicom_objects import grey_of, make_objects, plain_object, save, test_films
from cxr_edge_bench.node.objects.odd_objects import odd_objects, re_encoded
from cxr_edge_bench.node.objects.radiographs import uid_of

TAKEN, NO_CLASS, NO_SYNTAX = "status 0x0000", "abstract syntax not supported", "transfer syntax not supported"
CUT = ("connection closed", "connection lost", "abort")
PATIENCE = 60.0
_LOOK = 0.1


@dataclass(frozen=True)
class Case:
    """One odd case.

    Attributes:
        name: of it.
        act: plays the sender and says what it was told.
        told: any of these texts has to be in that.
        outcome: what the node has to count one more of, ``duplicate`` included; empty: nothing is asked for.
    """

    name: str
    act: Callable[[], str]
    told: Sequence[str] = ()
    outcome: str = ""


def run(seed: int = 0, gigabytes: float = hostile.GIGABYTES, damaged: int = 50, crowd: int = 200) -> dict[str, Any]:
    """Play each case to one node, and a full disk to another.

    Args:
        seed: of the objects and of the noise.
        gigabytes: of the huge object.
        damaged: objects.
        crowd: associations at once.

    Returns:
        ``cases``, a row each, and ``passed``.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Node(folder / "spool", options=["--allow", f"{CALLING}@127.0.0.1"]) as node:
            rows = [_row(node, case) for case in _cases(node, folder, seed, gigabytes, damaged, crowd)]
        rows += _full_disk(folder, seed)
    return {"films": test_films()[0], "seed": seed, "cases": rows, "passed": all(row["as_expected"] for row in rows)}


def _cases(node: Node, folder: Path, seed: int, gigabytes: float, damaged: int, crowd: int) -> list[Case]:
    peer, pick = node.peer, random.Random(seed)
    made = [film.file for film in make_objects(folder / "films", 32, seed)]
    odd = odd_objects(folder / "odd", seed)
    film = grey_of(pick.choice(test_films()[1]))
    good = save(plain_object(film, 80_000), folder / "good.dcm")
    other = save(plain_object(film[::-1].copy(), 80_000), folder / "other.dcm")
    once_more = re_encoded(good, folder / "once_more.dcm", "JPEG-LS lossless")
    last = save(plain_object(film, 80_002), folder / "last.dcm")
    whole = save(plain_object(film, 80_003), folder / "whole.dcm")
    half = folder / "half.dcm"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    strange, uid = save(plain_object(film, 80_001), folder / "strange.dcm"), uid_of("another")

    def asks(file: Path, **how: str) -> str:
        with RawAssociation(peer, header_of(file), **how) as association:  # type: ignore[arg-type]
            return association.told

    def sends(file: Path) -> Callable[[], str]:
        return lambda: _told(send([file], peer)[0])

    def of(name: str, outcome: str) -> list[Case]:
        return [Case(name, sends(odd[name]), (TAKEN,), outcome)] if name in odd else []

    return [
        Case("a film", sends(good), (TAKEN,), "scored"),
        Case("the same object again", sends(good), (TAKEN,)),
        Case("the same object in another transfer syntax", sends(once_more), (TAKEN,), "duplicate"),
        Case("another film under its UID", sends(other), (TAKEN,), "failed"),
        Case("announced under another UID", lambda: hostile.another_uid(peer, strange, uid), (TAKEN,), "failed"),
        Case("forbidden AE title", lambda: asks(good, calling="STRANGER"), ("calling AE title not recognised",)),
        Case("another called AE title", lambda: asks(good, called="OTHER"), ("called AE title not recognised",)),
        Case("forbidden address", lambda: asks(good, source="127.0.0.2"), CUT),
        Case("CT", lambda: asks(odd["CT"]), (NO_CLASS,)),
        Case("for processing", lambda: asks(odd["for processing"]), (NO_CLASS,)),
        Case("deflated", lambda: asks(odd["deflated"]), (NO_SYNTAX,)),
        *of("lateral view", "not scored"),
        *of("adult", "not scored"),
        *of("knee", "not scored"),
        *of("secondary capture", "not scored"),
        *of("cut pixels", "failed"),
        *of("cut JPEG", "failed"),
        *of("random pixels", "failed"),
        *of("garbage after the header", "failed"),
        *of("no pixels", "failed"),
        Case("half a film", sends(half), (TAKEN,), "failed"),
        Case("the whole one under its UID", sends(whole), (TAKEN,), "scored"),
        *of("12-bit JPEG extended", ""),
        Case("the sender vanishes within an object", lambda: hostile.broken_off(peer, strange), ("hung up",)),
        Case("a P-DATA PDU of 4 GB", lambda: hostile.endless_pdu(peer, good), CUT),
        Case("noise on the port", lambda: hostile.noise(peer, pick), CUT),
        Case(f"{crowd} associations at once", lambda: hostile.crowd(peer, good, crowd), (TAKEN,)),
        Case(f"{damaged} damaged objects", lambda: hostile.damaged(peer, made, folder, pick, damaged)),
        Case(f"an object of {gigabytes:g} GB", lambda: hostile.huge(peer, strange, gigabytes), ("abort", "status 0x")),
        Case("a film after all that", sends(last), (TAKEN,), "scored"),
    ]


def _row(node: Node, case: Case) -> dict[str, Any]:
    """Play a case; what was told, what the node counted and refused since, and whether it still answers."""
    before, rested = node.status(), node.resident_bytes()
    peak, stop = [rested], threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK):
            peak.append(node.resident_bytes())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    begin = time.perf_counter()
    try:
        told = case.act()
    except (OSError, EOFError) as error:
        told = f"connection lost ({type(error).__name__})"
    after = node.wait_until_done(PATIENCE)
    seconds = time.perf_counter() - begin
    stop.set()
    looking.join()
    counted = _grown(before, after)
    alive = node.alive and echo(node.peer)
    noted = [one["reason"] for one in after["refusals"] if one not in before["refusals"]]
    right = not case.outcome or counted.get(case.outcome) == 1
    return {
        "case": case.name,
        "told": told,
        "counted": counted,
        "refusals": sorted(set(noted)),
        "answers_echo": alive,
        "memory_before_mb": round(rested / 1e6),
        "memory_peak_mb": round(max(peak) / 1e6),
        "seconds": round(seconds, 1),
        "as_expected": alive and right and (not case.told or any(text in told for text in case.told)),
    }


def _full_disk(folder: Path, seed: int) -> list[dict[str, Any]]:
    """A disk that is full and then is not; without the right to mount one, a reserve that no disk has."""
    films = [one.file for one in make_objects(folder / "more", 3, seed + 1)]
    with hostile.small_disk(folder / "disk") as mounted:
        options = ["--reserve", "0" if mounted else str(2**60)]
        with Node(folder / "disk" / "spool", options=options, log=folder / "full.log") as node:

            def one(name: str, number: int, told: str, outcome: str = "") -> dict[str, Any]:
                return _row(node, Case(name, lambda: _told(send([films[number]], node.peer)[0]), (told,), outcome))

            if not mounted:
                return [one("less free than the reserve", 0, "0xA7")]
            rows = [one("a film on a small disk", 0, TAKEN, "scored")]
            ballast = hostile.fill(folder / "disk", but=16_000)
            rows.append(one("a full disk", 1, "0xA7"))
            ballast.unlink()
            rows.append(one("the same film when the disk has room again", 1, TAKEN, "scored"))
    return rows


def _told(one: int | str) -> str:
    return f"status 0x{one:04X}" if isinstance(one, int) else one


def _grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """Counts that changed, without their group's name."""
    return {
        name: after[group][name] - before[group].get(name, 0)
        for group in ("received", "outcomes", "reasons")
        for name in after[group]
        if after[group][name] != before[group].get(name, 0)
    }


def table(result: dict[str, Any]) -> str:
    """A line for each case."""
    lines = []
    for row in result["cases"]:
        counted = ", ".join(f"{count:+d} {name}" for name, count in row["counted"].items()) or "nothing"
        mark = "" if row["as_expected"] else "  ← NOT AS EXPECTED"
        lines.append(f"{row['case']}: {row['told']}{mark}")
        lines.append(
            f"    node counts {counted}; notes {', '.join(row['refusals']) or 'no refusal'}; memory "
            f"{row['memory_before_mb']} → at most {row['memory_peak_mb']} MB; {row['seconds']} s; "
            f"{'answers' if row['answers_echo'] else 'DOES NOT ANSWER'} C-ECHO"
        )
    return "\n".join((*lines, "passed" if result["passed"] else "FAILED"))
