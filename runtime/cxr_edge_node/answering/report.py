"""An answer as a structured report: an Enhanced SR after TID 1500, Measurement Report (PS3.16)."""

from __future__ import annotations

import math

from highdicom import sr
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import EnhancedSRStorage

from cxr_edge.card import OperatingPoint
from cxr_edge_node.answering import codes
from cxr_edge_node.answering.answer import Answer, Model
from cxr_edge_node.answering.identity import (
    AGE_NOTE,
    MANUFACTURER,
    MODEL_NAME,
    NOTE,
    REPORT_SERIES,
    WORDS,
    algorithm,
    answer_uids,
    decision,
    derived_uid,
    device_uid,
    new_object,
    reference,
    zones,
)
from cxr_edge_node.answering.which_films import GROUPS, sentence

_CONTAINS, _MODIFIES = sr.RelationshipTypeValues.CONTAINS, sr.RelationshipTypeValues.HAS_CONCEPT_MOD


def report(header: Dataset, answer: Answer) -> Dataset:
    """The report of an answer, ready for `Dataset.save_as`; the same bytes for the same answer.

    Enhanced SR is what most archives and viewers take, and nothing here needs more. A film that was scored has the
    probability in per cent, exact in *Floating Point Value*, the thresholds, the decision and its reasons. Any other
    has no number, but the outcome, its error class and the reasons.

    Args:
        header: of `cxr_edge_node.answering.header.read_header`.
        answer: what is said of the film.
    """
    uids = answer_uids(header, answer.model.fingerprint)
    document = new_object(header, answer, EnhancedSRStorage, (uids.report, uids.report_series), REPORT_SERIES)
    document.Modality = "SR"
    document.CompletionFlag, document.VerificationFlag = "COMPLETE", "UNVERIFIED"
    document.PreliminaryFlag = "PRELIMINARY"  # the report of record is a radiologist's
    document.ReferencedPerformedProcedureStepSequence = []
    document.PerformedProcedureCodeSequence = []
    document.CurrentRequestedProcedureEvidenceSequence = [_evidence(header)]
    for element in _content(header, answer):
        document.add(element)
    return document


def _evidence(header: Dataset) -> Dataset:
    """The film within its study (PS3.3 C.17.2.1)."""
    study, series = Dataset(), Dataset()
    series.SeriesInstanceUID = header.SeriesInstanceUID
    series.ReferencedSOPSequence = [reference(header)]
    study.StudyInstanceUID = header.StudyInstanceUID
    study.ReferencedSeriesSequence = [series]
    return study


def _content(header: Dataset, answer: Answer) -> Dataset:
    """The root of the content tree."""
    observer = sr.ObserverContext(
        observer_type=_concept(Code("121007", "DCM", "Device")),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=device_uid(answer.model),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=MODEL_NAME,
        ),
    )
    document = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=codes.CHEST_FILM if answer.outcome == "scored" else codes.IMAGING,
        imaging_measurements=[_group(header, answer)],
        language_of_content_item_and_descendants=sr.LanguageOfContentItemAndDescendants(_concept(codes.ENGLISH)),
    )
    root, said = document[0], WORDS[decision(answer)]
    headline = (_text(codes.CONCLUSION, f"{said.word}. {said.advice}"), _text(codes.COMMENT, NOTE))
    for item in headline:  # above the figures, since viewers show the tree from the top; TID 1500 is extensible
        root.ContentSequence.insert(len(root.ContentSequence) - 1, item)
    return root


