"""Whether a file is what its JSON Schema says."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parents[3] / "schemas"
_SUFFIX = ".schema.json"


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """All schemas by name: that of ``predict.schema.json`` is ``predict``."""
    files = sorted(SCHEMAS.glob(f"*{_SUFFIX}"))
    return {file.name.removesuffix(_SUFFIX): json.loads(file.read_text(encoding="utf-8")) for file in files}


@cache
def validator(name: str) -> Draft202012Validator:
    """Of the schema `name`; it finds the others by their file names, and asks no network."""
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas().values()
    )
    return Draft202012Validator(schemas()[name], registry=registry, format_checker=FormatChecker())


def faults(name: str, value: Any) -> list[str]:
    """What is wrong with `value` by the schema `name`, a line each; empty if nothing is."""
    found = validator(name).iter_errors(value)
    return sorted(f"{error.json_path}: {error.message}" for error in found)


def values_in(file: Path) -> Iterator[Any]:
    """What a schema is about in `file`: the rows of a CSV file, the lines of a JSONL file, or all of a JSON file."""
    with file.open(newline="", encoding="utf-8") as text:
        if file.suffix == ".csv":
            yield from csv.DictReader(text)
        elif file.suffix == ".jsonl":
            yield from map(json.loads, text)
        else:
            yield json.load(text)


def schema_of(file: Path) -> str:
    """The name of the schema of ``SCHEMA--CASE.json``."""
    return file.stem.partition("--")[0]
