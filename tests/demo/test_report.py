"""The report to print: one page of A4 that holds the answer, and nothing of the patient but what the reader types."""

import re
import shutil
import subprocess

import pytest
from PIL import Image

pytest.importorskip("gradio")
from cxr_edge.wording import RESEARCH_ONLY
from cxr_edge_demo.html.report import report
from cxr_edge_demo.timed_scoring import score
from cxr_edge_demo.words import speaking
from cxr_edge_demo.words.translator import words
from helpers import encoded


@pytest.fixture(scope="module")
def scored(classifier, phantoms):
    return score(classifier, phantoms["opacity_both"].read_bytes(), "SMITH^JOHN 1934.png")


@pytest.fixture(scope="module")
def retake(classifier, phantoms):
    film = encoded(Image.open(phantoms["opacity_both"]).convert("L").rotate(180), "PNG")
    return score(classifier, film, "x.png")


def test_a_report_holds_the_answer_and_how_it_was_made(scored, classifier):
    page = report(scored)
    point = classifier.card.operating_points[0]
    for said in (
        RESEARCH_ONLY,
        "▲",
        "Refer",
        f"{100 * scored.prediction.probability:.1f} %",
        f"{classifier.card.name} {classifier.card.version}",
        classifier.sha256,
        scored.sha256,
        f"from {100 * point.threshold:.1f} %",
        "The reader&#39;s own finding",
    ):
        assert said in page, said
    assert page.count("<figure>") == 2  # the film, and with contours
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", page)


def test_a_report_holds_no_name_and_sends_nothing(scored):
    page = report(scored)
    assert "SMITH" not in page
    assert not re.search(r"<form|<input[^>]*name=|action=|fetch\(|https?:", page)


def test_a_retake_has_no_score_and_no_contours(retake):
    page = report(retake)
    assert 'cxr-zones"' not in page
    assert f"{100 * retake.prediction.probability:.1f} %" not in page.replace("33.4 %", "")
    assert page.count("<figure>") == 1


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("which", ["scored", "retake"])
def test_a_report_is_one_page_of_a4(browser, tmp_path, request, which, language):
    if shutil.which("pdfinfo") is None:
        pytest.skip("needs pdfinfo, of poppler")
    with speaking(words(language)):
        (tmp_path / "report.html").write_text(report(request.getfixturevalue(which)), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    page.get_by_label("Patient", exact=True).fill("typed in")
    page.pdf(path=str(tmp_path / "report.pdf"), prefer_css_page_size=True, print_background=True)
    page.close()
    told = subprocess.run(["pdfinfo", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages:\s+1\n", told)
    width, height = (float(value) for value in re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told).groups())
    assert (width, height) == (pytest.approx(595, abs=1.5), pytest.approx(842, abs=1.5))
    text = subprocess.run(["pdftotext", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True)
    assert "typed in" in text.stdout
    assert request.getfixturevalue(which).sha256 in text.stdout.replace("\n", "")


def test_a_report_is_opened_from_the_answer_and_is_behind_the_same_login(new_page, start, tmp_path, phantoms):
    from playwright.sync_api import expect

    from browser_page import PATIENCE, drop
    from cxr_edge_demo.web.exposure import VARIABLE

    server = start(tmp_path, **{VARIABLE: "anna:correct horse"})
    page = new_page()
    page.goto(server.url)
    page.get_by_label("username").fill("anna")
    page.get_by_label("password").fill("correct horse")
    page.get_by_role("button", name="Login").click()
    drop(page, "film", phantoms["opacity_both"])
    expect(page.locator("#answer .cxr-name")).to_have_text(phantoms["opacity_both"].name, timeout=PATIENCE)
    with page.context.expect_page() as found:
        page.get_by_role("link", name="Report to print").click()
    expect(found.value.locator(".cxr-word")).to_have_text("▲ Refer", timeout=PATIENCE)
    address = found.value.url
    stranger = new_page()
    assert stranger.goto(address).status == 401
    assert page.request.get(address.rsplit("/", 1)[0] + "/unknown").status == 404
    assert stranger.request.get(f"{server.url}/cxr/alive").status == 204
