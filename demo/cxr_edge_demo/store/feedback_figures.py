"""What the feedback says of each model so far, with 95 % intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge_demo.store.feedback import Feedback

# The latest answer of each model to each film, with the latest diagnosis of that film.
_ANSWERS = """
SELECT model, version, model_sha256, probability >= threshold, decision,
    (SELECT diagnosis FROM feedback AS said WHERE said.film_sha256 = f.film_sha256 ORDER BY id DESC LIMIT 1)
FROM feedback AS f
WHERE id = (SELECT MAX(id) FROM feedback AS g WHERE g.film_sha256 = f.film_sha256 AND g.model_sha256 = f.model_sha256)
ORDER BY model, version, model_sha256
"""


@dataclass(frozen=True)
class Accuracy:
    """One model against the diagnoses of users; every film once.

    Attributes:
        model, version, sha256: which; the sha256 includes that of an operating point file.
        pneumonia, normal: films of either diagnosis.
        other: films of another diagnosis or none, which count for nothing.
        set_aside: of the counted films, those that were called review or retake.
        sensitivity, specificity: of probability against the threshold, whatever review or retake would have said.
    """

    model: str
    version: str
    sha256: str
    pneumonia: int
    normal: int
    other: int
    set_aside: int
    sensitivity: Estimate
    specificity: Estimate


@dataclass(frozen=True)
class VoteCount:
    """How often one model's answer was preferred to another's.

    Attributes:
        model, sha256: which.
        preferred, equal, other: votes for it, for neither, and for the other model.
        share: preferred, of the votes with a preference.
    """

    model: str
    sha256: str
    preferred: int
    equal: int
    other: int
    share: Estimate


def accuracies(feedback: Feedback) -> list[Accuracy]:
    """Sensitivity and specificity of every model that has feedback."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for model, version, sha256, referred, decision, diagnosis in feedback.rows(_ANSWERS):
        count = counts.setdefault((model, version, sha256), Counter())
        if diagnosis in ("pneumonia", "normal"):
            count[diagnosis] += 1
            count["right"] += bool(referred) == (diagnosis == "pneumonia")
            count["found"] += bool(referred) and diagnosis == "pneumonia"
            count["set aside"] += decision in ("review", "retake")
        else:
            count["other"] += 1
    return [
        Accuracy(
            *key,
            pneumonia=c["pneumonia"],
            normal=c["normal"],
            other=c["other"],
            set_aside=c["set aside"],
            sensitivity=proportion(c["found"], c["pneumonia"]),
            specificity=proportion(c["right"] - c["found"], c["normal"]),
        )
        for key, c in counts.items()
    ]


def vote_counts(feedback: Feedback) -> list[VoteCount]:
    """Votes per model, the most preferred first."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    query = "SELECT model_a, model_a_sha256, model_b, model_b_sha256, preferred FROM votes"
    for model_a, sha_a, model_b, sha_b, preferred in feedback.rows(query):
        for key, letter in (((model_a, sha_a), "A"), ((model_b, sha_b), "B")):
            word = "equal" if preferred == "equal" else "preferred" if preferred == letter else "other"
            counts.setdefault(key, Counter())[word] += 1
    found = [
        VoteCount(*key, c["preferred"], c["equal"], c["other"], proportion(c["preferred"], c["preferred"] + c["other"]))
        for key, c in counts.items()
    ]
    return sorted(found, key=lambda count: (-count.preferred, count.model))


def to_dict(feedback: Feedback) -> dict[str, Any]:
    """Both as plain values; figures that no film supports are null."""
    return {
        "accuracy": [_plain(asdict(row)) for row in accuracies(feedback)],
        "votes": [_plain(asdict(row)) for row in vote_counts(feedback)],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    def null(value: Any) -> Any:
        return None if isinstance(value, dict) and value["value"] != value["value"] else value  # NaN is no JSON

    return {key: null(value) for key, value in values.items()}
