"""What a reader must know stands on the first screen, of the page and of the Markdown, and fits on it."""

import math
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest

for package in ("onnx", "tf2onnx", "sklearn", "matplotlib", "jinja2"):
    pytest.importorskip(package)
from cxr_edge_bench.checkout import ROOT
from cxr_edge_bench.child_process import output_of
from cxr_edge_bench.report.circumstances import ProcessorTime, circumstances, cores_used_by_others, processor_time
from cxr_edge_bench.report.figures import estimate, shown, times
from cxr_edge_bench.report.first_screen.facts import first_screen
from cxr_edge_bench.report.first_screen.load import others_at_work
from cxr_edge_bench.report.first_screen.speed import ratio_interval
from cxr_edge_bench.report.markdown import markdown
from cxr_edge_bench.report.sections.all_sections import sections
from cxr_edge_bench.report.write_report import page

SCREENS = [(1366, 768), (1920, 1080), (390, 844)]


def first_screens(report):
    """Text of the page's first screen, and of the Markdown before its contents."""
    first = first_screen(report)
    (header,) = ElementTree.fromstring(page(first, [], {})).iter("header")
    yield " ".join(" ".join(header.itertext()).split())  # no-break spaces too
    yield markdown(first, [], {}).partition("**Contents**")[0].replace("\u00a0", " ")


def test_it_has_every_answer(with_films):
    name = next(iter(with_films["metrics"]))
    row, first = with_films["parity"]["models"][name]["parts"]["test"], first_screen(with_films)
    assert first.same.state == "pass"
    expected = [f"{row['decisions_changed']} of 300", shown(estimate(row["auc_difference"]), 4, signed=True)]
    expected += [shown(estimate(with_films["metrics"][name][key])) for key in ("auc", "sensitivity", "specificity")]
    expected += [times(bar.ratio) for group in first.speed for bar in group.rows if not bar.ours]
    expected += [with_films["default"]["intended_use"], "adults", "other hospitals"]
    expected += [shown(estimate(row["specificity"])) for row in with_films["default"]["other_hospitals"].values()]
    expected += ["0123456789", "uncommitted", "2026-11-28 07:00 UTC", "2 cores", "0.8 of 2 cores", "drawn phantoms"]
    for text in first_screens(with_films):
        for fact in expected:
            assert fact.replace("\u00a0", " ") in text
        assert "Quick run" in text
        assert text.count("medical device") == 1


def test_each_rival_is_shown_at_its_best_beside_the_limit(with_films):
    whole, network = first_screen(with_films).speed
    assert [(bar.name, bar.note) for bar in network.rows] == [
        ("cxr-edge", ""), ("TensorFlow", "tf.function"), ("LiteRT", "int8"), ("OpenVINO", "default"),
    ]  # fmt: skip
    assert [round(bar.ratio.value, 6) for bar in network.rows] == [1, 3, 0.5, 1]
    assert [round(bar.ratio.value, 6) for bar in whole.rows] == [1, 4]
    assert whole.limit == pytest.approx(1 / 3)
    assert network.limit == pytest.approx(1 / 4)
    del with_films["limit"]
    assert [group.limit for group in first_screen(with_films).speed] == [None, None]


def test_a_limit_of_another_model_is_not_drawn(with_films):
    with_films["limit"]["model"] = "another"
    assert [group.limit for group in first_screen(with_films).speed] == [None, None]


def test_missing_rivals_are_said(with_films):
    for found in with_films["peers"].values():
        found["left_out"] = ["ai_edge_litert", "nncf"]
        found["peers"] = {name: row for name, row in found["peers"].items() if name[:4] not in ("Lite", "Open")}
    for text in first_screens(with_films):
        for rival in ("LiteRT", "OpenVINO"):
            assert f"{rival} not installed" in text
    del with_films["peers"]
    for text in first_screens(with_films):
        assert "Not measured" in text


