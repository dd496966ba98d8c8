"""Report and picture of every kind of answer: valid, exact, the same each time, and without a patient in the pixels."""

import io
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pydicom")
pytest.importorskip("highdicom")
import pydicom

from cxr_edge_node.answering.answer import Answer
from cxr_edge_node.answering.header import read_header
from cxr_edge_node.answering.identity import AGE_NOTE, NOTE, answer_uids
from cxr_edge_node.answering.picture import SIDE, draw, picture
from cxr_edge_node.answering.report import report
from cxr_edge_node.answering.which_films import is_own_answer, sentence
from dicom_film import SECRETS
from node.answer_cases import FILM, MADE_AT, SERIES, STUDY, answers, flaws, model, pixels, received, with_film

KINDS = list(answers())
UNKNOWN_CODES = {
    "Warning - Unrecognized defined term <99CXREDGE> for value 1 of attribute <Coding Scheme Designator>",
    "Warning - is only permitted to be empty when actually unknown; should be absent (not empty) if an unpaired body "
    "part, and have a value if a paired body part - attribute <Laterality>",
}


@pytest.fixture
def header(tmp_path):
    return read_header(received(tmp_path))


def items(dataset):
    """All content items as (name's code, value), depth first."""
    for item in dataset.get("ContentSequence", []):
        name = item.ConceptNameCodeSequence[0].CodeValue
        value = item.get("TextValue")
        if item.ValueType == "CODE":
            code = item.ConceptCodeSequence[0]
            value = code.get("CodeValue") or code.LongCodeValue
        elif item.ValueType == "NUM":
            measured = item.MeasuredValueSequence[0]
            assert measured.MeasurementUnitsCodeSequence[0].CodeValue == "%"
            assert float(measured.NumericValue) == pytest.approx(measured.FloatingPointValue, rel=1e-12)
            value = measured.FloatingPointValue
        yield name, value
        yield from items(item)


