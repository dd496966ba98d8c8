"""Figures between markers are those of the records, and a stale or wrong page is named."""

import re

import pytest

from cxr_edge_tools.figure_tables import RESULTS, record
from cxr_edge_tools.written_figures import FIGURES, WrongMarker, filled, main, pages

WITH_PATH = {"number", "interval", "percent", "complement"}
TABLES = [name for name in FIGURES if name not in WITH_PATH and "\n" in FIGURES[name]()]
AUC = "default/evidence/test/metrics/auc"


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_a_row_per_line_and_equal_columns(name):
    head, rule, *rows = FIGURES[name]().splitlines()
    assert rows
    assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}


def test_figures_are_those_of_the_records():
    auc = record("default", "evidence")["test"]["metrics"]["auc"]
    text = f"{auc['value']:.3f} ({auc['low']:.3f}–{auc['high']:.3f})"
    assert FIGURES["interval"](AUC) == text
    assert f"| AUC | {text} |" in FIGURES["test-table"]()
    assert FIGURES["number"]("default/evidence/test/metrics/films") == "624"
    assert record("all", "reference_models") == record(".", "reference_models")
    assert (RESULTS / "reference_models.json").is_file()


def test_a_single_figure_stays_in_its_line_and_filling_twice_changes_nothing():
    page = (
        f"The AUC is <!-- figures: number {AUC} | 2 --><!-- end -->.\n\n<!-- figures: sizes -->\nstale\n<!-- end -->\n"
    )
    new = filled(page)
    assert re.search(r"The AUC is <!-- .* -->0\.\d\d<!-- end -->\.", new)
    assert "stale" not in new
    assert "-->\n|" in new
    assert filled(new) == new


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<!-- figures: nothing --><!-- end -->", "expected one of"),
        ("<!-- figures: sizes -->\n", "without an end"),
        ("<!-- figures: sizes -->\n<!-- figures: folds -->\n<!-- end -->", "without an end"),
        ("<!-- figures: number default/evidence/test/guess --><!-- end -->", "expected guess"),
        ("<!-- figures: number --><!-- end -->", "path"),
        ("<!-- figures: number nobody/evidence --><!-- end -->", "nobody"),
    ],
)
def test_a_wrong_marker_is_told(text, why):
    with pytest.raises(WrongMarker, match=why):
        filled(text)


def test_check_names_a_stale_page_and_writes_nothing(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("<!-- figures: sizes -->\n<!-- end -->\n")
    assert main(["--check", str(page)]) == 1
    assert str(page) in capsys.readouterr().out
    assert main([str(page)]) == 0
    assert main(["--check", str(page)]) == 0
    page.write_text("<!-- figures: sizes -->")
    assert main(["--check", str(page)]) == 2


def test_the_figures_of_every_page_are_current():
    stale = [
        page.name for page in pages() if filled(page.read_text(encoding="utf-8")) != page.read_text(encoding="utf-8")
    ]
    assert stale == [], "python -m cxr_edge_tools.written_figures"