def test_a_failed_check_and_a_failed_step_come_first(with_films):
    name = next(iter(with_films["metrics"]))
    with_films["parity"]["models"][name]["parts"]["test"]["failures"] = ["the AUC fell"]
    with_films["failures"] = [f"{name}, test: the AUC fell", "slower than before"]
    with_films["steps"]["limit"] = {"seconds": 1.0, "error": "killed"}
    first = first_screen(with_films)
    assert (first.same.state, first.same.word) == ("fail", "No")
    for text in first_screens(with_films):
        for fact in ("the AUC fell", "slower than before", "Not measured: limit"):
            assert text.index(fact) < text.index("specificity")


def test_without_films_the_figures_of_the_release_are_shown_as_such(with_films):
    card, model = with_films["default"], with_films["parity"]["models"][with_films["default"]["name"]]
    drawn = {"films": 6, "decisions_changed": 0, "max_difference": 0, "mean_difference": 0, "failures": []}
    model["parts"], model["scatter"], with_films["metrics"] = {"phantoms": drawn}, {}, {}
    for text in first_screens(with_films):
        assert text.count("at release") == 2
        for fact in (shown(estimate(card["metrics"]["auc"])), f"of {card['parity']['films']}", "6 drawn films"):
            assert fact.replace("\u00a0", " ") in text


def test_the_interval_of_a_ratio_holds_it_and_needs_rounds():
    rng = np.random.default_rng(1)
    ours, theirs = rng.gamma(5, 1, 400), 2 * rng.gamma(5, 1, 400)
    few, many = ratio_interval(list(ours[:20]), list(theirs[:20])), ratio_interval(list(ours), list(theirs))
    assert many.low < 2 < many.high
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low
    together = ratio_interval(list(ours), list(2 * ours))  # the same films in the same rounds: no doubt
    assert (together.low, together.high) == pytest.approx((2, 2))
    assert math.isnan(ratio_interval(list(ours), list(theirs[:3])).low)


def test_the_load_is_that_of_others_while_times_were_taken(with_films):
    assert others_at_work(with_films) == pytest.approx((10 * 1.5 + 30 * 0.5) / 40)
    idle, busy = ProcessorTime(0.0, 100.0, 5.0), ProcessorTime(10.0, 118.0, 14.0)
    assert cores_used_by_others(idle, busy) == pytest.approx(0.9)
    assert cores_used_by_others(idle, ProcessorTime(10.0, 105.0, 14.0)) == 0  # clocks tick apart
    assert cores_used_by_others(idle, ProcessorTime(10.0, None, 14.0)) is None
    now = processor_time()
    assert now.ours > 0
    assert now.everybody is None or now.everybody >= now.ours * 0.5


@pytest.mark.parametrize(("cores", "problems"), [(0.1, 0), (0.6, 0), (1.6, 1)])
def test_a_computer_that_was_too_busy_is_a_problem_but_no_failed_check(with_films, cores, problems):
    for step in with_films["steps"].values():
        step["cores_used_by_others"] = cores
    assert len(first_screen(with_films).problems) == problems
    assert with_films["failures"] == []


def test_the_commit_is_that_of_the_checkout():
    found = circumstances()
    if not (ROOT / ".git").exists():
        assert found["commit"] is None
    else:
        assert found["commit"] == output_of(["git", "-C", str(ROOT), "rev-parse", "HEAD"]).strip()
        assert found["uncommitted"] in (True, False)


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("needs a browser: chromium or google-chrome")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def html(make_report):
    report = make_report()
    report["machine"]["cpu"] = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
    for step in report["steps"].values():
        step["cores_used_by_others"] = 1.9
    return page(first_screen(report), list(sections(report)), {})


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_it_fits_on_one_screen(browser, html, width, height):
    screen = browser.new_page(viewport={"width": width, "height": height})
    screen.set_content(html)
    assert screen.evaluate("document.querySelector('header').getBoundingClientRect().bottom") <= height
    assert screen.evaluate("document.documentElement.scrollWidth") <= width
    screen.close()
