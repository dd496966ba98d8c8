"""Every schema refuses outputs that are wrong: each case breaks a kept output in one place."""

import copy
from pathlib import Path

import pytest

pytest.importorskip("jsonschema")

from cxr_edge_tools.outputs.checked import faults, schemas, validator, values_in

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests/schemas/outputs/0.1.0"
GONE = object()
"""In place of a value: the field is taken away."""

BROKEN = {
    "predict": [
        ("samples", "schema", 2, "const"),
        ("samples", "model.threshold", 1.0, "exclusiveMaximum"),
        ("samples", "model.operating_point_sha256", GONE, "required"),
        ("samples", "films.0.decision", "maybe", "anyOf"),
        ("samples", "films.1.quality", ["adult"], "maxItems"),  # with refer
        ("heatmap", "films.1.quality", ["adult"], "contains"),  # with retake
        ("heatmap", "films.1.quality", ["nonsense"], "anyOf"),
        ("damaged", "films.0.probability", None, "type"),
        ("prevalence", "predictive_values.0.ppv.high", 1.5, "maximum"),
        ("prevalence", "predictive_values.0.npv", 0.9, "type"),
    ],
    "predict-jsonl": [
        ("damaged", "error", "no film", "type"),
        ("damaged", "age_known", 0, "type"),
        ("damaged", "sha256", "ABC", "anyOf"),
        ("damaged", "path", GONE, "required"),
    ],
    "predict-csv": [
        ("damaged", "path", "=page.jpg", "pattern"),
        ("damaged", "probability", "nan", "anyOf"),
        ("damaged", "age_known", "False", "enum"),
        ("damaged", "quality", "adult,age", "pattern"),
    ],
    "watch-csv": [
        ("damaged", "bytes", "12.5", "pattern"),
        ("damaged", "scored_at", "yesterday", "pattern"),
        ("damaged", "age_known", "true", "enum"),
    ],
    "info": [
        ("default", "left_out", GONE, "required"),
        ("default", "operating_points", [], "minItems"),
        ("default", "quality.adult", 2, "anyOf"),
    ],
    "card": [
        ("default", "classes", ["NORMAL"], "minItems"),
        ("default", "operating_points.0.sensitivity.unit", "%", "additionalProperties"),
        ("default", "quality.kinds", ["adult", "upright"], "anyOf"),
        ("default", "intended_use", GONE, "required"),
        ("default", "temperature", 0, "exclusiveMinimum"),
    ],
    "models": [
        ("all", "models.1.alias", "best", "enum"),
        ("all", "models.1.default", True, "maxContains"),
        ("all", "models.0.file", "models/a.onnx", "pattern"),
    ],
    "model-index": [
        ("runtime", "aliases.fast", "lungs-96", "enum"),
        ("runtime", "models.0.bytes", 5, "additionalProperties"),
        ("runtime", "models.0.sha256", "0", "pattern"),
    ],
    "selftest": [
        ("passed", "models.0.failures", ["pixels differ"], "maxItems"),
        ("passed", "passed", False, "contains"),
        ("passed", "machine.cpu", GONE, "required"),
        ("passed", "models.0.largest_differences.pixels", 300, "maximum"),
    ],
    "bench": [
        ("short", "models.0.median_ms", -1, "minimum"),
        ("short", "models.0.peak_bytes", "much", "anyOf"),
        ("short", "fastest", GONE, "required"),
    ],
    "operating-point": [
        ("clinic", "temperature.value", 30, "maximum"),
        ("clinic", "operating_points.0.threshold", 0, "exclusiveMinimum"),
        ("clinic", "model.sha256", GONE, "required"),
        ("clinic", "films.normal", -1, "minimum"),
    ],
    "golden": [
        ("cut", "films.0.pixels.96", "golden/a.pgm", "pattern"),
        ("cut", "models.0.answers.x", {"logit": 1}, "required"),
        ("cut", "tolerance.logit", GONE, "required"),
    ],
    "node-status": [
        ("all", "received.answered", 1.5, "type"),
        ("all", "reasons.nonsense", 1, "anyOf"),
        ("all", "refusals.0.at", "2026-01-01 10:00", "pattern"),
        ("all", "errors.PACS@127*0*0*1:9.0.state", "lost", "enum"),
    ],
    "node-export-csv": [
        ("all", "outcome", "perhaps", "enum"),
        ("all", "film", "1.2.840.10008", "pattern"),
        ("all", "probability", "", "minLength"),
    ],
    "demo-predict": [
        ("film", "token", "short", "minLength"),
        ("film", "film", GONE, "required"),
        ("film", "milliseconds.decode", -1, "minimum"),
        ("film", "probability", 1.01, "anyOf"),
    ],
    "demo-worklist": [("damaged", "films.0.number", 0, "minimum"), ("damaged", "model", GONE, "required")],
    "demo-compare": [("film", "B", GONE, "required"), ("film", "A.decision", "sick", "anyOf")],
    "demo-vote": [("names", "A", 1, "type"), ("names", "B", GONE, "required")],
    "demo-figures": [
        ("one", "accuracy.0.specificity", "unknown", "anyOf"),
        ("one", "votes.0.share.low", GONE, "anyOf"),
    ],
    "demo-feedback": [
        ("row", "diagnosis", "fracture", "enum"),
        ("row", "comment", "x" * 1001, "maxLength"),
        ("row", "model_sha256", "0" * 64 + "+", "pattern"),
    ],
    "evaluate": [
        ("films", "metrics.auc.value", 1.2, "maximum"),
        ("films", "metrics.confusion.tp", GONE, "required"),
        ("scores", "unreadable", None, "type"),
    ],
    "evaluate-audit": [
        ("all", "changes.as it is.flagged", GONE, "required"),
        ("all", "changes.as it is", GONE, "required"),
        ("all", "full_size.pairs", "many", "type"),
    ],
    "pool": [("folds", "test.auc.runs", [0.9], "minItems"), ("folds", "thresholds", {}, "minProperties")],
    "run-recipe": [
        ("whole", "run.recipe.kind", "own", "enum"),
        ("whole", "run.recipe.epochs", 0, "minimum"),
        ("whole", "run.recipe.protocol", "published", "required"),
        ("whole", "run.manifest_sha256", GONE, "required"),
    ],
    "run-operating-point": [("whole", "temperature", -1, "exclusiveMinimum"), ("whole", "chosen_on", GONE, "required")],
    "run-metrics": [("whole", "test", GONE, "required"), ("whole", "validation.films", 0, "minimum")],
    "run-manifest-csv": [("cut", "part", "calibration", "enum"), ("cut", "sha256", "", "pattern")],
    "run-predictions-csv": [("cut", "label", "2", "enum"), ("cut", "probability", "-0.1", "pattern")],
    "run-history-csv": [("cut", "loss", "low", "pattern"), ("cut", "val_loss", GONE, "required")],
    "export-parity": [
        ("whole", "int8.releasable", False, "minItems"),
        ("whole", "fp32", GONE, "required"),
        ("whole", "int8.parity.test.max_difference", 2, "maximum"),
    ],
    "report": [
        ("", "models.x", "0", "pattern"),
        ("", "steps.parity.error", GONE, "required"),
        ("", "parity.models.lungs-96.parts.test.films", 0, "minimum"),
        ("", "failures", GONE, "required"),
    ],
}
"""By schema: case of a kept output, place (* for a dot within a name), what is put there, keyword that refuses it."""

