"""The page of examples/browser, as somebody sees it."""

import json
import shutil
import subprocess

import pytest

from browser_page import CONTRAST
from cxr_edge import Classifier, wording
from cxr_edge_bench.ports.browser_page import OPTIONS, answer_for, chromium, opened
from cxr_edge_bench.ports.javascript_examples import EXAMPLES, MODELS
from examples.golden_vectors import CLEAR, FOLDER
from examples.made_ready import ready

SICK = FOLDER / "drawn_opacity_both.jpg"
PAGE = EXAMPLES / "browser"


@pytest.fixture
def open_page(site):
    ready(chromium)
    return lambda **options: opened(site, **options)


def test_the_words_are_those_of_the_package():
    words = json.loads((PAGE / "words.json").read_text(encoding="utf-8"))
    assert (words["research_only"], words["children"]) == (wording.RESEARCH_ONLY, wording.CHILDREN)
    assert words["decisions"] == {name: list(said) for name, said in wording.DECISIONS.items()}
    assert words["reasons"] == {reason: wording.REASONS[reason] for reason in words["reasons"]}
    limits = Classifier.load().card.quality
    assert {*limits.kinds[1:], "too-small", "over-exposed", "under-exposed", "low-contrast"} <= words["reasons"].keys()


def test_an_answer_in_words_and_a_contour(open_page):
    classifier = Classifier.load()
    low, high = classifier.card.review_band
    with open_page() as page:
        answer_for(page, SICK)
        answer, film = page.inner_text("#answer"), page.evaluate("document.getElementById('film').toDataURL()")
        page.uncheck("#heat")
        plain = page.evaluate("document.getElementById('film').toDataURL()")
        whole = page.inner_text("body")
    assert "Refer" in answer
    assert wording.DECISIONS["refer"].advice in answer
    assert f"{100 * classifier.predict(SICK).probability:.1f} %" in answer
    assert f"no finding below {100 * low:.0f} %" in answer
    assert f"refer from {100 * high:.0f} %" in answer
    assert film != plain
    assert whole.count(wording.RESEARCH_ONLY) == 1
    assert wording.CHILDREN in whole


def test_reasons_and_refusals_are_sentences_and_a_film_follows_a_refusal(open_page, tmp_path):
    from PIL import Image

    turned, half = tmp_path / "turned.png", tmp_path / "half.jpg"
    Image.open(CLEAR).rotate(180).save(turned)
    half.write_bytes(CLEAR.read_bytes()[:20_000])
    with open_page() as page:
        answer_for(page, turned)
        assert wording.REASONS["upside-down"] in page.inner_text("#answer")
        answer_for(page, half)
        assert "half.jpg: found a truncated JPEG (no end marker)" in page.inner_text("#answer")
        assert not page.is_visible("#film")
        answer_for(page, CLEAR)
        assert page.is_visible("#film")


def test_a_dropped_film_and_another_model(open_page):
    with open_page() as page:
        first = answer_for(page, SICK)
        page.evaluate("document.body.dataset.state = 'waiting'")
        page.select_option("#model", "lungs-160")
        page.wait_for_selector("body[data-state=answered]", state="attached")
        second = page.evaluate("window.lastAnswer.probability")
        page.evaluate("document.body.dataset.state = 'waiting'")
        page.evaluate(
            """async () => {
              const canvas = document.getElementById('film');
              const blob = await new Promise((done) => canvas.toBlob(done));
              const dataTransfer = new DataTransfer();
              dataTransfer.items.add(new File([blob], 'dropped.png'));
              document.body.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer}));
            }"""
        )
        page.wait_for_selector("body[data-state=answered]", state="attached")
        assert page.inner_text("#name") == "dropped.png"
    assert second == pytest.approx(Classifier.load("lungs-160").predict(SICK).probability, abs=0.02)
    assert first["probability"] != second


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 740)])
def test_it_fits_and_can_be_read(open_page, scheme, width, height):
    with open_page(viewport={"width": width, "height": height}, color_scheme=scheme) as page:
        for film in (SICK, CLEAR, FOLDER / "golden.json"):
            answer_for(page, film)
            page.evaluate("document.querySelector('details').open = true")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(CONTRAST.replace(".gradio-container *", "body *")) == []
            box = page.locator("#answer .word").bounding_box()
            assert box["y"] + box["height"] < height  # the decision is seen without scrolling


def test_the_page_may_ask_no_other_computer(open_page):
    with pytest.raises(RuntimeError, match="Content Security Policy"), open_page() as page:
        assert page.evaluate("fetch('http://192.0.2.1/').catch(() => 'refused')") == "refused"


def test_opened_from_a_file_it_says_what_to_do(open_page, site):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        page = browser.new_page()
        page.goto((site / "index.html").as_uri())
        page.wait_for_timeout(500)
        said = " ".join(page.inner_text("#trouble").split())
        browser.close()
    assert "open it through a web server" in said


def test_a_changed_model_is_not_put_into_the_folder(site, tmp_path):
    models = shutil.copytree(MODELS, tmp_path / "models")
    with next(models.glob("*.onnx")).open("ab") as file:
        file.write(b"\0")
    program = site.parent / "browser/assemble.js"
    done = subprocess.run(["node", program, tmp_path / "site", models], capture_output=True, text=True)
    assert done.returncode == 1
    assert "expected" in done.stderr
    assert "sha256" in done.stderr