def _group(header: Dataset, answer: Answer) -> sr.MeasurementsAndQualitativeEvaluations:
    """TID 1501. The finding pneumonia stands on its own only where the decision is to refer.

    Readers list findings without looking at what qualifies them, so that a film without one would be listed with it.
    Elsewhere it says what the probability is of, as a modifier of that.
    """
    said = decision(answer)
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=derived_uid("tracking", str(header.SOPInstanceUID), answer.model.fingerprint),
            identifier=f"{algorithm(answer.model)} pneumonia",
        ),
        finding_type=codes.PNEUMONIA if said == "refer" else None,
        finding_sites=[sr.FindingSite(codes.CHEST)] if answer.outcome == "scored" else None,
        algorithm_id=_algorithm(answer.model),
        measurements=_measurements(answer),
        qualitative_evaluations=_evaluations(answer, said),
    )
    content = group[0].ContentSequence
    content.append(_film(header))
    content.append(_text(codes.SHA256, answer.model.sha256))
    if answer.outcome == "scored":
        content.append(_text(codes.COMMENT, zones(answer.model.card)))
        if answer.prediction and not answer.prediction.age_known:
            content.append(_text(codes.COMMENT, AGE_NOTE))
    return group


def _film(header: Dataset) -> sr.ContentItem:
    """What was looked at; an object without pixels is no image."""
    film = str(header.SOPClassUID), str(header.SOPInstanceUID)
    if "Rows" in header:
        return sr.SourceImageForMeasurementGroup(*film)
    return sr.CompositeContentItem(Code("260753009", "SCT", "Source"), *film, relationship_type=_CONTAINS)


def _algorithm(model: Model) -> sr.AlgorithmIdentification:
    """TID 4019."""
    return sr.AlgorithmIdentification(
        name=algorithm(model),
        version=model.card.version or "unknown",
        parameters=[f"{point.name}: {_figures(point)}" for point in model.card.operating_points],
        family=codes.ARTIFICIAL_INTELLIGENCE,
        manufacturer=MANUFACTURER,
    )


def _figures(point: OperatingPoint) -> str:
    return (
        f"threshold {point.threshold:.6f}, sensitivity {point.sensitivity}, specificity {point.specificity} "
        f"(95 % intervals) on {point.measured_on}"
    )


def _measurements(answer: Answer) -> list[sr.Measurement]:
    """Probability and thresholds, TID 300; none for a film that was not scored."""
    prediction = answer.prediction
    if answer.outcome != "scored" or prediction is None or prediction.probability is None:
        return []
    if not math.isfinite(prediction.probability):  # no DICOM number
        return []
    of_pneumonia = sr.CodeContentItem(codes.FINDING, codes.PNEUMONIA, relationship_type=_MODIFIES)
    return [
        _per_cent(codes.CERTAINTY, prediction.probability, of_pneumonia),
        *(
            _per_cent(codes.THRESHOLD, point.threshold, _text(codes.OPERATING_POINT, point.name, _MODIFIES))
            for point in answer.model.card.operating_points
        ),
    ]


def _per_cent(name: Code, share: float, modifier: sr.ContentItem) -> sr.Measurement:
    measurement = sr.Measurement(name=name, value=100 * float(share), unit=codes.PERCENT)
    measurement[0].ContentSequence = sr.ContentSequence([modifier])
    return measurement


def _evaluations(answer: Answer, said: str) -> list[sr.QualitativeEvaluation]:
    groups = dict.fromkeys(GROUPS[code] for code in answer.reasons if code in GROUPS)
    classes = [codes.ERROR_CLASSES[group] for group in groups] if answer.outcome != "scored" else []
    return [
        sr.QualitativeEvaluation(codes.STATUS, codes.STATUSES[answer.outcome]),
        sr.QualitativeEvaluation(codes.DECISION, codes.DECISIONS[said]),
        *(sr.QualitativeEvaluation(codes.ERROR_CLASS, value) for value in classes),
        *(_reason(code) for code in answer.reasons),
    ]


def _reason(code: str) -> sr.QualitativeEvaluation:
    evaluation = sr.QualitativeEvaluation(codes.REASON, codes.reason(code))
    evaluation[0].ContentSequence = sr.ContentSequence([_text(codes.SENTENCE, sentence(code), _MODIFIES)])
    return evaluation


def _text(name: Code, value: str, relationship: sr.RelationshipTypeValues = _CONTAINS) -> sr.TextContentItem:
    return sr.TextContentItem(name, value or "none", relationship_type=relationship)


def _concept(code: Code) -> sr.CodedConcept:
    return sr.CodedConcept.from_code(code)
