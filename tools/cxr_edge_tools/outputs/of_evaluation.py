"""Outputs of the commands for people who make models, without training one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cxr_edge_tools.outputs.workshop import Workshop

_CSV = ("history", "manifest", "predictions")
_JSON = {"recipe": "recipe", "operating_point": "operating-point", "metrics": "metrics"}
_FEW, _ROWS = 3, 4
_FOLDS, _EVERY = 2, 12


def make(shop: Workshop, run: Path) -> None:
    """Write them all.

    Args:
        shop: with the packages of the extra train, but for TensorFlow.
        run: the folder of a finished training run, with the ``parity.json`` of its export in it.
    """
    films, few = "clinic", _few_films(shop)
    shop.keep("evaluate--films.json", shop.cxr_edge("evaluate", films, "--format", "json"))
    scores = shop.cxr_edge("predict", films, "--format", "json")
    (shop.work / "scores.json").write_text(scores, encoding="utf-8")
    shop.keep("evaluate--scores.json", shop.cxr_edge("evaluate", "scores.json", "--format", "json"))
    audit = ("evaluate", few, "--audit", "--facts", films, "--full-size", few, "--format", "json")
    shop.keep("evaluate-audit--all.json", shop.cxr_edge(*audit))
    _of_run(shop, run)
    shop.keep("pool--folds.json", shop.cxr_edge("pool", *_folds(shop, run)))


def _few_films(shop: Workshop) -> str:
    for label in ("NORMAL", "PNEUMONIA"):
        folder = shop.work / "few" / label
        folder.mkdir(parents=True)
        for film in sorted((shop.work / "clinic" / label).iterdir())[:_FEW]:
            shutil.copyfile(film, folder / film.name)
    return "few"


def _of_run(shop: Workshop, run: Path) -> None:
    for name in _CSV:
        rows = (run / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        shop.keep(f"run-{name}-csv--cut.csv", "".join(rows[: _ROWS + 1]))
    for file, name in _JSON.items():
        shop.keep(f"run-{name}--whole.json", (run / f"{file}.json").read_text(encoding="utf-8"))
    shop.keep("export-parity--whole.json", (run / "parity.json").read_text(encoding="utf-8"))


def _folds(shop: Workshop, run: Path) -> list[str]:
    """Copies of a run that say they are the folds of one, with few of its films."""
    header, *rows = (run / "predictions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    names = [f"fold{number}" for number in range(_FOLDS)]
    for number, name in enumerate(names):
        shutil.copytree(run, shop.work / name)
        (shop.work / name / "predictions.csv").write_text("".join([header, *rows[::_EVERY]]), encoding="utf-8")
        file = shop.work / name / "recipe.json"
        record = json.loads(file.read_text(encoding="utf-8"))
        record["run"]["recipe"] |= {"fold": number, "validation": 1 / _FOLDS}
        file.write_text(json.dumps(record), encoding="utf-8")
    return names
