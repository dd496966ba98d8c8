"""Two models on one film: blind, on linked viewers, with a vote that can be taken back."""

import re

import pytest

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE, drop, tab
from cxr_edge import list_models
from cxr_edge_demo.comparison import comparison_models

NAMES = [model.name for model in (*list_models(), *comparison_models())]


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def page(new_page, server, phantoms):
    """The page with both answers to one film."""
    page = new_page()
    page.goto(server.url)
    tab(page, "Compare")
    drop(page, "compare", phantoms["opacity_both"])
    expect(page.locator("#compared .cxr-word")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#compared cxr-viewer.cxr-viewer-shown")).to_have_count(2, timeout=PATIENCE)
    return page


def test_nothing_tells_the_models_apart_before_the_vote_and_all_is_said_after_it(page):
    shown = page.locator("#compared").inner_html()
    assert not any(name in shown for name in NAMES)
    assert "calibrated" not in shown
    expect(page.locator(".cxr-difference")).to_contain_text(re.compile("Both say|The answers differ"))
    page.get_by_role("group", name="Which answer reads better?").get_by_role("button", name="Answer B").click()
    expect(page.locator("cxr-vote")).to_contain_text("Counted", timeout=PATIENCE)
    told = page.locator(".cxr-revealed").all_inner_texts()
    assert len(told) == 2
    assert all(any(text.startswith(name) for name in NAMES) and "On its test films it found" in text for text in told)
    page.get_by_text("Votes so far").click()
    row = page.locator("#votes tr", has_text=told[1].split()[0])
    expect(row.locator("td").nth(1)).to_have_text("1", timeout=PATIENCE)


def test_a_vote_is_changed_by_another_tap_and_taken_back_by_undo(page, server):
    vote = page.locator("cxr-vote")
    page.get_by_text("Votes so far").click()
    before = page.locator("#votes").inner_text()
    for name in ("Answer A", "No difference"):
        vote.get_by_role("button", name=name).click()
        expect(vote.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
        expect(vote.locator("[aria-pressed=true]")).to_have_count(1)
    vote.get_by_role("button", name="Undo").click()
    expect(vote).to_contain_text("Taken back", timeout=PATIENCE)
    expect(vote.locator("[aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".cxr-revealed").first).to_be_hidden()
    page.wait_for_timeout(500)
    assert (
        page.locator("#votes").inner_text() == before or "Nobody has voted yet" in page.locator("#votes").inner_text()
    )


def test_both_viewers_zoom_together(page):
    zooms = "[...document.querySelectorAll('#compared cxr-viewer')].map(({ view }) => view.zoom / view.fitZoom)"
    assert page.evaluate(zooms) == [1, 1]
    stage = page.locator("#compared .cxr-viewer-stage").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"{zooms}.every((zoom) => zoom > 1.2)")
    first, second = page.evaluate(zooms)
    assert first == pytest.approx(second, rel=0.15)
    centres = "[...document.querySelectorAll('#compared cxr-viewer')].map(({ view }) => [view.x, view.y])"
    (x1, y1), (x2, y2) = page.evaluate(centres)
    assert x1 == pytest.approx(x2, abs=30)
    assert y1 == pytest.approx(y2, abs=30)


def test_the_next_film_takes_the_last_ones_vote_and_answers_off_the_page(page, phantoms, server):
    page.locator("cxr-vote").get_by_role("button", name="Answer A").click()
    expect(page.locator("cxr-vote")).to_contain_text("Counted", timeout=PATIENCE)
    token = page.locator("cxr-vote").get_attribute("token")
    drop(page, "compare", phantoms["clear"])
    expect(page.locator("#compared .cxr-name")).to_have_text(phantoms["clear"].name, timeout=PATIENCE)
    expect(page.locator("cxr-vote")).not_to_have_attribute("token", token)
    expect(page.locator("cxr-vote [aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".cxr-revealed").first).to_be_hidden()
    expect(page.locator("cxr-vote .cxr-said-now")).to_have_text("")
    assert server.files() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_two_answers_are_readable(page, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 768})
    page.locator("cxr-vote").get_by_role("button", name="Answer A").click()
    page.locator("cxr-feedback:visible").get_by_role("button", name="Normal", exact=True).click()
    expect(page.locator("#compared")).to_contain_text("Saved", timeout=PATIENCE)
    page.locator("#compared .cxr-more summary").click()
    page.wait_for_timeout(400)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page, context="#compared").response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
