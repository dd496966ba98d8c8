"""The viewer with others, on a phone, while it waits, and when something is missing."""

import re

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE, drop
from helpers import encoded
from viewer_page import VIEWER, drag, open_viewer, place, press, shown, state, token_of

FILM = "opacity_both"


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def token(server, phantoms):
    return token_of(server, phantoms[FILM])


@pytest.fixture
def page(new_page, server, token):
    return open_viewer(new_page(), server, token)


def test_a_place_is_drawn_by_mouse_and_by_keys(page):
    page.evaluate("window.told = []; document.addEventListener('cxr-place', (event) => told.push(event.detail))")
    page.evaluate(f"{VIEWER}.drawPlace()")
    expect(page.locator(".cxr-viewer-note")).to_contain_text("Draw a rectangle")
    side = state(page)["zoom"] * 448  # CSS pixels of the film
    drag(page, (0.2 * side, 0.1 * side))
    assert page.evaluate("told[0]") == pytest.approx({"x": 0.5, "y": 0.5, "width": 0.2, "height": 0.1}, abs=0.01)
    assert len(state(page)["places"]) == 1
    expect(page.locator(".cxr-viewer-note")).to_be_empty()
    page.evaluate(f"{VIEWER}.drawPlace()")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("told[1]") == pytest.approx({"x": 0.38, "y": 0.4, "width": 0.2, "height": 0.22})
    page.evaluate(f"{VIEWER}.drawPlace()")
    page.keyboard.press("Escape")
    assert page.evaluate("told.length") == 2
    page.evaluate(f"{VIEWER}.places = []")
    assert state(page)["places"] == []


def test_linked_viewers_move_together(new_page, server, token):
    page = open_viewer(new_page(), server, token, 'linked="pair"', viewers=2)
    page.wait_for_function("[...document.querySelectorAll('cxr-viewer')].every((viewer) => viewer.film)")
    press(page, "+", "+", "i", "[")
    both = page.evaluate(
        "[...document.querySelectorAll('cxr-viewer')].map((v) => [v.view.shared, v.inverted, v.window.width])"
    )
    assert both[0] == both[1]
    assert both[0][1]
    page.locator(".cxr-viewer-stage").last.focus()
    page.keyboard.press("r")
    assert page.evaluate(f"{VIEWER}.view.fitted")


def test_a_film_that_arrives_late_moves_no_other(new_page, server, token):
    page = open_viewer(new_page(), server, token, 'linked="pair"', viewers=2)
    page.wait_for_function("[...document.querySelectorAll('cxr-viewer')].every((viewer) => viewer.film)")
    press(page, "+", "+")
    zoom = state(page)["zoom"]
    page.evaluate("[...document.querySelectorAll('cxr-viewer')][1].load()")
    assert state(page)["zoom"] == zoom


def test_the_page_of_one_film_has_it(new_page, server, phantoms):
    page = new_page()
    page.goto(server.url)
    drop(page, "film", phantoms[FILM])
    expect(page.locator("#answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    page.locator(".cxr-viewer-shown").first.wait_for(timeout=PATIENCE)
    expect(page.locator(".cxr-viewer-state").first).to_contain_text("448 × 448 pixels", timeout=PATIENCE)
    press(page, "1")
    assert state(page)["zoom"] == 1
    press(page, "i")
    assert state(page)["inverted"]


def touch(network, kind, *points):
    network.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def test_two_fingers_zoom_on_a_phone(new_page, server, token):
    page = new_page(has_touch=True, is_mobile=True, device_scale_factor=3)
    page.set_viewport_size({"width": 390, "height": 844})
    open_viewer(page, server, token)
    x, y = place(page)
    before, network = state(page), page.context.new_cdp_session(page)
    touch(network, "touchStart", (x - 40, y), (x + 40, y))
    for step in range(1, 6):
        touch(network, "touchMove", (x - 40 - 12 * step, y), (x + 40 + 12 * step, y))
    touch(network, "touchEnd")
    after = state(page)
    assert after["zoom"] == pytest.approx(before["zoom"] * 200 / 80, rel=0.02)
    assert after["x"] == pytest.approx(224, abs=3)
    touch(network, "touchStart", (x, y))
    touch(network, "touchMove", (x + 30, y))
    touch(network, "touchMove", (x + 60, y))
    touch(network, "touchEnd")
    assert state(page)["x"] < after["x"] - 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator(".cxr-viewer-bar button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_a_film_that_is_gone_gets_the_servers_sentence(new_page, server, token):
    page = open_viewer(new_page(), server, "A" * 22, wait=".cxr-viewer-note button")
    expect(page.locator(".cxr-viewer-note")).to_contain_text("no longer in memory")
    page.evaluate(f"{VIEWER}.setAttribute('src', 'cxr/film/{token}.json')")
    page.locator(".cxr-viewer-shown").wait_for(timeout=PATIENCE)


def test_a_lost_server_is_said_and_tried_again(new_page, server, token):
    page = new_page()
    page.route(re.compile(r"\.png$"), lambda route: route.abort())
    open_viewer(page, server, token, wait=".cxr-viewer-note button")
    expect(page.locator(".cxr-viewer-note")).to_contain_text("did not arrive")
    page.unroute(re.compile(r"\.png$"))
    page.get_by_role("button", name="Try again").click()
    page.locator(".cxr-viewer-shown").wait_for(timeout=PATIENCE)


def test_the_film_before_is_gone_while_the_next_one_loads(page, server, tmp_path):
    other = token_of(server, tmp_path / "x.png", encoded(Image.new("L", (300, 200), 77), "PNG"))
    hold = []
    page.route(re.compile(other), lambda route: hold.append(route))
    page.evaluate(f"{VIEWER}.setAttribute('src', 'cxr/film/{other}.json')")
    expect(page.locator(".cxr-viewer-note")).to_contain_text("Loading")
    assert not shown(page).any()
    page.unroute(re.compile(other))
    for route in hold:
        route.continue_()
    page.locator(".cxr-viewer-shown").wait_for(timeout=PATIENCE)
    assert state(page)["fitted"]


def test_a_large_film_says_that_it_is_shown_smaller(new_page, server, tmp_path):
    film = encoded(Image.fromarray(np.full((1000, 5000), 99, np.uint8)), "PNG")
    page = open_viewer(new_page(), server, token_of(server, tmp_path / "x.png", film))
    expect(page.locator(".cxr-viewer-note")).to_contain_text("This film has 5000 × 1000 pixels")


@pytest.mark.parametrize("open_keys", [False, True])
def test_words_around_the_film_are_readable_and_axe_finds_nothing(page, open_keys):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    if open_keys:
        press(page, "?")
    assert page.evaluate(CONTRAST) == []
    found = axe.run(page, context="cxr-viewer").response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


def test_a_slow_network_is_told_how_far_it_is(new_page, server, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (900, 900), np.uint8)
    page = new_page()
    token = token_of(server, tmp_path / "x.png", encoded(Image.fromarray(noise), "PNG"))
    open_viewer(page, server, token)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": 400_000, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", limits)
    page.evaluate(f"void {VIEWER}.load()")
    expect(page.locator(".cxr-viewer-note")).to_contain_text(
        re.compile(r"Loading the film: [1-9]\d? %"), timeout=PATIENCE
    )
    page.evaluate(f"{VIEWER}.remove()")
    page.wait_for_timeout(200)  # nothing is left behind that would break
