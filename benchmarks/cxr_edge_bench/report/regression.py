"""Is this version worse than another? Two reports compared.

Parity must pass, always. Latency is compared as the ratio to the ``tf.function`` of the same run, end to end: a
computer that is busier or slower slows both.
"""

from __future__ import annotations

from typing import Any

TOLERANCE = 0.25
"""How much of that ratio may be lost. Repeated runs on one busy computer differ by up to 15 %."""


def advantage(report: dict[str, Any]) -> dict[str, float]:
    """Per model: time of TensorFlow's ``tf.function`` over ours, end to end."""
    return {name: found["peers"]["end to end: tf.function"]["ratio"] for name, found in report.get("peers", {}).items()}


def regressions(report: dict[str, Any], baseline: dict[str, Any] | None) -> list[str]:
    """What must stop a release, in words: failed gates of `report`, and what it lost against `baseline`."""
    failures = [
        f"{name}, {part}: {failure}"
        for name, model in report.get("parity", {}).get("models", {}).items()
        for part, row in model["parts"].items()
        for failure in row["failures"]
    ]
    failures += [
        f"{name} on {cpu}: {row['decisions_changed']} decisions changed"
        for name, model in (report.get("other_cpus") or {}).items()
        for cpu, row in model["cpus"].items()
        if row.get("decisions_changed")
    ]
    if baseline is None:
        return failures
    before = advantage(baseline)
    for name, now in advantage(report).items():
        if name in before and now < before[name] * (1 - TOLERANCE):
            failures.append(
                f"{name}: {now:.2f} times as fast as TensorFlow end to end, where the baseline was {before[name]:.2f} "
                f"(tolerance {TOLERANCE:.0%})"
            )
    return failures
