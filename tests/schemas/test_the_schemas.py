"""The schemas by themselves: valid, complete, explained; and their page."""

import json
import re

import pytest

pytest.importorskip("jsonschema")
from jsonschema import Draft202012Validator

from cxr_edge.prediction import FIELDS
from cxr_edge_tools.outputs.checked import SCHEMAS, schemas, validator


def parts(schema):
    """`schema` and all that it is made of."""
    yield schema
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            inner = value.values()
        elif key in ("anyOf", "allOf", "prefixItems"):
            inner = value
        elif key in ("items", "additionalProperties", "contains", "propertyNames", "if", "then", "else"):
            inner = [value] if isinstance(value, dict) else []
        else:
            continue
        for one in inner:
            yield from parts(one)


@pytest.mark.parametrize("name", schemas())
def test_it_is_a_schema_and_named_for_its_file(name):
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.schema.json"
    assert schema["title"]
    assert schema["description"].endswith(".")


@pytest.mark.parametrize("name", schemas())
def test_references_lead_somewhere(name):
    resolver = validator(name)._resolver
    for part in parts(schemas()[name]):
        if "$ref" in part:
            assert isinstance(resolver.lookup(part["$ref"]).contents, dict)


@pytest.mark.parametrize("name", schemas())
def test_required_fields_are_described(name):
    """Where a part says what it requires, it says what that is; a part with a $ref may leave it to that one."""
    for part in parts(schemas()[name]):
        known = part.get("properties", {})
        open_to_all = isinstance(part.get("additionalProperties"), dict)
        for field in part.get("required", []) if part.get("type") == "object" and not open_to_all else []:
            assert field in known, (part.get("title"), field)


@pytest.mark.parametrize("name", schemas())
def test_the_page_of_schemas_names_it(name):
    assert f"`{name}`" in (SCHEMAS / "README.md").read_text(encoding="utf-8")


def test_the_page_of_schemas_names_no_other():
    first = re.findall(r"^\| (`.*?) \|", (SCHEMAS / "README.md").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(first))) == set(schemas())


def test_the_python_of_the_page_of_schemas_runs(tmp_path, monkeypatch):
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "schemas").symlink_to(SCHEMAS)
    monkeypatch.chdir(tmp_path)
    header, row = ",".join(FIELDS), ["film.jpg", "0.5", "-1e-3", "refer", "", "", "false", "0" * 64, ""]
    (tmp_path / "answers.csv").write_text(f"{header}\n{','.join(row)}\n")
    exec(block, {})
    (tmp_path / "answers.csv").write_text(f"{header}\n{','.join(['film.jpg', '1.5', *row[2:]])}\n")
    with pytest.raises(Exception, match=r"1\.5"):
        exec(block, {})


def test_json_files_are_laid_out_alike():
    for file in SCHEMAS.glob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert json.loads(text)
        assert text.endswith("}\n")
        assert "\t" not in text
