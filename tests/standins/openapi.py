"""Checks values against the providers' own OpenAPI documents, where they are at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SPECS = Path(__file__).parents[2] / ".." / "shared" / "specs"


@cache
def document(name: str) -> dict[str, Any]:
    """Return the OpenAPI document `name` as JSON Schema understands it, or skip the test."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(reason=f"{name} is not beside the checkout")
    text = path.read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return _with_null_types(loaded)


def problems(name: str, schema: str, value: Any) -> list[str]:
    """Return where `value` is not the component `schema` of the document."""
    root = document(name)
    asked = {"$ref": f"#/components/schemas/{schema}", "components": root["components"]}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(asked).iter_errors(value)]


def response_problems(name: str, path: str, method: str, status: int, value: Any) -> list[str]:
    """Return where `value` is not what the document says this call answers with `status`."""
    root = document(name)
    content = root["paths"][path][method]["responses"][str(status)]["content"]
    schema = {**content["application/json"]["schema"], "components": root["components"]}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(value)]


def _with_null_types(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_null_types(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _with_null_types(value) for key, value in node.items()}
    if copy.get("nullable") is True and isinstance(copy.get("type"), str):
        copy["type"] = [copy["type"], "null"]
    return copy
