"""The API reference as Markdown, from the same schema that the API server enforces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from argmin.api.answer import ExitCode, Outcome, Reason
from argmin.api.base import API_VERSION
from argmin.api.generate.crd import Schema, build_crd
from argmin.api.generate.header import NOTICE
from argmin.api.kind_info import KindInfo

_HEAD = f"""<!-- {NOTICE} -->
# API reference

All kinds are of `apiVersion: {API_VERSION}` and in the category `argmin`. In documents and scripts
write their full or their short names: other projects ship kinds of the same names. Durations are
written `90s`, `10m`, `1h30m`; decimal numbers are text, so that none is rounded on its way;
quantities as everywhere in Kubernetes.
"""


def _type_of(schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "text or integer"
    if schema.get("type") == "array":
        return f"list of {_type_of(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {_type_of(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "object"))


def _size_of(schema: Schema) -> Iterator[str]:
    """The limits of a value's size: of a number its range, of others their length."""
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
    elif "minimum" in schema:
        yield f"at least {schema['minimum']}"
    elif "maximum" in schema:
        yield f"at most {schema['maximum']}"
    for key, words in (
        ("maxLength", "at most {} characters"),
        ("maxItems", "at most {} entries"),
        ("maxProperties", "at most {} entries"),
    ):
        if key in schema:
            yield words.format(schema[key])


def _values_of(schema: Schema) -> Iterator[str]:
    """Sentences on the values that are taken, and on the one that holds where none is given."""
    if "enum" in schema:
        yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
    if "default" in schema:
        yield f"Default: `{_show(schema['default'])}`."
    if "pattern" in schema:
        yield f"Matches `{schema['pattern']}`."


def _show(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | list) else str(value)


def _rows(schema: Schema, path: str, is_written: bool) -> Iterator[str]:
    """The rows of all fields below; sizes and forms only of those that users write themselves."""
    required = set(schema.get("required", ())) if is_written else set()
    listed: list[tuple[str, Schema]] = []
    for name, child in schema.get("properties", {}).items():
        is_list = child.get("type") == "array"
        nested = child["items"] if is_list else child
        here, below = f"{path}.{name}", f"{path}.{name}" + ("[]" if is_list else "")
        fields = nested.get("properties", {})
        same = next((other for other, known in listed if fields and known == fields), None)
        shown = child if is_written else {key: child[key] for key in child if key == "enum"}
        kind = ", ".join([_type_of(child), *_size_of(shown)])
        mark = ", **required**" if name in required else ""
        note = " ".join([child["description"], *_values_of(shown)])
        note += f" Its fields are those of `{same}`." if same else ""
        note = note.replace("|", "\\|")  # a bar would end the table's cell
        yield f"| `{here}` | {kind}{mark} | {note} |"
        if same is None:
            yield from _rows(nested, below, is_written)
            listed.append((below, fields))


def _rules(schema: Schema, path: str) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        yield f"| `{path}` | {rule['message']} |"
    for name, child in schema.get("properties", {}).items():
        yield from _rules(child, f"{path}.{name}".lstrip("."))
    for nested, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(nested), dict):
            yield from _rules(schema[nested], path + mark)


def render_reference(kinds: Iterable[KindInfo]) -> str:
    """The whole page."""
    parts = [_HEAD]
    for kind in kinds:
        parts += _render_kind(kind)
    parts += ["## Outcomes", "", ", ".join(f"`{outcome}`" for outcome in Outcome), ""]
    parts += ["## Reasons of a run", "", ", ".join(f"`{reason}`" for reason in Reason), ""]
    parts += ["## Exit codes of the runner", "", "| Code | Name |", "|---|---|"]
    parts += [f"| {code} | {name} |" for name, code in _exit_codes()]
    return "\n".join(parts) + "\n"


def _render_kind(kind: KindInfo) -> Iterator[str]:
    schema = build_crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    scope = "namespaced" if kind.namespaced else "of the whole cluster"
    yield from (f"## {kind.name}", "")
    yield from (f"`{kind.full_name}`, short name `{kind.short_name}`; {scope}.", "")
    for section in ("spec", "status"):
        fields = schema["properties"][section]
        yield from (f"### {kind.name}: {section}", "", fields["description"], "")
        yield from ("| Field | Type | Description |", "|---|---|---|")
        yield from (*_rows(fields, section, is_written=section == "spec"), "")
    yield from (f"### {kind.name}: rules checked at `kubectl apply`", "")
    yield from ("| Where | What to write |", "|---|---|")
    yield from _rules(schema["properties"]["spec"], "spec")
    own = {key: schema[key] for key in ("x-kubernetes-validations",) if key in schema}
    yield from (*_rules(own, "metadata"), "")


def _exit_codes() -> list[tuple[str, int]]:
    return [(name, code) for name, code in vars(ExitCode).items() if isinstance(code, int)]
