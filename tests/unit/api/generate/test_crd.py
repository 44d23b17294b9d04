"""The generated schema keeps to what the API server demands of a structural schema."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from argmin.api.generate.crd import build_crd
from argmin.api.generate.reference import render_reference
from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.api.optimization.spec import OptimizationJobSpec
from argmin.api.registry import KINDS
from argmin.api.solve.solvers import FAMILIES, SolverName


def root_schema() -> dict[str, Any]:
    version = build_crd(OPTIMIZATION_JOB)["spec"]["versions"][0]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    for nested in ("items", "additionalProperties"):
        if isinstance(schema.get(nested), dict):
            yield from walk(schema[nested], f"{path}[]")


def test_every_node_has_a_type_or_is_int_or_string() -> None:
    untyped = [
        path
        for path, node in walk(root_schema())
        if "type" not in node and "x-kubernetes-int-or-string" not in node
    ]
    assert untyped == []


@pytest.mark.parametrize("keyword", ["$ref", "title", "const", "oneOf", "nullable"])
def test_no_node_carries_a_keyword_that_is_pydantics_own(keyword: str) -> None:
    assert [path for path, node in walk(root_schema()) if keyword in node] == []


def test_every_rule_of_the_spec_reaches_the_schema_with_its_message() -> None:
    published = {
        rule["message"] for rule in root_schema()["properties"]["spec"]["x-kubernetes-validations"]
    }
    assert published == {rule.message for rule in OptimizationJobSpec.RULES}


def test_no_number_of_the_spec_is_a_float() -> None:
    spec = root_schema()["properties"]["spec"]
    assert [path for path, node in walk(spec) if node.get("type") == "number"] == []


def test_every_list_and_every_free_text_of_the_spec_is_bounded() -> None:
    spec = root_schema()["properties"]["spec"]
    unbounded = [
        path
        for path, node in walk(spec)
        if (node.get("type") == "array" and "maxItems" not in node)
        or (node.get("type") == "string" and not {"maxLength", "enum", "pattern"} & node.keys())
    ]
    assert unbounded == []


def test_the_status_has_no_defaults() -> None:
    status = root_schema()["properties"]["status"]
    assert [path for path, node in walk(status) if "default" in node] == []


def test_the_printer_columns_are_those_people_are_promised() -> None:
    columns = build_crd(OPTIMIZATION_JOB)["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    assert shown == ["State", "Outcome", "Objective", "Proof", "Gap", "Solutions", "Solver", "Age"]


def test_the_reference_names_every_field_of_the_schema() -> None:
    page = render_reference(KINDS)
    paths = [
        path.lstrip(".")
        for path, _ in walk(root_schema()["properties"]["spec"], "spec")
        if path != "spec" and not path.endswith("[]") and "[].[" not in path
    ]
    missing = [path for path in paths if f"`{path}`" not in page and "[]" not in path]
    assert missing == []


def test_the_second_solver_is_refused_where_it_is_of_the_family_of_the_first() -> None:
    for first, second in product(SolverName, SolverName):
        spec = {"model": {"format": "python", "source": {"inline": "x"}}}
        spec |= {"solver": {"name": first}, "proof": {"solver": second}}
        is_refused = second is SolverName.IPOPT or FAMILIES[first] == FAMILIES[second]
        try:
            OptimizationJobSpec.model_validate(spec)
        except ValidationError:
            assert is_refused, (first, second)
        else:
            assert not is_refused, (first, second)
