"""From the models to CustomResourceDefinitions: structural schemas with defaults and CEL rules.

`python -m argmin.api.crd` prints the YAML of every kind.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from argmin.api.common import GROUP, VERSION, ApiModel
from argmin.api.conditions import VERIFIED
from argmin.api.optimizationjob import KIND, PLURAL, SHORT_NAME, OptimizationJob

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

_CHECKED = "Whether the answer was checked against the model, and is right."

_COLUMNS = (
    ("State", "string", ".status.state", "Where the job stands.", 0),
    ("Outcome", "string", ".status.outcome", "What is known about the model.", 0),
    ("Objective", "string", ".status.objective", "Value of the best solution.", 0),
    ("Gap", "string", ".status.gap", "Relative distance of objective and bound.", 0),
    ("Solutions", "integer", ".status.solutions", "Solutions found.", 0),
    ("Solver", "string", ".status.solver", "The solver that answered.", 0),
    ("Age", "date", ".metadata.creationTimestamp", "Since creation.", 0),
    ("Bound", "string", ".status.bestBound", "Best proven bound.", 1),
    ("Seconds", "string", ".status.solveSeconds", "Time of the search.", 1),
    ("Verified", "string", f".status.conditions[?(@.type=='{VERIFIED}')].status", _CHECKED, 1),
)


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


def _root_schema(model: type[ApiModel]) -> Schema:
    schema = structural_schema(model)
    properties = schema["properties"]
    for name in ("apiVersion", "kind"):
        properties[name] = {"type": "string"}
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


def build_optimization_job_crd() -> Schema:
    """The CustomResourceDefinition of `optimizationjobs.argmin.dev`."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{PLURAL}.{GROUP}",
            "labels": {"app.kubernetes.io/name": "argmin"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": [SHORT_NAME],
                "categories": ["argmin"],
            },
            "versions": [_version(OptimizationJob)],
        },
    }


def _version(model: type[ApiModel]) -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {
                "name": name,
                "type": kind,
                "jsonPath": path,
                "description": description,
                **({"priority": priority} if priority else {}),
            }
            for name, kind, path, description, priority in _COLUMNS
        ],
        "schema": {"openAPIV3Schema": _root_schema(model)},
    }


class _Dumper(yaml.SafeDumper):
    """Writes out in each place what is used twice: people read the file, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def main() -> None:
    """Print the CRDs as YAML."""
    sys.stdout.write("# Generated from operator/argmin/api by `make crds`. Do not edit.\n")
    crd = build_optimization_job_crd()
    yaml.dump(crd, sys.stdout, Dumper=_Dumper, sort_keys=False, width=100)


if __name__ == "__main__":
    main()
