"""The API reference as Markdown, from the same schema that the API server enforces.

`python -m argmin.api.reference` prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from argmin.api.crd import Schema, build_optimization_job_crd
from argmin.api.outcome import ExitCode, Outcome, Reason

_HEAD = """<!-- Generated from operator/argmin/api by `make docs`. Do not edit. -->
# API reference

`apiVersion: argmin.dev/v1alpha1`, `kind: OptimizationJob`; short name `opt`, category `argmin`.
In documents and scripts write `optimizationjobs.argmin.dev` or `opt`: another project ships a
kind of the same name. Durations are written `90s`, `10m`, `1h30m`; decimal numbers are text, so
that none is rounded on its way; quantities as everywhere in Kubernetes.
"""


def _type_of(schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "text or integer"
    if schema.get("type") == "array":
        return f"list of {_type_of(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {_type_of(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "object"))


def _limits_of(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "default" in schema:
        yield f"default `{_show(schema['default'])}`"
    for key, words in (
        ("minimum", "at least {}"),
        ("maximum", "at most {}"),
        ("maxLength", "at most {} characters"),
        ("maxItems", "at most {} entries"),
        ("maxProperties", "at most {} entries"),
        ("pattern", "matches `{}`"),
    ):
        if key in schema:
            yield words.format(schema[key])


def _show(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rows(schema: Schema, path: str) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, child in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        limits = "; ".join(_limits_of(child))
        sentences = [child.get("description", ""), limits[:1].upper() + limits[1:]]
        note = " ".join(sentence.rstrip(".") + "." for sentence in sentences if sentence)
        note = note.replace("|", "\\|")  # a bar would end the table's cell
        mark = " **required**" if name in required else ""
        yield f"| `{here}` | {_type_of(child)}{mark} | {note} |"
        nested = child["items"] if child.get("type") == "array" else child
        yield from _rows(nested, here + ("[]" if child.get("type") == "array" else ""))


def _rules(schema: Schema, path: str) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        yield f"| `{path}` | {rule['message']} |"
    for name, child in schema.get("properties", {}).items():
        yield from _rules(child, f"{path}.{name}".lstrip("."))
    for nested, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(nested), dict):
            yield from _rules(schema[nested], path + mark)


def render_reference() -> str:
    """The whole page."""
    schema = build_optimization_job_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    parts = [_HEAD]
    for section in ("spec", "status"):
        parts += [f"## {section}", "", "| Field | Type | |", "|---|---|---|"]
        parts += [*_rows(schema["properties"][section], section), ""]
    parts += ["## Rules checked at `kubectl apply`", "", "| Where | What to write |", "|---|---|"]
    parts += [*_rules(schema["properties"]["spec"], "spec")]
    parts += [*_rules({"x-kubernetes-validations": schema["x-kubernetes-validations"]}, "metadata")]
    parts += ["", "## Outcomes", "", ", ".join(f"`{outcome}`" for outcome in Outcome), ""]
    parts += ["## Reasons of a run", "", ", ".join(f"`{reason}`" for reason in Reason), ""]
    parts += ["## Exit codes of the runner", "", "| Code | Name |", "|---|---|"]
    parts += [f"| {code} | {name} |" for name, code in _exit_codes()]
    return "\n".join(parts) + "\n"


def _exit_codes() -> list[tuple[str, int]]:
    return [(name, code) for name, code in vars(ExitCode).items() if isinstance(code, int)]


def main() -> None:
    """Print the page."""
    sys.stdout.write(render_reference())


if __name__ == "__main__":
    main()
