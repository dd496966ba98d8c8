"""How fast the default model is here beside TensorFlow, LiteRT and OpenVINO, as ratios with intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_edge.calibration.intervals import Estimate

END_TO_END = "end to end: "
"""How the names of ways from file bytes to the answer begin; the others are given pixels."""
RIVALS = {
    "TensorFlow": ("tf.function",),
    "LiteRT": ("LiteRT int8", "LiteRT fp32"),
    "OpenVINO": ("OpenVINO int8", "OpenVINO default", "OpenVINO float32"),
}
"""By rival, its settings in `cxr_edge_bench.suites.peer_runtimes`. Keras' ``predict`` is none: it is slow by itself."""
PACKAGES = {"ai_edge_litert": "LiteRT", "openvino": "OpenVINO", "nncf": "OpenVINO"}
"""By package that is not installed, the rival that it leaves out; OpenVINO's int8 needs nncf."""
FEWEST = 10
"""Rounds that an interval needs."""


@dataclass(frozen=True)
class Bar:
    """One row of the chart.

    Attributes:
        name: whose time.
        ratio: of its median time to that of cxr-edge; None if it was not measured.
        note: why not, or with which setting.
        ours: is cxr-edge.
    """

    name: str
    ratio: Estimate | None
    note: str = ""
    ours: bool = False


@dataclass(frozen=True)
class Bars:
    """What was timed, with its rows, cxr-edge first.

    Attributes:
        title: what was timed.
        limit: the shortest time that this processor allows, as a ratio to cxr-edge; None if it was not measured.
        milliseconds, p90: of cxr-edge: median and 90th percentile.
    """

    title: str
    rows: tuple[Bar, ...]
    limit: float | None
    milliseconds: float
    p90: float

    @property
    def longest(self) -> float:
        """The largest ratio that is drawn."""
        drawn = [row.ratio for row in self.rows if row.ratio]
        return max(1.0, self.limit or 0.0, *(float(np.nanmax([e.value, e.high])) for e in drawn))


def is_ours(peer: str) -> bool:
    """Whether a row of ``peers`` is this package."""
    return peer.removeprefix(END_TO_END).startswith("cxr-edge")


def ratio_interval(ours: list[float], theirs: list[float]) -> Estimate:
    """Median of `theirs` over that of `ours` with a 95 % interval: percentiles of 1,000 bootstrap samples of rounds.

    Two that ran in the same rounds on the same films are resampled together. With fewer than `FEWEST` rounds there is
    no interval: it is not a number.
    """
    a, b = np.array(ours), np.array(theirs)
    value = float(np.median(b) / np.median(a))
    if min(len(a), len(b)) < FEWEST:
        return Estimate(value, np.nan, np.nan)
    rng = np.random.default_rng(0)
    rounds = rng.integers(0, len(a), (1000, len(a)))
    others = rounds if len(a) == len(b) else rng.integers(0, len(b), (1000, len(b)))
    low, high = np.quantile(np.median(b[others], axis=1) / np.median(a[rounds], axis=1), (0.025, 0.975))
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def ratios(peers: dict[str, Any]) -> dict[str, Estimate]:
    """Per peer: its time over that of cxr-edge for the same work; of cxr-edge itself exactly 1."""
    ours = {name.startswith(END_TO_END): row for name, row in peers.items() if is_ours(name)}
    return {
        name: Estimate(1.0, 1.0, 1.0)
        if is_ours(name)
        else ratio_interval(ours[name.startswith(END_TO_END)]["milliseconds"], row["milliseconds"])
        for name, row in peers.items()
    }


def limit_of(report: dict[str, Any], stage: str, model: str) -> float | None:
    """Limit over measured time of a stage of `model`, both of the same run; None if they were not measured."""
    limit = report.get("limit") or {}
    above = limit.get("stages", {}).get(stage, {}).get("times_above") if limit.get("model") == model else None
    return 1 / above if above else None


def bars(report: dict[str, Any], model: str) -> tuple[Bars, ...]:
    """The whole way and the network alone; empty if `model` was not timed beside its peers."""
    found = report.get("peers", {}).get(model)
    if not found:
        return ()
    peers, absent = found["peers"], {PACKAGES[name] for name in found.get("left_out") or [] if name in PACKAGES}
    ratio = ratios(peers)
    groups = (
        ("A whole film, from file to decision", END_TO_END, "end to end", ("TensorFlow",)),
        ("The network alone", "", "infer", tuple(RIVALS)),
    )
    made = []
    for title, start, stage, rivals in groups:
        own = next((row for name, row in peers.items() if is_ours(name) and name.startswith(END_TO_END) == bool(start)))
        rows = [Bar("cxr-edge", Estimate(1.0, 1.0, 1.0), ours=True)]
        rows += [_fastest(rival, [start + name for name in RIVALS[rival]], ratio, rival in absent) for rival in rivals]
        made.append(Bars(title, tuple(rows), limit_of(report, stage, model), own["median"], own["p90"]))
    return tuple(made)


def _fastest(rival: str, names: Iterable[str], ratio: dict[str, Estimate], absent: bool) -> Bar:
    timed = [name for name in names if name in ratio]
    if not timed:
        return Bar(rival, None, "not installed here" if absent else "not measured")
    best = min(timed, key=lambda name: ratio[name].value)
    return Bar(rival, ratio[best], best.removeprefix(END_TO_END).removeprefix(rival).strip())


def compared(row: Bar) -> str:
    """Whether a rival takes more or less time than cxr-edge, as far as the interval tells."""
    if row.ratio is None:
        return row.note
    if row.ratio.low > 1:
        return "slower"
    return "faster" if row.ratio.high < 1 else "about as fast"
