"""Words and fields of the schemas are those of the code."""

import dataclasses
import re
from typing import get_args

import pytest

pytest.importorskip("jsonschema")

from cxr_edge import Classifier, ModelCard, list_models
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.calibration.left_out import LeftOut
from cxr_edge.calibration.operating_point_file import OperatingPointFile, WithFlagged
from cxr_edge.calibration.thresholds import COLDEST, HOTTEST
from cxr_edge.card import OperatingPoint
from cxr_edge.computer.machine import machine
from cxr_edge.prediction import FIELDS
from cxr_edge.quality import RETAKE, Decision, QualityLimits
from cxr_edge.results import ledger, writers
from cxr_edge.store import BundledModel
from cxr_edge.wording import REASONS
from cxr_edge_tools.outputs.checked import schemas

COMMON = schemas()["common"]["$defs"]
CELLS = COMMON["cells"]["$defs"]


def required(name, *path):
    part = schemas()[name]
    for key in path:
        part = part[key]
    return set(part["required"])


def fields(kind):
    return {field.name for field in dataclasses.fields(kind)}


def test_decisions_and_reason_codes_are_those_of_the_code():
    assert set(COMMON["decision"]["enum"]) == set(get_args(Decision))
    assert set(COMMON["retakeReason"]["enum"]) == RETAKE
    assert set(COMMON["reviewReason"]["enum"]) == set(REASONS) - RETAKE
    codes = [*COMMON["retakeReason"]["enum"], *COMMON["reviewReason"]["enum"]]
    assert CELLS["reasons"]["pattern"] == f"^(({'|'.join(codes)})( (?!$)|$))*$"


def test_reason_codes_of_the_node_are_those_of_the_code():
    which_films = pytest.importorskip("cxr_edge_node.answering.which_films")
    own = COMMON["nodeReason"]["anyOf"][1]["enum"]
    assert set(own) == set(which_films.REASONS)
    codes = [*COMMON["retakeReason"]["enum"], *COMMON["reviewReason"]["enum"], *own]
    assert CELLS["nodeReasons"]["pattern"] == f"^(({'|'.join(codes)})( (?!$)|$))*$"


def test_words_of_the_node_are_those_of_the_code():
    pytest.importorskip("pydicom")
    from cxr_edge_node.answering import codes
    from cxr_edge_node.records.day_table import COLUMNS
    from cxr_edge_node.records.node_ledger import State
    from cxr_edge_node.records.status import SHOWN

    status = schemas()["node-status"]["properties"]
    assert set(status["received"]["required"]) == set(get_args(State))
    assert set(status["outcomes"]["required"]) == set(codes.STATUSES)
    assert set(schemas()["node-export-csv"]["properties"]["outcome"]["enum"]) == set(codes.STATUSES)
    assert status["refusals"]["maxItems"] == status["errors"]["additionalProperties"]["maxItems"] == SHOWN
    assert required("node-export-csv") == set(COLUMNS)


def test_fields_of_the_core_are_those_of_the_code():
    assert required("common", "$defs", "answer") | {"path"} == set(FIELDS) == required("predict-csv")
    assert required("watch-csv") == set(ledger.COLUMNS)
    assert required("common", "$defs", "estimate") == fields(Estimate)
    assert required("common", "$defs", "operatingPoint") == fields(OperatingPoint)
    assert required("common", "$defs", "leftOut") == fields(LeftOut)
    assert required("common", "$defs", "machine") == set(machine())
    assert required("card") | {"left_out"} == fields(ModelCard) | {"schema"}
    assert set(schemas()["card"]["properties"]) == fields(ModelCard) | {"schema"}
    assert set(schemas()["card"]["$defs"]["quality"]["properties"]) == fields(QualityLimits)
    assert set(schemas()["operating-point"]["properties"]) == fields(OperatingPointFile) | {"schema"}
    both = schemas()["operating-point"]["properties"]["with_flagged"]["additionalProperties"]
    assert set(both["required"]) == fields(WithFlagged)
    temperature = schemas()["operating-point"]["properties"]["temperature"]["properties"]
    assert (temperature["value"]["minimum"], temperature["high"]["maximum"]) == (COLDEST, HOTTEST)
    index = schemas()["model-index"]["properties"]["models"]["items"]
    assert set(index["required"]) | {"path", "alias"} == fields(BundledModel) | {"file"}
    assert COMMON["schema"]["const"] == writers.SCHEMA


def test_every_kind_that_a_bundled_model_tells_apart_is_a_reason_code():
    codes = {*COMMON["retakeReason"]["enum"], *COMMON["reviewReason"]["enum"]}
    for model in list_models():
        kinds = Classifier.load(model.name).card.quality.kinds
        assert set(kinds[1:]) <= codes


def test_words_of_the_demo_are_those_of_the_code():
    pytest.importorskip("gradio")
    from cxr_edge_demo.store.feedback import DIAGNOSES, MAX_COMMENT
    from cxr_edge_demo.store.feedback_figures import Accuracy, VoteCount

    row = schemas()["demo-feedback"]["properties"]
    assert set(row["diagnosis"]["enum"]) == set(DIAGNOSES)
    assert row["comment"]["maxLength"] == MAX_COMMENT
    figures = schemas()["demo-figures"]["properties"]
    assert set(figures["accuracy"]["items"]["required"]) == fields(Accuracy)
    assert set(figures["votes"]["items"]["required"]) == fields(VoteCount)


def test_fields_of_training_are_those_of_the_code():
    pytest.importorskip("sklearn")
    from cxr_edge_train.data.split import COLUMNS
    from cxr_edge_train.evaluation.audit import Audited
    from cxr_edge_train.evaluation.metrics import Metrics
    from cxr_edge_train.learning.recipe import BalancedRecipe
    from cxr_edge_train.learning.run_folder import SCORED, STRESSED, SWAPPED, ChosenThresholds

    assert required("common", "$defs", "metrics") == fields(Metrics)
    assert required("run-manifest-csv") == set(COLUMNS)
    assert set(schemas()["run-operating-point"]["properties"]) == fields(ChosenThresholds)
    assert set(schemas()["run-predictions-csv"]["properties"]["part"]["enum"]) == {*SCORED, STRESSED, SWAPPED}
    assert set(schemas()["evaluate-audit"]["properties"]["changes"]["additionalProperties"]["required"]) == fields(
        Audited
    )
    recipe = schemas()["run-recipe"]["properties"]["run"]["properties"]["recipe"]
    assert {*recipe["properties"], *recipe["else"]["properties"]} == fields(BalancedRecipe) | {"kind"}


@pytest.mark.parametrize("text", ["", "adult", "adult age", "turned-left no-lungs"])
def test_a_cell_of_reason_codes(text):
    assert re.search(CELLS["reasons"]["pattern"], text)
    assert not re.search(CELLS["reasons"]["pattern"], f"{text} nonsense")
    assert not re.search(CELLS["reasons"]["pattern"], f"{text} ")
