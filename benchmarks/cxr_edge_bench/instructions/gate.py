"""Two counts of instructions compared: did any stage become dearer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.03
"""How much more a stage may take. Unchanged code differs by far less: ``results/instructions_repeated.json``."""
ACCEPT = "python -m cxr_edge_bench.instructions --accept"
LIBRARIES = {
    "decode": ("pillow",),
    "resize": ("pillow", "numpy"),
    "window": ("numpy",),
    "network": ("onnxruntime",),
    "the rest": ("pillow", "numpy", "python"),
    "film to decision": ("pillow", "numpy", "onnxruntime"),
}
"""Without the same versions of these, a stage is not compared."""
APART = {"python": "of_python", "libc": "of_libc"}
"""Counted apart: if one of them is another, what both spend themselves is left out, and stages are compared all the
same. CPython 3.12 then gives the counts of 3.11 to 0.5 %. Only "the rest" is mostly Python."""


@dataclass(frozen=True)
class Verdict:
    """What a comparison found.

    Attributes:
        failures: what must not pass, a sentence each; empty if nothing.
        remarks: what else a reader must know: what could not be compared, and what became cheaper.
        compared: how many counts were held against the baseline.
    """

    failures: tuple[str, ...]
    remarks: tuple[str, ...]
    compared: int


def compare(now: dict[str, Any], before: dict[str, Any]) -> Verdict:
    """Hold a count of `count.count` against an older one, the baseline."""
    if now["instruction_sets"] != before["instruction_sets"]:
        here, there = (" ".join(found["instruction_sets"]) for found in (now, before))
        remark = f"nothing was compared: valgrind shows a processor with {here}; that of the baseline had {there}"
        return Verdict((), (remark,), 0)
    other = _other_versions(now, before)
    failures: list[str] = []
    remarks = [f"{other[name]}: instructions of Python and libc are left out" for name in APART if name in other]
    compared = 0
    for model, stage, film in _keys(now):
        what, key = f"{stage} of {model}, {film}", f"{stage}, {film}"
        if key not in before["models"].get(model, {}):
            failures.append(f"{what}: the baseline has no count of it. Add it: {ACCEPT}")
            continue
        hindered = [other[name] for name in LIBRARIES[stage] if name in other]
        if stage != "network" and now["films"][film] != before["films"][film]:
            hindered.append(f"the {film} is another file than that of the baseline")
        if hindered:
            remarks.append(f"{stage} was not compared: {'; '.join(hindered)}")
            continue
        compared += 1
        old, new = (_instructions(found, model, key, other) for found in (before, now))
        change = f"{what}: {old:,} instructions a film before, {new:,} now, {new / old - 1:+.1%}"
        if new > old * (1 + TOLERANCE):
            also = "" if _same_file(now, before, model) else "; the model file is another as well"
            failures.append(f"{change}, where +{TOLERANCE:.0%} is allowed{also}. If it is worth that: {ACCEPT}")
        elif new < old * (1 - TOLERANCE):
            remarks.append(f"{change}. To keep the gain: {ACCEPT}")
    return Verdict(tuple(failures), tuple(dict.fromkeys(remarks)), compared)


def _other_versions(now: dict[str, Any], before: dict[str, Any]) -> dict[str, str]:
    """By library with another version, in words. Another valgrind matters only by the instruction sets it shows."""
    return {
        name: f"{name} is {now['versions'][name]} here and {version} in the baseline"
        for name, version in before["versions"].items()
        if name != "valgrind" and now["versions"][name] != version
    }


def _keys(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Model, stage and film of every number."""
    for model, counts in found["models"].items():
        for key in counts:
            stage, film = key.split(", ", 1)
            yield model, stage, film


def _instructions(found: dict[str, Any], model: str, key: str, other: dict[str, str]) -> int:
    apart = sum(found[of][model][key] for of in APART.values()) if other.keys() & APART.keys() else 0
    return int(found["models"][model][key] - apart)


def _same_file(now: dict[str, Any], before: dict[str, Any], model: str) -> bool:
    return bool(now["model_files"][model] == before["model_files"].get(model))
