"""Outputs of this version, made by its commands, and those of earlier ones, kept: each is what its schema says."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("jsonschema")

from cxr_edge_tools.outputs import of_commands, of_demo, of_evaluation, of_node
from cxr_edge_tools.outputs.checked import faults, schema_of, schemas, values_in
from cxr_edge_tools.outputs.workshop import Workshop

ROOT = Path(__file__).parents[2]
KEPT = sorted(file for file in (ROOT / "tests/schemas/outputs").glob("*/*--*"))
RUN = ROOT / "results/lungs-96"
DIFFERENCES = {
    "before-0.1.0": {
        ("info", "$: 'left_out' is a required property"): "cards told nothing of left-out films",
        ("info", "$.quality: 'adult' is a required property"): "no model told adults apart",
        ("info", "$.quality: 'least_lung' is a required property"): "no model saw lungs",
        ("info", "$.quality: 'lung_at_edge' is a required property"): "no model saw lungs",
        ("pool", "$: 'left_out' is a required property"): "the AUC of left-out films was not printed",
        ("run-recipe", "$: 'math' is a required property"): "that run began before it was written down",
        ("run-recipe", "$.run.recipe: 'fold' is a required property"): "that run began before there were folds",
        ("run-recipe", "$.run.recipe: 'teachers' is a required property"): "that run began before there were teachers",
    },
}
"""By version: schema and fault of its outputs, and why it is right that today's schema refuses them."""


def found_in(files):
    """(schema, fault) of all values in `files`."""
    return {
        (schema_of(file), fault)
        for file in files
        for value in values_in(file)
        for fault in faults(schema_of(file), value)
    }


def found_after(make, shop, *more):
    """`found_in` the outputs that `make` adds, each of which must hold something to check."""
    before = set(shop.out.iterdir())
    make(shop, *more)
    files = sorted(set(shop.out.iterdir()) - before)
    assert files
    assert all(list(values_in(file)) for file in files)
    return found_in(files)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    made = Workshop(Path(sys.executable), folder / "work", folder / "out")
    made.fill()
    return made


def test_of_the_commands_of_every_installation(shop):
    assert found_after(of_commands.make, shop) == set()
    rows = list(values_in(shop.out / "predict-csv--damaged.csv"))
    assert sorted(row["path"] for row in rows if row["error"])[:1] == ["'=page.jpg"]
    kinds = {film["decision"] for file in shop.out.glob("predict-jsonl*") for film in values_in(file)}
    assert {"refer", "retake", None} <= kinds


def test_of_evaluation(shop):
    pytest.importorskip("sklearn")
    assert found_after(of_evaluation.make, shop, RUN) == set()


def test_of_a_training_run(drawn_films, tmp_path):
    pytest.importorskip("tensorflow")
    from tiny_training import train_tiny

    train_tiny(drawn_films, tmp_path)
    names = {"recipe": "run-recipe", "operating_point": "run-operating-point", "metrics": "run-metrics"}
    files = {tmp_path / f"{file}.json": name for file, name in names.items()}
    files |= {tmp_path / f"{file}.csv": f"run-{file}-csv" for file in ("manifest", "predictions", "history")}
    for file, name in files.items():
        values = list(values_in(file))
        assert values
        assert [fault for value in values for fault in faults(name, value)] == [], file


def test_of_the_demo(shop):
    pytest.importorskip("gradio_client")
    assert found_after(of_demo.make, shop) == set()


def test_of_the_node(shop):
    pytest.importorskip("pynetdicom")
    pytest.importorskip("highdicom")
    assert found_after(of_node.make, shop) == set()
    (status,) = values_in(shop.out / "node-status--all.json")
    assert status["refusals"]


@pytest.mark.parametrize("model", ["lungs-96", "lungs-160", "a1_baseline"])
def test_of_the_records_of_a_bundled_model(model):
    folder = ROOT / "results" / model
    files = {f"{part.replace('-', '_')}.json": f"run-{part}" for part in ("recipe", "operating-point", "metrics")}
    for file, name in {**files, "parity.json": "export-parity"}.items():
        (value,) = values_in(folder / file)
        assert faults(name, value) == [], file


def test_of_the_example_of_a_report():
    (report,) = values_in(ROOT / "docs/benchmark_report/report.json")
    assert faults("report", report) == []


def test_of_the_models_for_comparison():
    (index,) = values_in(ROOT / "demo/cxr_edge_demo/comparison/index.json")
    assert faults("model-index", index) == []


@pytest.mark.parametrize("version", sorted({file.parent.name for file in KEPT}))
def test_of_an_earlier_version_but_for_listed_differences(version):
    files = [file for file in KEPT if file.parent.name == version]
    assert found_in(files) == set(DIFFERENCES.get(version, {}))


def test_kept_outputs_are_of_every_schema():
    elsewhere = {"common", "report", "kit-manifest"}  # parts of others; in docs/benchmark_report; made from downloads
    elsewhere |= {name for name in schemas() if name.startswith("archive-")}  # test_archive_outputs makes them anew
    assert {schema_of(file) for file in KEPT} == set(schemas()) - elsewhere
