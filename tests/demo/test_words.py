"""Every sentence of the demo is in the catalogue and translated; the language follows the browser."""

import ast
import string
from pathlib import Path

import polib
import pytest

import cxr_edge
from cxr_edge import CxrEdgeError, UnreadableFilm
from cxr_edge.wording import DECISIONS, REASONS, RESEARCH_ONLY
from cxr_edge_demo.html import answers
from cxr_edge_demo.html.wording import decision_words, reason, unreadable
from cxr_edge_demo.timed_scoring import score
from cxr_edge_demo.words import Catalogue, Words, _n, current, speaking
from cxr_edge_demo.words.extraction import BROWSER, PACKAGE, all_sentences, script_sentences, template_sentences
from cxr_edge_demo.words.languages import chosen
from cxr_edge_demo.words.patterns import pattern
from cxr_edge_demo.words.po_files import catalogue_keys, renewed
from cxr_edge_demo.words.runtime_sentences import FILES
from cxr_edge_demo.words.translator import FOLDER, clinic_catalogue, words

LANGUAGES = sorted(FOLDER.glob("*.po"))


def fields(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


@pytest.fixture(params=LANGUAGES, ids=lambda file: file.stem)
def catalogue(request):
    return polib.pofile(str(request.param), encoding="utf-8")


def test_every_sentence_of_the_demo_is_translated(catalogue):
    keys = catalogue_keys()
    assert {entry.msgid for entry in catalogue} == set(keys)
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert catalogue.fuzzy_entries() == []


def test_translations_have_the_placeholders_of_their_sentences(catalogue):
    for entry in catalogue:
        for translated in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            assert fields(translated) == fields(entry.msgid), entry.msgid


def test_the_catalogue_names_whoever_reviewed_it(catalogue):
    assert "X-Reviewed-By" in catalogue.metadata


def test_sentences_are_found_where_they_are_said():
    assert "Report to print" in template_sentences()
    assert any(sentence.startswith("This page takes one film") for sentence in script_sentences())
    assert "Reading the film" in all_sentences()
    assert {RESEARCH_ONLY, *REASONS.values(), *(w.advice for w in DECISIONS.values())} <= set(catalogue_keys())


def test_no_sentence_of_a_template_or_a_script_is_forgotten():
    """Words between tags, and strings that a script shows, go through the catalogue."""
    import re

    for file in sorted((PACKAGE / "html" / "templates").glob("*.html")):
        text = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<(style|script|code).*?</\1>", "", file.read_text("utf-8"), flags=re.S
        )
        said = [found.strip() for found in re.findall(r">([^<>]*)<", text)]
        assert [found for found in said if re.search(r"[A-Za-z]{3} [a-z]{2}", found)] == [], file.name
    for file in sorted(BROWSER.glob("*.js")):
        shown = re.findall(
            r'(?:textContent|innerText|title|alert\()\s*=?\s*"([A-Z][^"]+ [^"]+)"', file.read_text("utf-8")
        )
        assert shown == [], file.name


def test_what_the_runtime_says_of_files_is_in_the_list():
    """Constant sentences of `UnreadableFilm` in the code that reads films."""
    found = set()
    for file in [*(Path(cxr_edge.__file__).parent / "film").glob("*.py"), PACKAGE / "web" / "zip_files.py"]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UnreadableFilm":
                found |= {
                    argument.value
                    for argument in node.args[:2]
                    if isinstance(argument, ast.Constant) and argument.value
                }
    ours = {sentence for sentence in found if "pip install" not in sentence}  # the demo brings that package
    never_sent = {"no such file", "no permission to read it", "a name or file object that cannot be opened",
                  "a file opened as text", "one opened in binary mode, 'rb'"}  # fmt: skip
    assert len(ours) > 20
    assert {said for said in ours - never_sent if said not in FILES and pattern(said) not in FILES} == set()


def test_an_answer_in_french(classifier, phantoms):
    film = phantoms["opacity_both"].read_bytes()
    scored = score(classifier, film, "x.png")
    with speaking(words("fr")):
        said = answers.answer(scored)
        assert current().language == "fr"
        assert decision_words("refer").word == "À adresser"
        assert reason("upside-down") == "Le cliché est à l'envers."
        error = UnreadableFilm("9 × 12 pixels", "at least 32 on each side", "a.png")
        assert unreadable(error) == (
            "a.png n'a pas pu être lu. Il contient 9 × 12 pixels. La démo attend au moins 32 de chaque côté."
        )
        forms = [_n("{n} film", "{n} films", n).format(n=n) for n in (0, 1, 2)]
    assert forms == ["0 cliché", "1 cliché", "2 clichés"]
    assert f"{100 * scored.prediction.probability:.1f} %".replace(".", ",") in said
    assert "This" not in said
    assert "This film does not state an age." in answers.answer(scored)


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "fr-CA,fr;q=0.9,en;q=0.8"}, "fr"),
        ({"accept-language": "de,fr;q=0.3,en;q=0.8"}, "en"),
        ({"accept-language": "fr;q=0,en;q=0.1"}, "en"),
        ({"accept-language": "*, ;q=x, FR;q=nonsense"}, "en"),
        ({"accept-language": "en", "cookie": "other=1; cxr-lang=fr"}, "fr"),
        ({"accept-language": "fr", "cookie": "cxr-lang=xx"}, "fr"),
    ],
)
def test_the_language_follows_the_browser(headers, language):
    assert chosen(Catalogue(), headers) == language


def test_a_clinic_adds_a_language_by_one_file(tmp_path):
    new = renewed(tmp_path / "sw.po")
    assert len(new) == len(catalogue_keys())
    new.find("Refer").msgstr = "Mpe rufaa"
    new.metadata["X-Reviewed-By"] = "Dr A"
    new.save(str(tmp_path / "sw.po"))
    kept = renewed(tmp_path / "sw.po")
    assert kept.find("Refer").msgstr == "Mpe rufaa"
    catalogue = clinic_catalogue(tmp_path)
    assert catalogue.languages == ("en", "fr", "sw")
    swahili = catalogue.words("sw")
    assert (swahili.gettext("Refer"), swahili.gettext("Review")) == ("Mpe rufaa", "Review")  # English until translated
    assert swahili.reviewed == "Dr A"
    assert catalogue.words("fr").reviewed == ""
    assert Words().reviewed


def test_a_broken_file_of_words_is_said_in_one_sentence(tmp_path):
    (tmp_path / "xx.po").write_bytes(b"msgid \xff\xfe")
    with pytest.raises(CxrEdgeError, match="expected a PO file in UTF-8"):
        clinic_catalogue(tmp_path)
    (tmp_path / "xx.po").write_text('msgid "{n} films"\nmsgstr "{m} filamu"\n', encoding="utf-8")
    with pytest.raises(CxrEdgeError, match="expected the braces of"):
        clinic_catalogue(tmp_path)
    with pytest.raises(CxrEdgeError, match="found no PO file"):
        clinic_catalogue(tmp_path / "nothing")
    with pytest.raises(CxrEdgeError, match="found no such language; expected en"):
        Catalogue(()).words("tlh")
