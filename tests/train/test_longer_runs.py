"""Runs that take the place of shorter ones in the record of the reference models."""

import pytest

pytest.importorskip("sklearn")
from cxr_edge_train.reference.collect import SUMMARY, merged


def a_run(model, epochs, accuracy, seed=42, protocol="pooled"):
    figure = {"value": accuracy, "low": accuracy - 0.01, "high": accuracy + 0.01}
    metrics = {part: dict.fromkeys(SUMMARY, figure) for part in ("validation", "test")}
    return {
        "model": model, "protocol": protocol, "seed": seed, "epochs_run": epochs, "epochs_published": 30,
        "augmentation": "none", "math": "STRICT", "against_published": {}, "metrics": metrics,
    }  # fmt: skip


def test_longer_runs_take_the_place_of_shorter_ones_whose_figures_are_kept():
    known = {
        "models": [a_run("a1_baseline", 10, 0.9), a_run("a2_three_block", 5, 0.8)],
        "other_seeds": [],
        "earlier_runs": [],
        "faults": {"a": 1},
    }
    found = {"models": [a_run("a2_three_block", 30, 0.95)], "other_seeds": [], "first_epochs": [], "faults": {}}
    record = merged(known, found)
    assert [(m["model"], m["epochs_run"]) for m in record["models"]] == [("a1_baseline", 10), ("a2_three_block", 30)]
    (earlier,) = record["earlier_runs"]
    assert (earlier["model"], earlier["epochs_run"], earlier["metrics"]["test"]["auc"]["value"]) == (
        "a2_three_block", 5, 0.8,
    )  # fmt: skip
    assert record["faults"] == {"a": 1}
    again = merged(record, found)
    assert again == record  # the same runs once more change nothing
