"""The viewer under a reader's hands: mouse, buttons and keys."""

import numpy as np
import pytest

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from viewer_page import VIEWER, drag, film_at, open_viewer, place, press, shown, state, token_of

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


def test_the_whole_film_is_shown_at_first(page):
    seen = state(page)
    assert seen["fitted"]
    assert seen["zoom"] == pytest.approx(min(seen["screen"]["width"], seen["screen"]["height"]) / 448)
    expect(page.locator(".cxr-viewer-state")).to_contain_text("448 × 448 pixels, 8 bits")
    expect(page.locator(".cxr-viewer-legend")).to_contain_text("Thin line: speaks for pneumonia")
    expect(page.locator(".cxr-viewer-legend")).to_contain_text("Marked only where the network sees lungs")


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
