"""How fast are the stages and the others, and how far is it from the limit?"""

from __future__ import annotations

from typing import Any

import numpy as np

from cxr_edge_bench.report.charts import charts
from cxr_edge_bench.report.figures import times
from cxr_edge_bench.report.first_screen.speed import END_TO_END, is_ours, limit_of, ratios
from cxr_edge_bench.report.sections.same_and_good import whole_film
from cxr_edge_bench.report.sections.section import Section, Table

NAMES = {"infer": "network", "preprocess": "resize, window"}


def stages(rows: list[dict[str, Any]]) -> Section:
    """Each stage by itself, the models side by side."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    whole = {row["model"]: row["median"] for row in rows if whole_film(row)}
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        share = f"{row['median'] / whole[row['model']]:.2f} × · " if row["model"] in whole else ""
        cell = f"{share}{row['median']:.2f} ms ({row['p90']:.2f})"
        cells.setdefault(_title(row), {})[row["model"]] = cell
    table = Table(("stage", *models), [(title, *(row.get(m, "–") for m in models)) for title, row in cells.items()])
    drawn = [
        {**row, "title": f"{row['model']}, {NAMES.get(row['stage'], row['stage'])}"}
        for row in rows
        if row.get("size", "full-size") == "full-size" and row.get("threads", 1) == 1 and row.get("batch", 1) == 1
    ]
    text = (
        "Each stage by itself, another film each round, after warm-ups. First the ratio to a whole full-size film "
        "(about 1,400 × 1,000 pixels) on one thread, then the median and, in brackets, the 90th percentile."
    )
    return Section(
        "How fast is each stage?",
        text,
        [table],
        [charts.stages(sorted(drawn, key=lambda row: models.index(row["model"])))],
    )


def _title(row: dict[str, Any]) -> str:
    parts = [NAMES.get(row["stage"], row["stage"]), row.get("size", "")]
    parts += [f"{row['batch']} at a time"] if row.get("batch", 1) > 1 else []
    parts += [f"{row['threads']} threads"] if row.get("threads", 1) > 1 else []
    return ", ".join(part for part in parts if part)


def others(report: dict[str, Any], name: str) -> Section:
    """One model in every runtime that is installed."""
    found = report["peers"][name]
    peers, ratio = found["peers"], ratios(found["peers"])
    rows = [
        (peer, times(ratio[peer]) if not is_ours(peer) else "1", f"{row['median']:.2f} ms ({row['p90']:.2f})",
         str(row["films"]), row["settings"])
        for peer, row in peers.items()
    ]  # fmt: skip
    ours = {peer.startswith(END_TO_END): row["median"] for peer, row in peers.items() if is_ours(peer)}
    spread = {peer: np.array(row["milliseconds"]) / ours[peer.startswith(END_TO_END)] for peer, row in peers.items()}
    limits = {
        peer: limit
        for peer in peers
        if is_ours(peer) and (limit := limit_of(report, "end to end" if peer.startswith(END_TO_END) else "infer", name))
    }
    text = (
        f"The network of {name} on {found['films']}, one thread each, taking turns (weights: {found['weights']}). The "
        "ratio is a runtime's median time over that of cxr-edge for the same work, with its 95 % interval over the "
        "rounds: above 1, it is slower. “End to end” is from the bytes of a file. Keras' predict is slow for single "
        "films, so tf.function is the fair rival. In the chart, a box holds half of the films and whiskers 90 % of "
        "them; a red line is the shortest time that this processor allows."
    )
    if found.get("left_out"):
        text += f" Left out, since they are not installed: {', '.join(found['left_out'])}."
    head = ("runtime", "time, × cxr-edge", "median (p90)", "films", "settings")
    return Section(f"How fast are the others? {name}", text, [Table(head, rows)], [charts.peers(name, spread, limits)])


def limit(found: dict[str, Any]) -> Section:
    """Each stage beside what this processor could do."""
    rows = [
        (NAMES.get(stage, stage), f"{row['times_above']:.1f} ×" if row["times_above"] else "–",
         f"{row['milliseconds']:.2f} ms", f"{row['limit']:.2f} ms" if row["limit"] else "–")
        for stage, row in found["stages"].items()
    ]  # fmt: skip
    rates, work = found["multiply_adds_per_second"], found["multiply_adds"]
    text = (
        f"{found['model']}. The limit of decoding is the JPEG decoder alone. That of the network is its "
        f"{work['int8'] / 1e6:.1f} million int8 and {work['float32'] / 1e6:.1f} million float32 multiply-adds at the "
        f"highest rate that ONNX Runtime reaches here in one large matrix product ({rates['int8'] / 1e9:.0f} and "
        f"{rates['float32'] / 1e9:.0f} billion a second). That of a whole film is both together."
    )
    return Section("How far from the limit?", text, [Table(("stage", "above the limit", "median", "limit"), rows)])


def instructions(found: dict[str, Any]) -> Section | None:
    """Instructions of each stage of one film, by model; None if `found` has no such counts.

    Args:
        found: ``{"models": {NAME: {STAGE: count, …}}}``; what else it holds is passed over.
    """
    models = {
        name: {stage: count for stage, count in row.items() if isinstance(count, int | float)}
        for name, row in (found.get("models") or {}).items()
    }
    names = list(dict.fromkeys(stage for counts in models.values() for stage in counts))
    if not names:
        return None
    rows = [
        (stage, *(f"{counts[stage] / 1e6:.2f}" if stage in counts else "–" for counts in models.values()))
        for stage in names
    ]
    text = "Millions a film as last recorded, by valgrind's callgrind: as many on a busy computer as on an idle one."
    return Section("How many instructions?", text, [Table(("stage", *models), rows)])
