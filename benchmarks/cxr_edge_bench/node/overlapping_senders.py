"""Several senders at once that send every film one to three times and never give up, as a clinic's machines do."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cxr_edge_bench.node.counterparts.senders import SUCCESS, Peer, send
from cxr_edge_bench.node.objects.dicom_objects import FilmObject
from cxr_edge_bench.node.objects.odd_objects import re_encoded
from cxr_edge_bench.node.objects.transfer_syntaxes import SYNTAXES

MOST_AT_ONCE = 5
"""Files of one association."""
_PAUSE = (0.1, 0.8)
"""Seconds before what failed is sent again."""
_RE_ENCODED = 0.4
"""Share of the second and third sends that have another transfer syntax under the same UID."""


def sends_of(made: Sequence[FilmObject], folder: Path, pick: random.Random) -> list[tuple[str, Path]]:
    """UID and file of every send, in random order; re-encoded files are written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    lossless = [name for name, syntax in SYNTAXES.items() if syntax.lossless]
    sends = []
    for film in made:
        sends.append((film.uid, film.file))
        for _ in range(pick.randint(0, 2)):
            file = film.file
            if pick.random() < _RE_ENCODED:
                other = pick.choice([name for name in lossless if name != film.syntax])
                file = folder / f"{film.file.stem}_{other.replace(' ', '_')}.dcm"
                re_encoded(film.file, file, other)
            sends.append((film.uid, file))
    pick.shuffle(sends)
    return sends


@dataclass
class Record:
    """What the senders heard.

    Attributes:
        accepted: UIDs that were answered with success.
        told: how often each status or failure was heard.
        files: distinct ones that were answered with success.
        unsent: files that nobody took until the end.
    """

    accepted: set[str] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)
    files: set[Path] = field(default_factory=set)
    unsent: list[Path] = field(default_factory=list)


class Senders:
    """Threads that share the sends; they may send as many of these as `allow` says, so that all the time has some.

    Args:
        sends: of `sends_of`.
        peer: who receives.
        count: of the senders.
        seed: of their pauses.
    """

    def __init__(self, sends: Sequence[tuple[str, Path]], peer: Peer, count: int, seed: int) -> None:
        self.record = Record()
        self._peer, self._total = peer, len(sends)
        self._allowed, self._ended = 0.0, False
        self._condition = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, args=(number, sends[number::count], seed + number), daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Begin; nothing is sent before `allow`."""
        for thread in self._threads:
            thread.start()

    def allow(self, share: float) -> None:
        """Let each sender send that share of its files, from 0 to 1."""
        with self._condition:
            self._allowed = share
            self._condition.notify_all()

    def finish(self, seconds: float) -> bool:
        """Let all be sent; whether it was, in so many seconds. Whoever is late is told to end."""
        self.allow(1.0)
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        done = not any(thread.is_alive() for thread in self._threads)
        self._ended = True
        for thread in self._threads:
            thread.join(120)
        return done

    def _run(self, number: int, sends: Sequence[tuple[str, Path]], seed: int) -> None:
        pick, at = random.Random(seed), 0
        while at < len(sends):
            with self._condition:
                while self._allowed * len(sends) <= at and not self._ended:
                    self._condition.wait(1)
                here = sends[at : min(at + pick.randint(1, MOST_AT_ONCE), max(at + 1, int(self._allowed * len(sends))))]
            at += len(here)
            self._until_taken(list(here), f"SENDER{number}", pick)

    def _until_taken(self, left: list[tuple[str, Path]], calling: str, pick: random.Random) -> None:
        while left:
            if self._ended:
                self.record.unsent += [file for _, file in left]
                return
            told = send([file for _, file in left], self._peer, calling)
            with self._condition:
                for (uid, file), one in zip(left, told, strict=True):
                    self.record.told[f"0x{one:04X}" if isinstance(one, int) else one] += 1
                    if one == SUCCESS:
                        self.record.accepted.add(uid)
                        self.record.files.add(file)
            left = [send for send, one in zip(left, told, strict=True) if one != SUCCESS]
            if left:
                time.sleep(pick.uniform(*_PAUSE))