CASES = [(name, *broken) for name, several in BROKEN.items() for broken in several]


def first_value(name, case):
    if name == "report":
        return next(values_in(ROOT / "docs/benchmark_report/report.json"))
    (file,) = KEPT.glob(f"{name}--{case}.*")
    return next(values_in(file))


def broken(value, place, new):
    """A copy of `value` with `new` at `place`."""
    changed = copy.deepcopy(value)
    *path, last = (key.replace("*", ".") for key in place.split("."))
    inner = changed
    for key in path:
        inner = inner[int(key) if isinstance(inner, list) else key]
    if new is GONE:
        del inner[last]
    elif isinstance(inner, list):
        inner[int(last)] = new
    else:
        inner[last] = new
    return changed


@pytest.mark.parametrize(("name", "case", "place", "new", "keyword"), CASES)
def test_what_is_broken_in_one_place_is_refused(name, case, place, new, keyword):
    value = first_value(name, case)
    assert faults(name, value) == []
    assert keyword in {error.validator for error in validator(name).iter_errors(broken(value, place, new))}


def test_every_schema_has_something_that_it_refuses():
    elsewhere = {name for name in schemas() if name.startswith("archive-")} | {"kit-manifest"}  # in tests of their own
    assert set(BROKEN) == set(schemas()) - elsewhere - {"common"}
