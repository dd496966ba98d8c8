"""What a page shows while films are on their way, and after mistakes, in the system's Chromium."""

import zipfile

import pytest
from PIL import Image

pytest.importorskip("gradio")
pytest.importorskip("playwright")
from playwright.sync_api import expect

from browser_page import PATIENCE, drop, drop_by_hand, noise, slow_down, tab


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def page(new_page, server):
    page = new_page()
    page.goto(server.url)
    return page


@pytest.mark.parametrize(("name", "where"), [("Film", "film"), ("Compare", "compare")])
def test_the_last_answer_is_gone_before_the_next_film_has_arrived(page, phantoms, tmp_path, name, where):
    tab(page, name)
    answer = page.locator("#answer" if where == "film" else "#answer-b")
    drop(page, where, phantoms["opacity_both"])
    expect(answer.locator(".cxr-word")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("pneumonia", exact=True).locator("visible=true").check()
    slow_down(page, 200_000)
    drop(page, where, noise(tmp_path / "another patient.png"))
    expect(answer.locator(".cxr-word")).to_be_hidden(timeout=1500)
    assert page.locator("#heatmap img, #answer-b img").locator("visible=true").count() == 0
    expect(page.locator(f"#drop-{where}")).to_contain_text("another patient.png")  # still on its way
    shown = page.locator("#answer, #compare-message").locator("visible=true")
    expect(shown).to_contain_text("another patient.png", timeout=PATIENCE)
    assert not page.get_by_label("pneumonia", exact=True).locator("visible=true").is_checked()


def test_the_answer_to_a_film_is_not_shown_once_another_was_chosen(new_page, start, phantoms, tmp_path):
    page = new_page()
    page.goto(start(tmp_path).url)  # of its own: an upload whose answer nobody wants stays for five minutes
    slow_down(page, 400_000)
    drop(page, "film", noise(tmp_path / "first.png"))
    page.wait_for_timeout(300)
    drop_by_hand(page, "#drop-film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    page.wait_for_timeout(3000)
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name)


def test_films_dropped_while_others_are_scored_join_the_list(page, server, tmp_path, phantoms):
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for n in range(60):
            archive.write(phantoms["opacity_both"], f"{n:02}.png")
    tab(page, "Worklist")
    drop(page, "worklist", tmp_path / "many.zip")
    for name in ("clear", "opacity_right_lower"):
        drop_by_hand(page, "#drop-worklist", phantoms[name])
    page.wait_for_timeout(400)
    drop_by_hand(page, "#drop-worklist", phantoms["clear"])
    expect(page.locator("#summary")).to_contain_text("63 films", timeout=PATIENCE)
    expect(page.locator("#worklist tbody tr", has_text="drawn_clear.png")).to_have_count(2)
    assert page.get_by_label("Model").locator("visible=true").is_disabled()
    page.get_by_role("button", name="Start a new list").click()
    expect(page.locator("#worklist tbody tr")).to_have_count(0, timeout=PATIENCE)
    drop(page, "worklist", phantoms["clear"])
    expect(page.locator("#summary")).to_contain_text("1 film:", timeout=PATIENCE)
    assert server.files() == []


def test_films_dropped_while_others_are_on_their_way_are_sent_afterwards(page, phantoms, tmp_path):
    tab(page, "Worklist")
    slow_down(page, 400_000)
    drop(page, "worklist", noise(tmp_path / "first.png"))
    expect(page.locator("#drop-worklist input[type=file]")).to_have_count(0, timeout=1500)  # Gradio takes no more
    for name in ("clear", "opacity_both"):
        drop_by_hand(page, "#drop-worklist", phantoms[name])
    drop_by_hand(page, "body", phantoms["clear"])  # beside the place: the page stays
    expect(page.locator("#summary")).to_contain_text("3 films", timeout=PATIENCE)
    for name in ("first.png", "drawn_clear.png", "drawn_opacity_both.png"):
        expect(page.locator("#worklist tbody")).to_contain_text(name)


def test_too_many_films_are_refused_and_the_place_to_drop_stays(page, server, tmp_path, phantoms):
    for n in range(501):
        (tmp_path / f"{n}.png").write_bytes(b"x")
    tab(page, "Worklist")
    drop(page, "worklist", *sorted(tmp_path.glob("*.png")))
    expect(page.locator("#worklist-message")).to_contain_text("You sent 501 files", timeout=2 * PATIENCE)
    assert page.get_by_text("Error", exact=True).locator("visible=true").count() == 0
    drop(page, "worklist", phantoms["clear"])
    expect(page.locator("#summary")).to_contain_text("1 film:", timeout=PATIENCE)
    assert server.files() == []


def test_saving_nothing_says_what_is_missing_and_nothing_else(page):
    page.get_by_role("button", name="Clear lungs").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_contain_text("Choose a diagnosis before saving", timeout=PATIENCE)
    page.wait_for_timeout(300)
    assert page.get_by_text("Error", exact=True).locator("visible=true").count() == 0
    page.get_by_label("normal", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=PATIENCE)


def test_a_probability_that_means_nothing_is_opened_by_hand(page, tmp_path, phantoms):
    Image.open(phantoms["opacity_both"]).convert("L").rotate(180).save(tmp_path / "upside down.png")
    drop(page, "film", tmp_path / "upside down.png")
    expect(page.locator("#answer .cxr-word")).to_have_text("■ Retake", timeout=PATIENCE)
    expect(page.locator("#film img")).to_be_visible()
    for hidden in ("#answer .cxr-probability", "#answer .cxr-bar", "#heatmap img"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.get_by_role("slider").count() == 0
    page.get_by_text("Show the probability all the same").click()
    expect(page.locator("#answer .cxr-probability")).to_be_visible()
    page.get_by_text("Show where the model looked all the same").click()
    expect(page.locator("#heatmap img")).to_be_visible()
