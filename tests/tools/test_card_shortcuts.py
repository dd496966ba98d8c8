"""What a card says of shortcuts, from records of every age."""

import pytest

pytest.importorskip("tqdm")
from cxr_edge_tools.card_shortcuts import limits, shortcuts


def estimate(value):
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


def change(auc):
    names = ("auc", "auc_change", "decisions_changed", "sensitivity", "specificity", "flagged")
    return {name: estimate(auc if name == "auc" else 0.5) for name in names}


AUDIT = {
    "changes": {"as it is": change(0.99), "lungs covered (drawn masks)": change(0.61)},
    "file_facts": estimate(0.86),
    "heat in the drawn lungs": estimate(0.71) | {"if everywhere alike": estimate(0.34), "films": 400},
    "heatmap_inside": estimate(0.9) | {"if everywhere alike": 0.7056},
}
SHARES = {"NORMAL": estimate(0.05), "PNEUMONIA": estimate(0.08), "sick minus healthy": estimate(0.03)}
DIFFERENCES = {name: {"difference": estimate(0.123)} for name in ("auc", "sensitivity", "specificity")}
EVIDENCE = {
    "AP against PA, healthy films": {"external_nih": {"AP": 18, "PA": 58, "auc": estimate(0.88)}},
    "quality gate": {
        "flagged by other codes than adult": {"test": SHARES},
        "review or retake": {"test": SHARES},
        "called adult": {
            "external_nih, adults": {"films": 192, "called adult": estimate(0.91)},
            "test": {"films": 624, "called adult": estimate(0.004)},
        },
    },
    "pointing": {
        "external_nih": {"referred": 110, "peak in a box": estimate(0.57), "share of heat in boxes": estimate(0.31),
                         "chance": estimate(0.12)},
    },
    "against": {"model": {"name": "older", "version": "2"}, "test": {"films": 624, **DIFFERENCES}},
}  # fmt: skip


def test_every_figure_is_there_in_the_order_of_the_audit():
    text = shortcuts({"audit": AUDIT, "evidence": EVIDENCE})
    wanted = (
        "| as it is | 0.990", "| lungs covered (drawn masks) | 0.610", "AUC 0.860", "71.0 % [70.0, 72.0] lies within",
        "the 400 referred films", "0.900 lies within the inner 0.706", "| external_nih | 110 | 57.0 %", "12.0 %",
        "AUC of 0.880 [0.870, 0.890] in external_nih (18 and 58 films)", "| test | 5.0 %", "3.0 % [2.0, 4.0]",
        "8.0 % [7.0, 9.0] of the sick", "Minus older, version 2", "| test | 624 | 0.123",
    )  # fmt: skip
    places = [text.find(part) for part in wanted]
    assert -1 not in places, wanted[places.index(-1)]
    assert places == sorted(places)


def test_limits_tell_how_many_adults_are_noticed():
    text = limits({"audit": AUDIT, "evidence": EVIDENCE})
    assert "91.0 % [90.0, 92.0] (external_nih, adults)" in text
    assert "test films 0.4 %" in text
    assert "with the lungs covered the AUC is 0.610 [0.600, 0.620]" in text
    older = limits({"audit": {"changes": {"lungs covered": change(0.94)}}, "evidence": {}})
    assert "Adults are not noticed" in older
    assert "0.940" in older


def test_a_record_without_the_newer_parts_still_gives_a_card():
    text = shortcuts({"audit": {"changes": {"as it is": change(0.98)}}, "evidence": {"pointing": {}}})
    assert text.count("\n\n") == 1  # heading and table
    assert shortcuts({}) == ""
    assert "lungs covered" not in limits({})
