"""The viewer under a reader's hands: mouse, fingers and keys."""

import re

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE
from helpers import encoded
from viewer_page import VIEWER, open_viewer, shown, state, token_of

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


def stage(page):
    return page.locator(".cxr-viewer-stage").first.bounding_box()


def place(page, across=0.5, down=0.5):
    box = stage(page)
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def film_at(page, x, y):
    """The pixel of the film that is under a place of the page."""
    box, seen = stage(page), state(page)
    return [(at - box[side] - seen["origin"][side]) / seen["zoom"] for at, side in ((x, "x"), (y, "y"))]


def drag(page, by, button="left", start=(0.5, 0.5)):
    x, y = place(page, *start)
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + by[0] / 2, y + by[1] / 2)
    page.mouse.move(x + by[0], y + by[1])
    page.mouse.up(button=button)


def press(page, *keys):
    page.locator(".cxr-viewer-stage").first.focus()
    for key in keys:
        page.keyboard.press(key)


def test_the_whole_film_is_shown_at_first(page):
    seen = state(page)
    assert seen["fitted"]
    assert seen["zoom"] == pytest.approx(min(seen["screen"]["width"], seen["screen"]["height"]) / 448)
    expect(page.locator(".cxr-viewer-state")).to_contain_text("448 × 448 pixels, 8 bits")
    expect(page.locator(".cxr-viewer-legend")).to_contain_text("Thin line: speaks for pneumonia")
    expect(page.locator(".cxr-viewer-legend")).to_contain_text("Only lungs are marked")


def test_the_wheel_zooms_about_the_pointer(page):
    x, y = place(page, 0.6, 0.35)
    page.mouse.move(x, y)
    before, at = state(page), film_at(page, x, y)
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"{VIEWER}.view.zoom > {2 * before['zoom']}")
    assert film_at(page, x, y) == pytest.approx(at, abs=1.5)
    page.mouse.wheel(0, 9000)
    page.wait_for_function(f"{VIEWER}.view.zoom <= 1")
    assert state(page)["zoom"] == 1  # a film that is smaller than the screen gets no smaller


def test_dragging_moves_a_film_and_a_double_click_fits_it(page):
    press(page, "+", "+", "+")
    before = state(page)
    drag(page, (60, -40))
    after = state(page)
    assert after["x"] == pytest.approx(before["x"] - 60 / before["zoom"], abs=0.5)
    assert after["y"] == pytest.approx(before["y"] + 40 / before["zoom"], abs=0.5)
    drag(page, (5000, 0))
    assert state(page)["origin"]["x"] == 0  # its edge stays at the screen's
    page.mouse.dblclick(*place(page))
    assert state(page)["fitted"]


def test_the_right_button_changes_contrast_and_brightness(page):
    before = state(page)
    drag(page, (100, 0), "right")
    wider = state(page)
    assert wider["width"] == pytest.approx(before["width"] * np.exp(0.4), rel=0.01)
    assert wider["centre"] == before["centre"]
    drag(page, (0, -50), "right")
    assert state(page)["centre"] == pytest.approx(before["centre"] - 0.2 * wider["width"], rel=0.01)
    assert state(page)["fitted"]  # it did not move
    expect(page.locator(".cxr-viewer-windows")).to_have_value("own")
    press(page, "r")
    assert (state(page)["centre"], state(page)["width"]) == (before["centre"], before["width"])
    expect(page.locator(".cxr-viewer-windows")).to_have_value("0")


def test_a_button_makes_a_finger_change_the_window(page):
    page.get_by_role("button", name="Drag to change contrast and brightness").click()
    before = state(page)
    drag(page, (-80, 0))
    assert state(page)["width"] < 0.8 * before["width"]
    assert state(page)["x"] == before["x"]


def test_every_key_does_what_the_list_says(page):
    first = state(page)
    press(page, "[")
    assert state(page)["width"] == pytest.approx(first["width"] / 1.1)
    press(page, "]", "]")
    assert state(page)["width"] == pytest.approx(first["width"] * 1.1)
    press(page, "w")
    assert state(page)["centre"] < first["centre"]  # brighter
    press(page, "s", "s")
    assert state(page)["centre"] > first["centre"]
    plain = shown(page)
    press(page, "i")
    assert state(page)["inverted"]
    inside = plain[..., 3] == 255
    assert np.array_equal(shown(page)[inside][:, 0], 255 - plain[inside][:, 0])
    press(page, "+")
    assert state(page)["zoom"] > first["zoom"]
    press(page, "-", "-")
    assert state(page)["zoom"] < first["zoom"]
    press(page, "1")
    assert state(page)["zoom"] == 1
    press(page, "+", "+", "+", "+")
    at = state(page)
    press(page, "ArrowRight", "ArrowDown")
    assert state(page)["x"] > at["x"]
    assert state(page)["y"] > at["y"]
    press(page, "ArrowLeft", "ArrowUp")
    assert state(page)["x"] == pytest.approx(at["x"])
    press(page, "0")
    assert state(page)["fitted"]
    press(page, "r")
    assert {key: state(page)[key] for key in ("width", "centre", "inverted", "zoom")} == {
        key: first[key] for key in ("width", "centre", "inverted", "zoom")
    }


