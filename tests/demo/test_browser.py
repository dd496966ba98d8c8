"""The demo as a user sees it, in the system's Chromium; and no page asks any other computer for anything."""

import re

import pytest

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE, drop
from cxr_edge import Classifier, list_models
from cxr_edge_demo.web.exposure import VARIABLE


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def page(new_page, server):
    page = new_page()
    page.goto(server.url)
    return page


def test_a_film_gets_a_decision_its_score_in_a_zone_and_its_viewer(page, server, phantoms, classifier):
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer")
    score = f"{100 * classifier.predict(phantoms['opacity_both']).probability:.1f} %"
    expect(page.locator("#answer .cxr-at")).to_have_text(score)
    expect(page.locator("#answer .cxr-reached")).to_have_text("▲ Refer")
    marker, zone = (page.locator(f"#answer {part}").bounding_box() for part in (".cxr-marker", ".cxr-reached"))
    assert zone["x"] <= marker["x"] <= zone["x"] + zone["width"]
    expect(page.locator("#answer")).to_contain_text("ms to read the film")
    page.get_by_text("Operating points").click()
    for point in classifier.card.operating_points:
        expect(page.locator(".cxr-points")).to_contain_text(f"{100 * point.threshold:.1f} %")
    expect(page.locator("cxr-viewer")).to_have_attribute("src", re.compile(r"^cxr/film/[\w-]+\.json$"))
    assert server.files() == []  # the film is gone from the disk


def test_an_example_and_another_model(page):
    page.get_by_role("button", name="Examples and models").locator("visible=true").click()
    page.get_by_role("button", name="Opacity on both sides").locator("visible=true").click()
    expect(page.locator("#answer .cxr-name")).to_have_text("drawn_opacity_both.png", timeout=PATIENCE)
    expect(page.locator("#answer .cxr-word")).to_be_visible()
    first = page.locator("#answer").inner_text()
    other = list_models()[1].name
    page.get_by_label("Model").locator("visible=true").click()
    page.get_by_role("option", name=other).click()
    expect(page.locator("#answer")).to_contain_text(other, timeout=PATIENCE)
    assert page.locator("#answer").inner_text() != first
    assert other not in first


def test_what_is_no_film_gets_a_sentence(page, server, tmp_path, phantoms):
    (tmp_path / "page.jpg").write_text("<html><script>alert(1)</script></html>")
    drop(page, "film", tmp_path / "page.jpg")
    expect(page.locator("#answer")).to_contain_text(
        "page.jpg could not be read. It is text. The demo needs JPEG, PNG", timeout=PATIENCE
    )
    with (tmp_path / "large.png").open("wb") as large:
        large.write(phantoms["clear"].read_bytes())
        large.truncate(200 * 10**6)
    drop(page, "film", tmp_path / "large.png")
    expect(page.get_by_text("exceed the maximum allowed size").first).to_be_visible(timeout=PATIENCE)
    drop(page, "film", phantoms["opacity_both"])  # and it goes on
    expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
    assert server.files() == []
    assert "Traceback" not in server.log.read_text()


def test_a_wrong_password_is_refused_and_so_is_haste(new_page, start, tmp_path):
    locked = start(tmp_path, "--rate", "5", **{VARIABLE: "anna:correct horse"})
    page = new_page()
    page.goto(locked.url)
    expect(page.get_by_text("For research only").first).to_be_visible(timeout=PATIENCE)
    for password, known in (("wrong horse", False), ("correct horse", True)):
        page.get_by_label("username").fill("anna")
        page.get_by_label("password").fill(password)
        page.get_by_role("button", name="Login").click()
        if known:
            expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
        else:
            expect(page.get_by_text("Incorrect")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Examples and models").locator("visible=true").click()
    for _ in range(6):
        page.locator("button.cxr-try").locator("visible=true").first.click()
        page.wait_for_timeout(200)
    expect(page.get_by_text("You sent more than 5 requests in a minute").first).to_be_visible(timeout=PATIENCE)
    assert "correct horse" not in locked.log.read_text()


def fill(page, name):
    """Have a page show what it shows in use."""
    if name == "Compare":
        page.get_by_role("button", name="Examples and models").locator("visible=true").click()
        page.get_by_role("button", name="Clear lungs").locator("visible=true").click()
        expect(page.locator("#compared cxr-viewer")).to_have_count(2, timeout=PATIENCE)
    if name == "Film":
        page.get_by_text("Operating points").click()
    if name == "About":
        expect(page.locator("#card")).to_contain_text(Classifier.load().card.summary, timeout=PATIENCE)


def open_tab(page, name):
    """Also one that a narrow page hides behind a button."""
    wanted = page.get_by_role("tab", name=name, exact=True).locator("visible=true")
    if wanted.count() == 0:
        page.get_by_role("button", name="More tabs").click()
        page.locator(".overflow-dropdown button", has_text=name).click()
    else:
        wanted.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_every_page_is_readable_and_axe_finds_nothing_serious(new_page, server, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = new_page(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 768})
    page.goto(server.url)
    expect(page.locator("#answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    for name in ("Film", "Compare", "Worklist", "Feedback", "Share", "About"):
        open_tab(page, name)
        expect(page.get_by_text("This is not a cleared medical device").first).to_be_visible(timeout=PATIENCE)
        fill(page, name)
        page.wait_for_timeout(400)  # colours fade in
        assert page.evaluate(CONTRAST) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        found = axe.run(page).response["violations"]
        serious = [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], name


def test_the_keyboard_goes_from_the_place_to_drop_to_the_answer_the_film_and_the_rest(page):
    expect(page.locator("#answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#viewer canvas").first).to_be_visible(timeout=PATIENCE)
    order = ["#drop-film", "#answer a", "#answer summary", "#viewer", "#film-more"]
    reached = []
    page.get_by_role("tab", name="Film", exact=True).focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate("(order) => order.findIndex((where) => document.activeElement.closest(where))", order)
        if here >= 0 and order[here] not in reached:
            reached.append(order[here])
    assert reached == order
