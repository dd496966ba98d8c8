"""Codes in answers: standard ones where there are any, and the scheme `SCHEME` of this program for the rest.

Meanings of standard codes are those of PS3.16, and of SNOMED CT for ``SCT``.
"""

from __future__ import annotations

from pydicom import Dataset
from pydicom.sr.coding import Code

SCHEME = "99CXREDGE"
"""Designators of private schemes begin with 99 (PS3.16 8.2)."""

PNEUMONIA = Code("233604007", "SCT", "Pneumonia")
CHEST = Code("816094009", "SCT", "Chest")  # the film shows the chest, and its one probability is of no place within
CHEST_FILM = Code("399208008", "SCT", "Plain chest X-ray")
IMAGING = Code("363679005", "SCT", "Imaging procedure")  # of CID 100; a film that is not scored may be of anything
ENGLISH = Code("eng", "ISO639_2", "English")  # no country: nothing here is American or British

FINDING = Code("121071", "DCM", "Finding")
CONCLUSION = Code("121077", "DCM", "Conclusion")
COMMENT = Code("121106", "DCM", "Comment")
# "The likelihood that the finding detected is in fact the type of finding identified": what a calibrated probability
# is. CAD templates have it in per cent, 0…100 (TID 4006). 122157 Probability is not defined, and 111047 is of cancer.
CERTAINTY = Code("111012", "DCM", "Certainty of Finding")
PERCENT = Code("%", "UCUM", "Percent")
# What a threshold was chosen for, such as "sensitivity 0.95". 111071 CAD Operating Point is a rank, which no model has.
OPERATING_POINT = Code("111081", "DCM", "CAD Operating Point Description")
# A reason code's sentence: codes' own meanings have at most 64 characters.
SENTENCE = Code("121051", "DCM", "Equivalent Meaning of Value")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")  # CID 7162
ACQUISITION = Code("109101", "DCM", "Acquisition Equipment")  # CID 7005
PROCESSING = Code("109102", "DCM", "Processing Equipment")  # CID 7005
SOURCE_IMAGE = Code("121322", "DCM", "Source image for image processing operation")  # CID 7202

STATUS = Code("111065", "DCM", "Summary of Analyses")
STATUSES = {
    "scored": Code("111222", "DCM", "Succeeded"),
    "not scored": Code("111225", "DCM", "Not Attempted"),
    "failed": Code("111224", "DCM", "Failed"),
}
"""CID 6042 by outcome, so that a reader that knows nothing of this program can tell that there is no result."""


def own(value: str, meaning: str) -> Code:
    """A code of `SCHEME`."""
    return Code(value, SCHEME, meaning)


# 373573001 Clinical finding present and 373572006 Clinical finding absent would say more than a threshold can: "no
# finding" does not rule pneumonia out, and "review" and "retake" say neither. So decisions are codes of their own.
DECISION = own("decision", "Decision")
DECISIONS = {
    "refer": own("refer", "Refer"),
    "review": own("review", "Review"),
    "retake": own("retake", "Retake"),
    "no finding": own("no-finding", "No finding"),
    "not scored": own("not-scored", "Not scored"),
    "failed": own("failed", "Failed"),
}
"""By decision of a scored film, or by outcome of any other."""
THRESHOLD = own("threshold", "Decision threshold")  # 122411 Threshold Value is not defined
REASON = own("reason", "Reason")
ERROR_CLASS = own("error-class", "Why there is no answer")
ERROR_CLASSES = {
    "not a valid chest film": own("not-valid-film", "Not a valid chest film"),
    "age or object not supported": own("not-supported", "Age or object not supported"),
    "failed": own("failed", "Failed"),
}
"""By group of `cxr_edge_node.answering.which_films.GROUPS`."""
SHA256 = own("sha256", "SHA-256 of the model file")


def reason(code: str) -> Code:
    """A reason code as a coded value, whose meaning is the code with spaces."""
    return own(code, code.replace("-", " ")[:64] or "none")


def item(code: Code) -> Dataset:
    """An item of a code sequence (PS3.3 8.8); values of more than 16 characters have an attribute of their own."""
    dataset = Dataset()
    setattr(dataset, "CodeValue" if len(code.value) <= 16 else "LongCodeValue", code.value)
    dataset.CodingSchemeDesignator = code.scheme_designator
    dataset.CodeMeaning = code.meaning
    return dataset


def scheme() -> Dataset:
    """What objects say of `SCHEME` (PS3.3 C.12.1)."""
    dataset = Dataset()
    dataset.CodingSchemeDesignator = SCHEME
    dataset.CodingSchemeName = "cxr-edge codes"
    dataset.CodingSchemeVersion = "1"
    dataset.CodingSchemeResponsibleOrganization = "cxr-edge"
    return dataset
