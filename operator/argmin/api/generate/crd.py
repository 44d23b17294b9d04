"""From the models to CustomResourceDefinitions: structural schemas with defaults and CEL rules."""

from __future__ import annotations

from typing import Any

import yaml

from argmin.api.base import API_VERSION, GROUP, VERSION, ApiModel
from argmin.api.generate.header import NOTICE
from argmin.api.kind_info import Column, KindInfo

Schema = dict[str, Any]

_KEPT = {
    "type",
    "description",
    "enum",
    "pattern",
    "format",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    "anyOf",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
}
"""Keywords of JSON schema that a structural schema may carry; the rest is pydantic's own."""


def structural_schema(model: type[ApiModel]) -> Schema:
    """The model's schema as Kubernetes wants it: no references, no nulls, no unions."""
    raw = model.model_json_schema(by_alias=True)
    return _convert(raw, raw.get("$defs", {}))


def _convert(node: Schema, definitions: dict[str, Schema]) -> Schema:
    node = _resolve(node, definitions)
    kept = {key: value for key, value in node.items() if key in _KEPT}
    if kept.get("default") in (None, "", [], {}):
        kept.pop("default", None)
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    if "properties" in node:
        kept["properties"] = {
            name: _convert(child, definitions) for name, child in node["properties"].items()
        }
    if "items" in node:
        kept["items"] = _convert(node["items"], definitions)
    if isinstance(node.get("additionalProperties"), dict):
        kept["additionalProperties"] = _convert(node["additionalProperties"], definitions)
    return kept


def _resolve(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Put a reference's target in its place; `X | None` becomes X. The node's own words win."""
    if "x-kubernetes-int-or-string" in node:
        return node
    own = {key: value for key, value in node.items() if key not in ("$ref", "anyOf", "allOf")}
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _resolve({**target, **own}, definitions)
    if "anyOf" in node:
        (choice,) = (option for option in node["anyOf"] if option.get("type") != "null")
        return _resolve({**choice, **own}, definitions)
    return node


def _root_schema(kind: KindInfo) -> Schema:
    schema = structural_schema(kind.model)
    properties = schema["properties"]
    properties["apiVersion"] = {"type": "string", "description": f"{API_VERSION}."}
    properties["kind"] = {"type": "string", "description": f"{kind.name}."}
    # The API server refuses anything else here, also a description: it has its own.
    properties["metadata"] = {"type": "object"}
    schema["required"] = ["spec"]
    _drop_defaults(properties["status"])
    return schema


def _drop_defaults(node: Schema) -> None:
    """A status is written whole by the operator: defaults there would be facts nobody observed."""
    node.pop("default", None)
    for child in (
        *node.get("properties", {}).values(),
        *([node["items"]] if "items" in node else []),
    ):
        _drop_defaults(child)


def build_crd(kind: KindInfo) -> Schema:
    """The CustomResourceDefinition of a kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": kind.full_name,
            "labels": {"app.kubernetes.io/name": "argmin"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short_name],
                "categories": ["argmin"],
            },
            "versions": [_build_version(kind)],
        },
    }


def _build_version(kind: KindInfo) -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_build_column(column) for column in kind.columns],
        "schema": {"openAPIV3Schema": _root_schema(kind)},
    }


def _build_column(column: Column) -> Schema:
    shown = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return {**shown, "priority": 1} if column.wide else shown


class _Dumper(yaml.SafeDumper):
    """Writes out in each place what is used twice: people read the file, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render_crd(kind: KindInfo) -> str:
    """The CRD as YAML."""
    text: str = yaml.dump(build_crd(kind), Dumper=_Dumper, sort_keys=False, width=100)
    return f"# {NOTICE}\n{text}"
