"""The RayJob of the examples has the fields that KubeRay's ``ray.io/v1`` knows, and each pod two processors or more.

What stands here are those of the operator's published resource definition that the example uses; nothing else may.
"""

from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
jsonschema = pytest.importorskip("jsonschema")

JOB = Path(__file__).parents[2] / "examples/kubernetes/archive_job.yaml"


def closed(required=(), **properties):
    """An object of these fields alone."""
    known = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return known


TEXT, COUNT, TRUTH = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
CPUS = {"type": "string", "pattern": r"^([2-9]|[1-9]\d+)$"}
MEMORY = {"type": "string", "pattern": r"^\d+(Mi|Gi)$"}
AMOUNT = closed(("cpu", "memory"), cpu=CPUS, memory=MEMORY)
CONTAINER = closed(
    ("name", "image", "resources"),
    name=TEXT,
    image=TEXT,
    env={"type": "array", "items": closed(("name", "value"), name=TEXT, value=TEXT)},
    envFrom={"type": "array", "items": closed(("secretRef",), secretRef=closed(("name",), name=TEXT))},
    resources=closed(("limits", "requests"), limits=AMOUNT, requests=AMOUNT),
)
PODS = closed(("spec",), spec=closed(("containers",), containers={"type": "array", "minItems": 1, "items": CONTAINER}))
WORKERS = closed(
    ("groupName", "minReplicas", "maxReplicas", "template"),
    groupName=TEXT, replicas=COUNT, minReplicas=COUNT, maxReplicas=COUNT, rayStartParams=TEXTS, template=PODS,
)  # fmt: skip
CLUSTER = closed(
    ("headGroupSpec",),
    rayVersion=TEXT,
    headGroupSpec=closed(("template",), rayStartParams=TEXTS, template=PODS),
    workerGroupSpecs={"type": "array", "minItems": 1, "items": WORKERS},
)
RAY_JOB = closed(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=closed(("name",), name={"type": "string", "pattern": "^[a-z0-9-]{1,47}$"}),
    spec=closed(
        ("entrypoint", "rayClusterSpec"),
        entrypoint=TEXT, backoffLimit=COUNT, shutdownAfterJobFinishes=TRUTH, ttlSecondsAfterFinished=COUNT,
        rayClusterSpec=CLUSTER,
    ),
)  # fmt: skip


@pytest.fixture
def job():
    return yaml.safe_load(JOB.read_text(encoding="utf-8"))


def test_the_job_has_known_fields_of_the_right_kind(job):
    jsonschema.Draft202012Validator.check_schema(RAY_JOB)
    jsonschema.validate(job, RAY_JOB)


def test_a_misspelt_field_and_a_narrow_pod_are_refused(job):
    workers = job["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]
    workers["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "1"
    with pytest.raises(jsonschema.ValidationError, match="'1' does not match"):
        jsonschema.validate(job, RAY_JOB)
    workers["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "8"
    job["spec"]["shutdownAfterJobFinish"] = True
    with pytest.raises(jsonschema.ValidationError, match="shutdownAfterJobFinish"):
        jsonschema.validate(job, RAY_JOB)


def test_its_command_exists(job):
    from cxr_edge.cli.main import command_parser

    args = command_parser().parse_args(job["spec"]["entrypoint"].split()[1:])
    assert (args.address, args.manifest, args.out) == ("auto", "s3://BUCKET/films.parquet", "s3://BUCKET/results")


def test_it_asks_for_the_ray_that_the_tests_run_with(job):
    ray = pytest.importorskip("ray")
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == ray.__version__
