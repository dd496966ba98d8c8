"""Feedback from the page: one tap, a place drawn on the film, a comment, a way back, and after a kill."""

import csv
import json
import os
import re
import sqlite3

import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import PATIENCE, drop, tab


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


def open_film(page, server, film):
    page.goto(server.url)
    drop(page, "film", film)
    expect(page.locator("#answer")).to_contain_text(film.name, timeout=PATIENCE)
    expect(page.locator("#viewer cxr-viewer.cxr-viewer-shown")).to_be_visible(timeout=PATIENCE)


@pytest.fixture
def page(new_page, server, phantoms):
    page = new_page()
    open_film(page, server, phantoms["opacity_both"])
    return page


def rows(server, columns="diagnosis, comment, place, keeps"):
    with sqlite3.connect(f"file:{server.feedback}?mode=ro", uri=True) as file:
        return file.execute(f"SELECT {columns} FROM feedback ORDER BY id").fetchall()


def said(page):
    return page.locator("#said cxr-feedback")


def test_one_tap_says_it_another_changes_it_and_undo_takes_it_back(page, server):
    before = rows(server)
    for name in ("Normal", "Pneumonia"):
        said(page).get_by_role("button", name=name, exact=True).click()
        expect(said(page).get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        expect(said(page)).to_contain_text("Saved. Thank you.", timeout=PATIENCE)
    assert rows(server) == [*before, ("pneumonia", "", "", 0)]
    said(page).get_by_role("button", name="Undo").click()
    expect(said(page)).to_contain_text("Taken back", timeout=PATIENCE)
    expect(said(page).locator("[aria-pressed=true]")).to_have_count(0)
    assert rows(server) == before


def test_a_place_is_drawn_on_the_film_and_kept_with_the_statement(page, server):
    before = rows(server)
    said(page).get_by_role("button", name="Pneumonia", exact=True).click()
    expect(said(page)).to_contain_text("Saved", timeout=PATIENCE)
    said(page).locator("summary").click()
    said(page).get_by_role("button", name="Draw the place on the film").click()
    stage = page.locator("#viewer .cxr-viewer-stage").bounding_box()
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 40)
    page.mouse.move(x + 60, y + 80)
    page.mouse.up()
    expect(said(page)).to_contain_text("1 place drawn.", timeout=PATIENCE)
    expect(said(page)).to_contain_text("Saved", timeout=PATIENCE)
    page.wait_for_timeout(300)
    (place,) = json.loads(rows(server)[-1][2])
    zoom, film = page.evaluate("(({ view }) => [view.zoom, view.film])(document.querySelector('#viewer cxr-viewer'))")
    assert place["width"] == pytest.approx(60 / zoom / film["width"], abs=0.02)
    assert place["height"] == pytest.approx(80 / zoom / film["height"], abs=0.02)
    assert page.evaluate("document.querySelector('#viewer cxr-viewer').places.length") == 1
    said(page).get_by_role("button", name="Undo").click()
    expect(said(page)).to_contain_text("Taken back", timeout=PATIENCE)
    assert rows(server) == before
    assert page.evaluate("document.querySelector('#viewer cxr-viewer').places.length") == 0


def test_a_comment_alone_asks_for_the_tap_that_is_missing(page, server):
    before = rows(server)
    said(page).locator("summary").click()
    said(page).get_by_label("Comment (no names, please)").fill("left")
    said(page).get_by_role("button", name="Save comment and choice").click()
    expect(said(page)).to_contain_text("Say first what the film shows")
    assert rows(server) == before
    said(page).get_by_role("button", name="Something else", exact=True).click()
    expect(said(page)).to_contain_text("Saved", timeout=PATIENCE)
    assert rows(server)[-1] == ("other", "left", "", 0)
    said(page).get_by_label(re.compile("may be kept")).check()
    said(page).get_by_role("button", name="Save comment and choice").click()
    page.wait_for_timeout(700)
    assert rows(server)[-1] == ("other", "left", "", 1)
    said(page).get_by_role("button", name="Undo").click()
    expect(said(page)).to_contain_text("Taken back", timeout=PATIENCE)
    expect(said(page).get_by_label("Comment (no names, please)")).to_have_value("")


def test_the_next_film_begins_with_nothing_said(page, server, phantoms):
    said(page).get_by_role("button", name="Normal", exact=True).click()
    expect(said(page)).to_contain_text("Saved", timeout=PATIENCE)
    drop(page, "film", phantoms["clear"])
    expect(page.locator("#answer")).to_contain_text(phantoms["clear"].name, timeout=PATIENCE)
    expect(said(page).locator("[aria-pressed=true]")).to_have_count(0)
    expect(said(page).locator(".cxr-said-now")).to_have_text("")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_feedback_survives_a_kill_and_is_exported_with_its_place(new_page, start, tmp_path, phantoms):
    first = start(tmp_path)
    page = new_page()
    open_film(page, first, phantoms["opacity_both"])
    said(page).locator("summary").click()
    said(page).get_by_label(re.compile("may be kept")).check()
    page.evaluate(
        "document.querySelector('#viewer cxr-viewer').dispatchEvent(new CustomEvent('cxr-place', "
        "{ bubbles: true, detail: { x: 0.5, y: 0.25, width: 0.25, height: 0.125 } }))"
    )
    expect(said(page)).to_contain_text("They are saved with your answer.")
    said(page).get_by_role("button", name="Pneumonia", exact=True).click()
    expect(said(page)).to_contain_text("Saved", timeout=PATIENCE)
    first.kill()
    assert start(tmp_path, port=first.port).files() == []
    page.goto(first.url)
    tab(page, "Feedback")
    expect(page.locator("#accuracy table")).to_contain_text("100.0 % (20.7–100.0)", timeout=PATIENCE)
    from cxr_edge.cli.main import main

    assert main(["demo", "--feedback", str(first.feedback), "--export", str(tmp_path / "films")]) == 0
    (kept,) = (tmp_path / "films").rglob("*.png")
    assert kept.parent.name == "PNEUMONIA"
    assert Image.open(kept).size == Image.open(phantoms["opacity_both"]).size
    with (tmp_path / "films" / "places.csv").open(newline="") as file:
        (place,) = csv.DictReader(file)
    assert (place["path"], place["x"], place["height"]) == (f"PNEUMONIA/{kept.name}", "0.5", "0.125")
