"""What the film's page shows when it is empty, waits, fails, loses its server, or is a phone's."""

import os

import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import PATIENCE, drop, noise, slow_down

PHONE = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


def opened(new_page, server, width=1366, height=768, **options):
    page = new_page(**options)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(server.url)
    expect(page.locator("#answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    return page


def test_an_empty_page_answers_a_drawn_example_and_says_so(new_page, server):
    page = opened(new_page, server)
    expect(page.locator("#answer .cxr-example")).to_contain_text("A drawn example, not a patient")
    expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer")
    assert page.locator("#said button").count() == 0  # nothing to say of it
    film, again = (page.locator("cxr-viewer").get_attribute("src"), opened(new_page, server))
    assert again.locator("cxr-viewer").get_attribute("src") == film  # held once for all pages


def test_the_film_fills_the_left_two_thirds(new_page, server, phantoms):
    page = opened(new_page, server)
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    film, answer = (page.locator(where).bounding_box() for where in ("#viewer", "#answer"))
    assert film["width"] >= 0.63 * 1366
    assert film["height"] >= 0.88 * 768
    assert film["y"] + film["height"] <= 768
    assert answer["x"] > film["x"] + film["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_on_a_phone_the_answer_is_seen_without_scrolling_and_then_the_film(new_page, server, phantoms, language):
    page = opened(new_page, server, 390, 844, locale=language, **PHONE)
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    assert page.evaluate("scrollY") == 0
    zones, film = (page.locator(where).bounding_box() for where in ("#answer .cxr-zones", "#viewer"))
    assert zones["y"] + zones["height"] < 844
    assert film["y"] > zones["y"] + zones["height"]
    assert film["width"] > 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_photograph_says_what_it_costs(new_page, server, phantoms):
    desk = opened(new_page, server)
    expect(desk.get_by_text("Photograph a film")).to_be_hidden()
    page = opened(new_page, server, 390, 844, **PHONE)
    expect(page.get_by_text("A photograph costs trust")).to_be_visible()
    camera = page.locator("cxr-camera input[type=file]")
    assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/*")
    camera.set_input_files(phantoms["clear"])
    expect(page.locator("#answer .cxr-caution")).to_contain_text("do not trust this answer", timeout=PATIENCE)
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    assert page.locator("#answer .cxr-caution").count() == 0


def test_waiting_names_the_step_and_a_slow_line(new_page, start, tmp_path):
    page = opened(new_page, start(tmp_path))
    slow_down(page, 60_000)
    drop(page, "film", noise(tmp_path / "slow.png"))
    expect(page.locator("#answer")).to_contain_text("Sending the film", timeout=1500)
    assert page.locator("cxr-viewer").count() == 0  # the last film is gone as well
    expect(page.locator("#answer")).to_contain_text("The line or the computer is slow", timeout=15_000)
    slow_down(page, -1)


def test_an_error_is_one_sentence_in_the_answers_place(new_page, server, tmp_path):
    page = opened(new_page, server)
    (tmp_path / "page.jpg").write_text("<html>")
    drop(page, "film", tmp_path / "page.jpg")
    expect(page.locator("#answer")).to_contain_text("page.jpg could not be read. It is text.", timeout=PATIENCE)
    assert page.locator("cxr-viewer, #said button").count() == 0


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_lost_server_is_said_and_found_again(new_page, start, tmp_path, phantoms):
    first = start(tmp_path)
    page = opened(new_page, first)
    first.kill()
    expect(page.locator(".cxr-lost")).to_contain_text("does not answer", timeout=2 * PATIENCE)
    start(tmp_path, port=first.port)
    expect(page.locator(".cxr-lost")).to_have_count(0, timeout=PATIENCE)
    drop(page, "film", phantoms["clear"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["clear"].name, timeout=PATIENCE)


def test_the_language_follows_the_browser_and_can_be_asked_for(new_page, server, phantoms):
    page = opened(new_page, server, locale="fr-FR")
    expect(page.locator(".cxr-unreviewed")).to_have_text("Aucun clinicien n'a relu ces textes français.")
    assert page.evaluate("document.documentElement.lang") == "fr"
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-word")).to_have_text("▲ À adresser", timeout=PATIENCE)
    expect(page.locator("#answer")).to_contain_text("Probabilité de pneumonie")
    english = new_page(locale="en-GB")
    english.goto(server.url)
    expect(english.locator("#answer .cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
    assert english.locator(".cxr-unreviewed").count() == 0
    english.goto(f"{server.url}/?lang=fr")
    expect(english.locator("#answer .cxr-word")).to_have_text("▲ À adresser", timeout=PATIENCE)
    drop(english, "film", phantoms["clear"])
    expect(english.locator("#answer")).to_contain_text("Qualité du cliché", timeout=PATIENCE)


def test_a_retake_shows_its_film_and_its_score_to_those_who_ask(new_page, server, tmp_path, phantoms):
    page = opened(new_page, server)
    Image.open(phantoms["opacity_both"]).convert("L").rotate(180).save(tmp_path / "upside down.png")
    drop(page, "film", tmp_path / "upside down.png")
    expect(page.locator("#answer .cxr-word")).to_have_text("■ Retake", timeout=PATIENCE)
    expect(page.locator("#answer")).to_contain_text("Turn it upright and try again.")
    expect(page.locator("cxr-viewer")).to_have_attribute("heat", "off")
    expect(page.locator("#answer .cxr-zones")).to_be_hidden()
    page.get_by_text("Show the probability all the same").click()
    expect(page.locator("#answer .cxr-zones")).to_be_visible()


def test_tables_become_lists_on_a_phone(new_page, server):
    page = opened(new_page, server, 390, 844, **PHONE)
    page.locator(".overflow-menu button").first.click()
    page.get_by_role("button", name="About").click()
    table = page.locator(".cxr-about .cxr-rows").first
    expect(table).to_be_visible(timeout=PATIENCE)
    expect(table.locator("thead")).to_be_hidden()
    assert table.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