def test_next_and_previous_are_told_to_the_page(page):
    page.evaluate(
        "window.told = []; for (const name of ['cxr-next', 'cxr-previous']) "
        "document.addEventListener(name, (event) => told.push(event.type))"
    )
    press(page, "n", "p", "ArrowRight", "ArrowLeft")
    assert page.evaluate("told") == ["cxr-next", "cxr-previous"] * 2
    press(page, "+", "ArrowRight", "ArrowLeft")  # now they move the film
    assert len(page.evaluate("told")) == 4


def test_h_hides_what_the_network_marked(page):
    marks = f"(() => {{ {VIEWER}.draw(); const c = {VIEWER}.overlay.canvas; return c.getContext('2d')"
    drawn = marks + ".getImageData(0, 0, c.width, c.height).data.reduce((n, v) => n + (v > 0), 0) })()"
    button = page.get_by_role("button", name="Marked areas")
    assert page.evaluate(drawn) > 5000
    expect(button).to_have_attribute("aria-pressed", "true")
    press(page, "h")
    assert page.evaluate(drawn) == 0
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".cxr-viewer-legend")).to_contain_text("hidden")
    button.click()
    assert page.evaluate(drawn) > 5000
    slider = page.get_by_role("slider", name="Strength of the marks")
    slider.focus()
    page.keyboard.press("Home")  # of the slider, not of the film
    assert page.evaluate(drawn) == 0
    assert state(page)["strength"] == 0
    page.keyboard.press("End")
    assert page.evaluate(drawn) > 5000
    assert state(page)["strength"] == 1


def test_a_contour_has_a_dark_rim_and_two_widths(page):
    page.evaluate(f"{VIEWER}.setStrength(1); {VIEWER}.draw()")
    dark, light = page.evaluate(
        f"""(() => {{
          const c = {VIEWER}.overlay.canvas, all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          let dark = 0, light = 0;
          for (let i = 0; i < all.length; i += 4) {{
            if (all[i + 3] > 130 && all[i] < 60) dark++;
            if (all[i + 3] > 240 && all[i] > 230) light++;
          }}
          return [dark, light];
        }})()"""
    )
    assert light > 1000
    assert dark > 0.3 * light


def test_the_list_of_keys_opens_and_closes_by_keyboard(page):
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keys of the film")
    expect(dialog).to_be_visible()
    expect(dialog.locator("dt")).to_have_count(12)
    page.keyboard.press("i")
    assert not state(page)["inverted"]  # keys are the dialog's now
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    page.keyboard.press("Enter")  # on Close
    expect(dialog).to_have_count(0)


def test_f_fills_the_screen_and_escape_leaves_it(page):
    press(page, "f")
    page.wait_for_function(f"{VIEWER}.fullScreen")
    page.wait_for_function(f"{VIEWER}.view.screen.width >= innerWidth")
    press(page, "f")
    page.wait_for_function(f"!{VIEWER}.fullScreen")
    page.wait_for_function(f"{VIEWER}.view.screen.width <= 900")
    page.evaluate(f"{VIEWER}.requestFullscreen = null")  # as on phones
    press(page, "f")
    page.wait_for_function(f"{VIEWER}.view.screen.width >= innerWidth - 1")
    press(page, "Escape")
    page.wait_for_function(f"{VIEWER}.view.screen.width <= 900")


def test_keys_of_other_controls_and_of_the_browser_are_left_alone(page):
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").focus()
    page.keyboard.type("i?h")
    assert page.locator("textarea").input_value() == "i?h"
    assert not state(page)["inverted"]
    page.locator(".cxr-viewer-stage").focus()
    page.keyboard.press("Control+i")
    assert not state(page)["inverted"]


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


def test_words_around_the_film_are_readable(page):
    press(page, "?")
    assert page.evaluate(CONTRAST) == []


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
