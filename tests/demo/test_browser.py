"""The demo as a user sees it, in the system's Chromium; and no page asks any other computer for anything."""

import json
import os
import re
import zipfile

import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import CONTRAST, PATIENCE, drop, source, tab
from cxr_edge import Classifier, list_models
from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.web.exposure import VARIABLE


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def page(new_page, server):
    page = new_page()
    page.goto(server.url)
    return page


def test_a_film_gets_a_decision_and_a_heatmap_that_the_slider_redraws(page, server, phantoms, classifier):
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
    expected = classifier.predict(phantoms["opacity_both"])
    expect(page.locator("#answer")).to_contain_text(f"{100 * expected.probability:.1f} %")
    expect(page.locator("#answer")).to_contain_text("ms to read and prepare the film")
    page.get_by_text("Operating points").click()
    for point in classifier.card.operating_points:
        expect(page.locator("#answer table")).to_contain_text(f"{point.threshold:.3f}")
    assert source(page, "film") != source(page, "heatmap")
    assert server.files() == []  # the film is gone from the disk
    before, times = source(page, "heatmap"), page.locator("#answer").inner_text()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.locator("#heatmap img")).not_to_have_attribute("src", before, timeout=PATIENCE)
    strong = source(page, "heatmap")
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page.locator("#heatmap img")).not_to_have_attribute("src", strong, timeout=PATIENCE)
    assert page.locator("#answer").inner_text() == times  # nothing was scored again


def test_an_example_and_another_model(page):
    page.get_by_role("button", name="Opacity, right lower").click()
    expect(page.locator("#answer .cxr-word")).to_be_visible(timeout=PATIENCE)
    first = page.locator("#answer").inner_text()
    other = list_models()[1].name
    page.get_by_label("Model").click()
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


def test_a_blind_vote_names_the_models_afterwards(page):
    tab(page, "Compare")
    page.get_by_role("button", name="Opacity on both sides").click()
    expect(page.locator("#answer-b .cxr-word")).to_be_visible(timeout=PATIENCE)
    names = [model.name for model in (*list_models(), *comparison_models())]
    shown = page.locator("#answer-a").inner_text() + page.locator("#answer-b").inner_text()
    assert not any(name in shown for name in names)
    page.get_by_label("A", exact=True).check()
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_text("Choose what the film shows before voting")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("pneumonia", exact=True).check()
    page.get_by_role("button", name="Vote").click()
    expect(page.locator("#voted")).to_contain_text("Counted", timeout=PATIENCE)
    told = [page.locator(f"#answer-{x} .cxr-letter").inner_text() for x in "ab"]
    assert {name for name in names if any(name in title for title in told)} == {title[3:] for title in told}
    row = page.locator("#votes tr", has_text=told[0][3:])
    expect(row.locator("td").nth(1)).to_have_text("1")
    expect(row).to_contain_text("100.0 % (20.7–100.0)")


def test_many_films_one_of_them_broken(page, server, tmp_path, phantoms):
    (tmp_path / "broken.png").write_bytes(phantoms["clear"].read_bytes()[:5000])
    with zipfile.ZipFile(tmp_path / "films.zip", "w") as archive:
        archive.write(phantoms["clear"], "in a zip/clear.png")
    tab(page, "Worklist")
    drop(page, "worklist", phantoms["clear"], tmp_path / "broken.png", tmp_path / "films.zip", phantoms["opacity_both"])
    expect(page.locator("#summary")).to_contain_text("4 films", timeout=PATIENCE)
    expect(page.locator("#summary")).to_contain_text("broken.png could not be read")
    first = page.locator("#worklist").get_by_role("row").nth(1)  # below the head
    expect(first).to_contain_text("▲ Refer", timeout=PATIENCE)
    expect(first.locator("img")).to_be_visible()
    expect(page.locator("#worklist")).to_contain_text("✕ Unreadable")
    with page.expect_download() as download:
        page.get_by_text("Download JSON").click()
    films = json.loads(download.value.path().read_text())["films"]
    names = ["drawn_opacity_both.png", "drawn_clear.png", "films.zip/in a zip/clear.png", "broken.png"]
    assert [film["path"] for film in films] == names
    assert films[3]["error"].startswith("broken.png: found")
    with page.expect_download() as download:
        page.get_by_text("Download CSV").click()
    assert download.value.path().read_text().startswith("path,probability,logit,decision,quality,error,")
    page.get_by_label("by name").check()
    expect(first).to_contain_text("broken.png", timeout=PATIENCE)
    assert server.files() == []


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_feedback_survives_a_kill_and_is_exported(new_page, start, tmp_path, phantoms):
    first = start(tmp_path)
    page = new_page()
    page.goto(first.url)
    page.get_by_role("button", name="Opacity on both sides").click()
    page.get_by_label("pneumonia", exact=True).check(timeout=PATIENCE)
    page.get_by_label("Comment (no names, please)").fill("left")
    page.get_by_label(re.compile("may be kept")).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=PATIENCE)
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
            page.get_by_role("button", name="Opacity on both sides").click()
            expect(page.locator("#answer .cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
        else:
            expect(page.get_by_text("Incorrect")).to_be_visible(timeout=PATIENCE)
    for _ in range(6):
        page.locator("button.cxr-try").first.click()
        page.wait_for_timeout(200)
    expect(page.get_by_text("You sent more than 5 requests in a minute").first).to_be_visible(timeout=PATIENCE)
    assert "correct horse" not in locked.log.read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_every_page_is_readable(new_page, server, width, scheme):
    page = new_page(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 768})
    page.goto(server.url)
    for name in ("Film", "Compare", "Worklist", "Feedback", "About"):
        tab(page, name)
        expect(page.get_by_text("This is not a cleared medical device").first).to_be_visible(timeout=PATIENCE)
        if name in ("Film", "Compare"):
            page.get_by_role("button", name="Clear lungs").click()
            where = "#answer" if name == "Film" else "#answer-b"
            expect(page.locator(f"{where} .cxr-word")).to_be_visible(timeout=PATIENCE)
        if name == "About":
            expect(page.locator("#card")).to_contain_text(Classifier.load().card.intended_use, timeout=PATIENCE)
        page.wait_for_timeout(300)  # colours fade in
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