def saved(dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_reports_are_valid(header, tmp_path, kind):
    made = report(header, answers()[kind])
    assert flaws(made, tmp_path) == []
    assert set(flaws(made, tmp_path, "Warning")) <= UNKNOWN_CODES


@pytest.mark.parametrize("kind", with_film())
def test_pictures_are_valid(header, tmp_path, kind):
    made = picture(header, answers()[kind])
    assert flaws(made, tmp_path) == []
    assert set(flaws(made, tmp_path, "Warning")) <= UNKNOWN_CODES


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_answer_makes_the_same_bytes(header, kind):
    answer = answers()[kind]
    assert saved(report(header, answer)) == saved(report(header, answer))
    if answer.prediction:
        assert saved(picture(header, answer)) == saved(picture(header, answer))


def test_a_film_that_was_scored(header):
    answer = answers()["refer"]
    said = list(items(report(header, answer)))
    names = dict(said)
    assert names["111012"] / 100 == pytest.approx(answer.prediction.probability, abs=1e-12)
    thresholds = [value / 100 for name, value in said if name == "threshold"]
    assert thresholds == pytest.approx([point.threshold for point in answer.model.card.operating_points], abs=1e-12)
    assert [value for name, value in said if name == "111081"] == [p.name for p in answer.model.card.operating_points]
    assert (names["decision"], names["111065"], names["sha256"]) == ("refer", "111222", answer.model.sha256)
    assert (names["111001"], names["111003"], names["111000"]) == (
        "cxr-edge lungs-96",
        answer.model.card.version,
        "123110",
    )
    assert ("121106", NOTE) in said


@pytest.mark.parametrize("age_known", [True, False])
def test_whether_the_film_states_an_age(header, age_known):
    answer = answers()["review"]
    told = replace(answer, prediction=replace(answer.prediction, age_known=age_known))
    assert (("121106", AGE_NOTE) in items(report(header, told))) is not age_known


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_on_its_own_is_only_where_the_decision_is_to_refer(header, kind):
    group = report(header, answers()[kind]).ContentSequence[-1].ContentSequence[0]
    alone = [item for item in group.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "121071"]
    assert len(alone) == (kind == "refer")
    scored = answers()[kind].outcome == "scored"
    assert (("121071", "233604007") in items(group)) is scored


@pytest.mark.parametrize("kind", ["not scored", "failed"])
def test_a_film_that_was_not_scored_has_no_number(header, kind):
    answer = answers()[kind]
    said = list(items(report(header, answer)))
    assert not {"111012", "threshold"} & {name for name, _ in said}
    assert [value for name, value in said if name == "reason"] == list(answer.reasons)
    assert [value for name, value in said if name == "121051"] == [sentence(code) for code in answer.reasons]
    classes = [value for name, value in said if name == "error-class"]
    assert classes == (["not-valid-film", "not-supported"] if kind == "not scored" else ["failed"])
    assert dict(said)["111065"] == ("111225" if kind == "not scored" else "111224")


def test_the_film_is_referred_to(header):
    made = report(header, answers()["refer"])
    study = made.CurrentRequestedProcedureEvidenceSequence[0]
    series = study.ReferencedSeriesSequence[0]
    assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (STUDY, SERIES)
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == FILM
    assert picture(header, answers()["refer"]).SourceImageSequence[0].ReferencedSOPInstanceUID == FILM


@pytest.mark.parametrize("make", [report, picture])
def test_patient_study_and_maker(header, make):
    made = make(header, answers()["refer"])
    assert (made.PatientName, made.PatientID, made.StudyInstanceUID) == ("MUSTERMANN^ERIKA", "4711-0815", STUDY)
    assert (made.AccessionNumber, made.StudyTime) == ("A1", "101112.5")
    assert made.SeriesDescription == "cxr-edge lungs-96: research only"
    assert (made.ContentDate, made.ContentTime) == ("20260131", "140506.123456")
    assert [item.Manufacturer for item in made.ContributingEquipmentSequence] == ["ACME", "cxr-edge"]
    assert is_own_answer(made)
    assert made.file_meta.ImplementationVersionName.startswith("CXR-EDGE ")
    assert made.SeriesInstanceUID not in (SERIES, made.SOPInstanceUID)


def test_times_are_in_the_zone_that_the_film_states(tmp_path):
    header = read_header(received(tmp_path, TimezoneOffsetFromUTC="-0330"))
    made = report(header, answers()["refer"])
    assert (made.TimezoneOffsetFromUTC, made.ContentDate, made.ContentTime) == ("-0330", "20260131", "093506.123456")


def test_uids_follow_from_film_and_model(header):
    uids = answer_uids(header, model().fingerprint)
    assert uids == answer_uids(header, model().fingerprint)
    values = [uids.report, uids.picture, uids.report_series, uids.picture_series]
    assert len(set(values)) == 4
    assert all(pydicom.uid.UID(uid).is_valid and uid.startswith("2.25.") for uid in values)
    other = answer_uids(header, "another model")
    assert not set(values) & {other.report, other.picture, other.report_series, other.picture_series}
    header.SOPInstanceUID = "1.2.3"
    assert answer_uids(header, model().fingerprint).report != uids.report
    assert answer_uids(header, model().fingerprint).report_series == uids.report_series


def test_an_object_without_pixels_is_referred_to_as_no_image(header, tmp_path):
    del header.Rows
    made = report(header, answers()["failed"])
    assert flaws(made, tmp_path) == []
    assert "COMPOSITE" in str(made)
    assert "IMAGE" not in [item.ValueType for item in made.ContentSequence[-1].ContentSequence[0].ContentSequence]


@pytest.mark.parametrize(
    "card",
    [
        {"name": "m\\odel\n" + "x" * 99, "version": ""},
        {"name": "клиника", "version": "9" * 99},
    ],
)
def test_odd_model_cards(header, tmp_path, card):
    answer = answers()["refer"]
    point = replace(answer.model.card.operating_points[0], name="näher " * 900 + "x" * 5000, threshold=1e-12)
    changed = replace(answer.model.card, operating_points=(point,), **card)
    odd = replace(answer, model=replace(answer.model, card=changed))
    assert flaws(report(header, odd), tmp_path) == []
    assert flaws(picture(header, odd), tmp_path) == []


@pytest.mark.parametrize("probability", [0.0, 1.0, 1e-12, float("nan"), None])
def test_every_probability_can_be_said(header, tmp_path, probability):
    answer = answers()["review"]
    odd = replace(answer, prediction=replace(answer.prediction, probability=probability))
    assert flaws(report(header, odd), tmp_path) == []
    assert flaws(picture(header, odd), tmp_path) == []


@pytest.mark.parametrize("kind", with_film())
def test_nothing_of_the_header_is_drawn(header, kind, monkeypatch):
    from PIL import ImageDraw

    written = []
    original = ImageDraw.ImageDraw.text
    monkeypatch.setattr(
        ImageDraw.ImageDraw,
        "text",
        lambda self, xy, text, *a, **k: written.append(text) or original(self, xy, text, *a, **k),
    )
    made = picture(header, answers()[kind])
    text = "\n".join(written)
    assert NOTE in text
    assert "2026-01-31 13:05 UTC" in text
    assert not any(secret in text for secret in SECRETS)
    assert (" %" in text) is (kind in ("refer", "review", "no finding", "lateral"))
    assert pixels(made).shape[1] == SIDE


def test_contours_are_only_where_they_mean_something():
    coloured = {}
    for kind in with_film():
        film = np.asarray(draw(answers()[kind]))[:SIDE].astype(int)
        coloured[kind] = bool((np.ptp(film, axis=2) > 60).any())
    assert coloured["refer"]
    assert not any(coloured[kind] for kind in ("retake", "not scored", "not scored, long code"))


def test_a_real_film(data, tmp_path):
    from cxr_edge import Classifier

    classifier = Classifier.load()
    for film in sorted((data / "dicom").glob("*.dcm")):
        header = read_header(film)
        prediction = classifier.predict(film, heatmap=True)
        answer = Answer("scored", prediction.quality, model(), MADE_AT, prediction)
        assert flaws(report(header, answer), tmp_path) == []
        assert flaws(picture(header, answer), tmp_path) == []
