"""Which films are scored, by their header."""

import pytest

pytest.importorskip("pydicom")
from cxr_edge import wording
from cxr_edge.quality import RETAKE
from cxr_edge_node.answering.header import read_header
from cxr_edge_node.answering.which_films import (
    FAILED,
    GROUPS,
    NOT_A_CHEST_FILM,
    NOT_SUPPORTED,
    REASONS,
    is_own_answer,
    sentence,
    why_not,
)
from node.answer_cases import received


@pytest.mark.parametrize(
    ("tags", "codes"),
    [
        ({}, ()),
        ({"ViewPosition": "LL"}, ("not-frontal",)),
        ({"BodyPartExamined": "HAND"}, ("not-chest",)),
        ({"Modality": "CT"}, ("not-a-radiograph",)),
        ({"PatientAge": "045Y"}, ("age",)),
        ({"PatientBirthDate": "19800101"}, ("age",)),
        ({"PresentationIntentType": "FOR PROCESSING"}, ("for-processing",)),
        ({"PresentationIntentType": "FOR PRESENTATION"}, ()),
        ({"PhotometricInterpretation": "RGB"}, ("colour",)),
        ({"PhotometricInterpretation": "MONOCHROME1"}, ()),
        ({"NumberOfFrames": 2}, ("several-frames",)),
        ({"NumberOfFrames": 1}, ()),
        ({"Modality": "US", "NumberOfFrames": 9}, ("not-a-radiograph", "several-frames")),
    ],
)
def test_what_the_header_says_against_a_film(tmp_path, tags, codes):
    assert why_not(read_header(received(tmp_path, **tags))) == codes


@pytest.mark.parametrize(
    ("tags", "too_small_or_large"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.2], "Rows": 1024, "Columns": 1024}, False),
        ({"ImagerPixelSpacing": [0.1, 0.1], "Rows": 600, "Columns": 600}, True),  # a finger
        ({"ImagerPixelSpacing": [0.2, 0.2], "Rows": 3500, "Columns": 1700}, True),  # a leg, of several films
        ({"PixelSpacing": [0.1, 0.1], "Rows": 600, "Columns": 1200}, True),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.01, 0.01], "Rows": 1024, "Columns": 1024}, False),
        ({"PixelSpacing": [1, 1], "Rows": 2048, "Columns": 2048}, False),
        ({"PixelSpacing": [0, 0], "Rows": 2048, "Columns": 2048}, False),
        ({"PixelSpacing": [0.1, 9], "Rows": 600, "Columns": 600}, False),
        ({"PixelSpacing": [0.352778, 0.352778], "Rows": 2048, "Columns": 2048}, False),  # 72 dots per inch
        ({"PixelSpacing": [0.264583, 0.264583], "Rows": 3000, "Columns": 3000}, False),  # 96
        ({}, False),
    ],
)
def test_a_field_that_is_not_that_of_a_chest(tmp_path, tags, too_small_or_large):
    header = read_header(received(tmp_path))
    for keyword, value in tags.items():
        setattr(header, keyword, value)
    assert ("field-size" in why_not(header)) is too_small_or_large


def test_a_view_that_is_misspelt_is_still_a_view(tmp_path):
    header = read_header(received(tmp_path))
    header.ViewPosition = "LATERAL _LEFT_"
    assert why_not(header) == ("not-frontal",)


def test_every_code_has_a_group_and_a_sentence():
    assert set(GROUPS) == {*REASONS, *wording.REASONS}
    assert set(GROUPS.values()) == {NOT_A_CHEST_FILM, NOT_SUPPORTED, FAILED}
    assert not {*REASONS} & {*wording.REASONS}
    assert all(GROUPS[code] == NOT_A_CHEST_FILM for code in RETAKE)
    assert sentence("lateral") == wording.REASONS["lateral"]
    assert sentence("colour") == REASONS["colour"]
    assert "later-version" in sentence("later-version")


@pytest.mark.parametrize(("maker", "own"), [("cxr-edge", True), ("CXR-EDGE ", True), ("cxr-edges", False), ("", False)])
def test_own_answers_are_known_by_their_maker(tmp_path, maker, own):
    assert is_own_answer(read_header(received(tmp_path, Manufacturer=maker))) is own
