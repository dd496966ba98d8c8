"""The worklist as a user sees it: 500 rows, found, sorted, filtered, opened and gone through by keyboard."""

import json
import re

import pytest

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE, drop, tab
from worklist_films import drawn_films, zip_of

ROWS = ".cxr-grid tbody tr:not(.cxr-space)"
NAME = ".cxr-row-name"
FILMS = 499


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"), "--rate", "10000")


@pytest.fixture(scope="module")
def many(tmp_path_factory, phantoms):
    """A zip file of 499 drawn films."""
    return zip_of(tmp_path_factory.mktemp("films") / "many.zip", drawn_films(phantoms, FILMS))


@pytest.fixture(scope="module")
def full(browser, server, many, tmp_path_factory):
    """A page with a full list: 499 films and one file that is none."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.set_default_timeout(PATIENCE)
    broken = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(server.url)
    tab(page, "Worklist")
    text = tmp_path_factory.mktemp("text") / "page.jpg"
    text.write_text("<html></html>")
    drop(page, "worklist", many, text)
    expect(page.locator(".cxr-progress")).to_contain_text(re.compile(r"of \d+ films scored"))
    expect(page.locator(".cxr-progress")).to_contain_text(re.compile("left"))
    expect(page.locator(".cxr-count")).to_have_text(f"{FILMS} films", timeout=4 * PATIENCE)
    expect(page.locator(".cxr-progress")).to_be_hidden()
    yield page
    page.context.close()
    assert broken == []


@pytest.fixture
def page(full):
    """The same page, with nothing sought, filtered or opened, sorted by decision."""
    if full.locator(".cxr-close").is_visible():
        full.locator(".cxr-close").click()
    full.get_by_role("searchbox").fill("")
    full.locator(".cxr-reason").select_option("")
    for chip in full.locator(".cxr-chip[aria-pressed=true]").all():
        chip.click()
    while full.locator("th.cxr-col-decision").get_attribute("aria-sort") != "ascending":
        full.locator("th.cxr-col-decision button").click()
    expect(full.locator(".cxr-count")).to_have_text(f"{FILMS} films")
    return full


def names(page):
    return page.locator(f"{ROWS} {NAME}").all_inner_texts()


def active(page):
    return page.locator('.cxr-grid tr[aria-selected="true"]')


def test_only_the_rows_in_sight_are_drawn_and_the_urgent_come_first(page):
    assert page.locator(".cxr-grid").get_attribute("aria-rowcount") == str(FILMS + 1)
    assert 5 < page.locator(ROWS).count() < 40
    expect(page.locator(ROWS).first).to_contain_text("▲ Refer")
    expect(page.locator(".cxr-list-note")).to_contain_text("do not state an age")
    expect(page.locator(f"{ROWS} img").first).to_have_js_property("complete", True)
    assert page.locator(f"{ROWS} img").first.evaluate("image => image.naturalWidth") > 0
    page.locator(".cxr-grid-scroll").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    last = page.locator(ROWS).last
    expect(last).to_have_attribute("aria-rowindex", str(FILMS + 1))
    assert page.locator(ROWS).count() < 40


def test_what_could_not_be_read_stands_apart_with_its_reason(page):
    expect(page.locator(".cxr-failed summary")).to_contain_text("1 file could not be read")
    expect(page.locator(".cxr-failed li")).to_contain_text("page.jpg It is text.")
    page.get_by_role("searchbox").fill("page.jpg")
    expect(page.locator(".cxr-count")).to_have_text(f"0 of {FILMS} films")


def test_search_filter_and_sort_take_less_than_a_tenth_of_a_second(page):
    spent = page.evaluate(
        """async () => {
          const search = document.querySelector(".cxr-search");
          const heads = [...document.querySelectorAll(".cxr-grid th button")];
          const start = performance.now();
          for (const text of ["4", "42", "428", ""]) { search.value = text; search.dispatchEvent(new Event("input")); }
          for (const head of heads) { head.click(); head.click(); }
          await new Promise(requestAnimationFrame);
          return (performance.now() - start) / (4 + 2 * heads.length);
        }"""
    )
    assert spent < 100


def test_search_by_name(page):
    page.get_by_role("searchbox").fill("FILM 42")
    expect(page.locator(".cxr-count")).to_have_text(f"10 of {FILMS} films")
    assert all("film 42" in name for name in names(page))


def test_filter_by_decision_and_by_reason(page):
    retake = page.get_by_role("button", name=re.compile("Retake"))
    retake.click()
    expect(retake).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cxr-count")).to_have_text(f"25 of {FILMS} films")
    assert all("Retake" in row for row in page.locator(ROWS).all_inner_texts())
    retake.click()
    page.locator(".cxr-reason").select_option("upside-down")
    expect(page.locator(".cxr-count")).to_have_text(f"25 of {FILMS} films")
    page.get_by_role("button", name=re.compile("Refer")).click()  # no film is both
    expect(page.locator(".cxr-count")).to_have_text(f"0 of {FILMS} films")


def test_column_heads_sort_and_say_so(page):
    head = page.locator("th.cxr-col-name")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert page.locator(".cxr-grid th[aria-sort]").count() == 1
    assert names(page)[:3] == [f"many.zip/film 00{n}.jpg" for n in range(3)]
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names(page)[0] == f"many.zip/film {FILMS - 1}.jpg"
    page.locator("th.cxr-col-probability button").click()
    shown = [float(text.split()[0]) for text in page.locator(f"{ROWS} td.cxr-col-probability").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)


def test_arrows_home_and_end_go_through_the_list_and_enter_opens(page):
    grid = page.locator(".cxr-grid")
    grid.focus()
    page.keyboard.press("Home")
    expect(active(page)).to_have_attribute("aria-rowindex", "2")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(active(page)).to_have_attribute("aria-rowindex", "4")
    assert grid.get_attribute("aria-activedescendant") == active(page).get_attribute("id")
    page.keyboard.press("End")
    expect(active(page)).to_have_attribute("aria-rowindex", str(FILMS + 1))
    expect(active(page)).to_be_in_viewport()
    page.keyboard.press("Home")
    name = active(page).locator(NAME).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".cxr-opened-name")).to_have_text(name)
    expect(page.locator(".cxr-opened-answer .cxr-word")).to_contain_text("Refer", timeout=PATIENCE)
    expect(page.locator(".cxr-opened cxr-viewer.cxr-viewer-shown")).to_be_visible(timeout=PATIENCE)
    page.locator(".cxr-close").click()
    expect(page.locator(".cxr-opened")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "cxr-grid"


def test_the_next_film_is_opened_from_the_viewer_and_never_beside_the_last_answer(page):
    page.locator(ROWS).first.click()
    answer = page.locator(".cxr-opened-answer")
    expect(answer.locator(".cxr-word")).to_be_visible(timeout=PATIENCE)
    first = page.locator(".cxr-opened-name").inner_text()
    src = page.locator(".cxr-opened cxr-viewer").get_attribute("src")
    page.locator(".cxr-opened cxr-viewer.cxr-viewer-shown").wait_for()
    page.context.set_offline(True)  # the next answer cannot come
    page.locator(".cxr-viewer-stage").last.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cxr-opened-name")).not_to_have_text(first)
    assert answer.locator(".cxr-word").count() == 0
    assert page.locator(".cxr-opened cxr-viewer").count() == 0
    expect(answer).to_contain_text("The server does not answer", timeout=PATIENCE)
    page.context.set_offline(False)
    page.get_by_role("button", name="Previous film").click()
    expect(page.locator(".cxr-opened-name")).to_have_text(first)
    expect(page.locator(".cxr-opened cxr-viewer")).to_have_attribute("src", src, timeout=PATIENCE)
    expect(active(page)).to_have_attribute("aria-rowindex", "2")


def test_a_statement_is_there_when_its_row_is_opened_again(page):
    page.locator(ROWS).nth(2).click()
    tap = page.locator(".cxr-opened-answer").get_by_role("button", name="Normal", exact=True)
    tap.click()
    expect(page.locator(".cxr-opened-answer")).to_contain_text("Saved", timeout=PATIENCE)
    page.get_by_role("button", name="Next film").click()
    expect(page.locator(".cxr-opened-answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    expect(tap).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Previous film").click()
    expect(tap).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    page.locator(".cxr-opened-answer").get_by_role("button", name="Undo").click()
    expect(page.locator(".cxr-opened-answer")).to_contain_text("Taken back", timeout=PATIENCE)


def test_the_list_is_saved_and_printed(page):
    with page.expect_download() as download:
        page.get_by_text("Save JSON").click()
    assert len(json.loads(download.value.path().read_text())["films"]) == FILMS + 1
    with page.expect_download() as download:
        page.get_by_text("Save CSV").click()
    assert download.value.path().read_text().startswith("path,probability,logit,decision,quality,error,")
    with page.context.expect_page() as opened:
        page.get_by_text("Print or PDF").click()
    printed = opened.value
    expect(printed.get_by_role("heading", name="Worklist")).to_be_visible(timeout=PATIENCE)
    assert printed.locator("tbody tr").count() == FILMS + 1
    pdf = printed.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert 10 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 60
    printed.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_the_full_list_is_readable(page, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 768})
    page.emulate_media(color_scheme=scheme)
    for opened in (False, True):
        if opened:
            page.locator(ROWS).first.click()
            page.locator(".cxr-opened cxr-viewer.cxr-viewer-shown").wait_for()
        page.wait_for_timeout(400)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.run(page, context="cxr-worklist").response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    page.locator(".cxr-close").click()
    page.set_viewport_size({"width": 1366, "height": 768})
