"""The answers of the first screen: is it the same classifier, how good is it, for whom not, what was measured when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxr_edge.calibration.intervals import Estimate
from cxr_edge_bench.report.figures import count, estimate, shown, times
from cxr_edge_bench.report.first_screen.load import load, spoiled
from cxr_edge_bench.report.first_screen.speed import Bars, bars, compared
from cxr_edge_bench.report.measurements import FULL, QUICK, errors

MEANING = {
    "auc": ("AUC", "1 perfect, 0.5 chance"),
    "sensitivity": ("sensitivity", "of the sick, referred"),
    "specificity": ("specificity", "of the healthy, not referred"),
}


@dataclass(frozen=True)
class Verdict:
    """A word that answers a question, and what it rests on.

    Attributes:
        state: ``pass``, ``fail`` or ``unknown``.
        word: the answer.
        text: what it rests on.
        more: what a small screen may leave out.
    """

    state: str
    word: str
    text: str
    more: str = ""


@dataclass(frozen=True)
class FirstScreen:
    """Everything on it, as text and figures.

    Attributes:
        title: of the report.
        subject: what was measured, for who has never heard of it.
        run: quick or full, and what that means.
        problems: failed checks, steps that failed: what must be read first.
        same: does the model answer as the network that it was made from?
        fast, speed: how fast it is in a word, and the charts.
        good: name, meaning and figure.
        films: which films `good` is from.
        not_for: sentences.
        made: what was measured, where and when, by name.
    """

    title: str
    subject: str
    run: str
    problems: tuple[str, ...]
    same: Verdict
    fast: Verdict
    speed: tuple[Bars, ...]
    good: tuple[tuple[str, str, Estimate], ...]
    films: str
    not_for: tuple[str, ...]
    made: dict[str, str]


SUBJECT = "cxr-edge tells, offline, whether a child's chest X-ray looks like pneumonia."


def first_screen(report: dict[str, Any]) -> FirstScreen:
    """Made from the report alone; what it does not have is said to be missing."""
    about = report.get("default") or {}
    name = about.get("name") or next(iter(report.get("models") or report.get("peers") or {"": 0}))
    drawn, figures = bars(report, name), _metrics(report, name)
    problems = [f"Check failed: {failure}." for failure in report.get("failures") or []]
    problems += [f"Not measured: {step}, since it failed (reason below)." for step in errors(report)]
    if spoiled(report):
        problems.append("Other programs kept this computer too busy for its times to mean anything. Measure again.")
    run = f"Full run, {FULL} rounds of each timing."
    if report["quick"]:
        run = f"Quick run, {QUICK} rounds of each timing: not to quote."
    return FirstScreen(
        title=f"cxr-edge {report['version']}: benchmark report",
        subject=SUBJECT,
        run=run,
        problems=tuple(problems),
        same=_same(report, about, name),
        fast=_fast(drawn),
        speed=drawn,
        good=tuple((*MEANING[key], estimate(figures[key])) for key in MEANING) if figures else (),
        films=_films(report, figures, name),
        not_for=tuple(_not_for(about)),
        made=_made(report, about, name),
    )


def _metrics(report: dict[str, Any], name: str) -> dict[str, Any] | None:
    found = report.get("metrics", {}).get(name) or (report.get("default") or {}).get("metrics")
    return dict(found) if found else None


def _same(report: dict[str, Any], about: dict[str, Any], name: str) -> Verdict:
    models = (report.get("parity") or {}).get("models")
    if not models:
        return Verdict("unknown", "Not measured", "The model was not compared with the network that it was made from.")
    failed = [
        f"{model}: {reason}" for model, m in models.items() for row in m["parts"].values() for reason in row["failures"]
    ]
    if failed:
        return Verdict("fail", "No", f"Do not use this version. {'; '.join(dict.fromkeys(failed))}.")
    parts = models.get(name, next(iter(models.values())))["parts"]
    row, drawn = parts.get("test") or about.get("parity"), parts.get("phantoms")
    text = _differences(row, report["parity"]["gate"]["share_changed"]) if row else ""
    if drawn:
        text = f"Measured at release: {text}" if row else ""
        text += f" Here, {count(drawn['films'], 'drawn film')} gave the recorded answers."
    others = [model for model in models if model != name]
    more = f"{' and '.join(others)} {'passes' if len(others) == 1 else 'pass'} too." if others else ""
    return Verdict("pass", "Yes", text.strip(), more)


def _differences(row: dict[str, Any], share_allowed: float) -> str:
    return (
        f"On {row['decisions_changed']} of {row['films']} test films it decides otherwise than the TensorFlow network "
        f"that it was made from ({int(share_allowed * row['films'])} are allowed). The AUC differs by "
        f"{shown(estimate(row['auc_difference']), 4, signed=True)}."
    )


def _fast(drawn: tuple[Bars, ...]) -> Verdict:
    """How much faster than TensorFlow for a whole film, and how the network alone compares."""
    if not drawn:
        return Verdict("unknown", "Not measured", "It was not timed beside other programs.")
    whole, network = drawn
    text = f"a film takes {whole.milliseconds:.1f} ms"
    if whole.limit:
        text += f", {1 / whole.limit:.1f} × the shortest time that this processor allows"
    rival = whole.rows[1].ratio
    word = f"{times(rival)} as fast as TensorFlow" if rival else "Not compared with TensorFlow"
    said = [f"{row.name} {compared(row)}" for row in network.rows if not row.ours]
    return Verdict("pass", word, f"{text}.", f"For the network alone: {', '.join(said)}.")


def _films(report: dict[str, Any], figures: dict[str, Any] | None, name: str) -> str:
    if not figures:
        return "Not measured: there were no test films."
    where = "measured here" if name in report.get("metrics", {}) else "measured at release; there are no films here"
    return f"{figures['films']} test films of children of one hospital, {where}."


def _not_for(about: dict[str, Any]) -> list[str]:
    found = [f"Intended use: {about['intended_use']}"] if about.get("intended_use") else []
    found.append("Nobody has tested it on children of other hospitals.")
    others = [
        f"{shown(estimate(row['specificity']))} ({name})" for name, row in (about.get("other_hospitals") or {}).items()
    ]
    if others:
        found.append(f"In other hospitals, mostly on adults, specificity fell to {' and '.join(others)}.")
    return found


def _made(report: dict[str, Any], about: dict[str, Any], name: str) -> dict[str, str]:
    machine, runs = report["machine"], report.get("runs") or []
    commits = dict.fromkeys(
        f"{(run['commit'] or 'not known')[:10]}{' with uncommitted changes' if run['uncommitted'] else ''}"
        for run in runs
    )
    dates = dict.fromkeys(f"{datetime.fromisoformat(run['started']):%Y-%m-%d %H:%M} UTC" for run in runs)
    return {
        "model": f"{name}, version {about['version']}, the default" if about else name,
        "commit": ", ".join(commits) or "not recorded",
        "date": ", ".join(dates) or "not recorded",
        "computer": f"{machine['cpu']}, {count(machine['cores'], 'core')}",
        "load": load(report),
        "timed on": report["films"],
    }
