"""The chart's files that need no Helm to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from argmin.backends.policy import Allowed

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "argmin"


def _paths(values: dict[str, Any], schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        properties = schema.get("properties", {})
        if name not in properties:
            yield f"{prefix}{name}"
        elif isinstance(value, dict):
            inner = properties[name]
            if "properties" in inner:
                yield from _paths(value, inner, f"{prefix}{name}.")


def _properties(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _properties(inner, f"{prefix}{name}.")


def _has(values: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True


def read_values() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return values


def read_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
    return schema


def test_the_schema_knows_every_value() -> None:
    assert list(_paths(read_values(), read_schema())) == []


def test_every_value_of_the_schema_is_documented_with_its_default() -> None:
    helm_own = {"global"}
    documented = read_values()
    missing = [p for p in _properties(read_schema()) if not _has(documented, p)]
    assert set(missing) == helm_own


def test_every_object_of_the_schema_refuses_values_it_does_not_know() -> None:
    def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "properties" in schema:
            yield schema
            for inner in schema["properties"].values():
                yield from objects(inner)

    assert all(schema["additionalProperties"] is False for schema in objects(read_schema()))


def test_the_chart_carries_the_generated_crds() -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.glob("*.yaml")}

    assert contents(CHART / "files" / "crds") == contents(ROOT / "crds")


def test_the_chart_and_the_package_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert f'version = "{chart["appVersion"]}"' in (ROOT / "pyproject.toml").read_text()


PATTERNS = [
    *("team", "team*", "*", "a*b", "", "registry.example/*", "registry.example/a*"),
    *("registry.example*", "/a*", "https://a*", "https://a/*", "https:*", "https://a/b"),
]


@pytest.mark.parametrize("name", [name for name in Allowed.model_fields if name != "backends"])
def test_the_chart_refuses_the_patterns_of_a_policy_that_the_operator_refuses(name: str) -> None:
    definitions = read_schema()["definitions"]
    alias = Allowed.model_fields[name].alias or name
    lists = definitions["policy"]["properties"]["allowed"]["properties"]
    of_chart = definitions[lists[alias]["$ref"].rpartition("/")[2]]["items"]["pattern"]
    accepted = [pattern for pattern in PATTERNS if is_accepted(name, pattern)]
    assert [p for p in PATTERNS if re.search(of_chart, p)] == accepted


def is_accepted(name: str, pattern: str) -> bool:
    try:
        Allowed.model_validate({name: [pattern]})
    except ValidationError:
        return False
    return True
