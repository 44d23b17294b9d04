"""Every field of every kind is described, so that `kubectl explain` teaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from argmin.api.generate.crd import build_crd
from argmin.api.generate.reference import render_reference
from argmin.api.kind_info import KindInfo
from argmin.api.registry import KINDS

ANNOTATION_LIMIT = 256 * 1024
"""Bytes: all annotations of an object together. `kubectl apply` puts the whole CRD into one."""
SPARE = 32 * 1024
"""Bytes left for the annotations of others."""
LONGEST = 320
"""Characters: what a paragraph of `kubectl explain` shows in about four lines."""

OF_THE_API_SERVER = ".metadata"
"""The API server refuses a description there, and `kubectl explain` prints that of ObjectMeta."""

Schema = dict[str, Any]


each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def root_schema(kind: KindInfo) -> Schema:
    (version,) = build_crd(kind)["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def list_properties(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every property of a schema, at all depths, with its path."""
    for name, child in schema.get("properties", {}).items():
        yield f"{path}.{name}", child
        yield from list_properties(child, f"{path}.{name}")
    for nested, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(nested), dict):
            yield from list_properties(schema[nested], path + mark)


@each_kind
def test_every_field_has_a_description(kind: KindInfo) -> None:
    bare = [
        path
        for path, field in list_properties(root_schema(kind))
        if not field.get("description", "").strip() and path != OF_THE_API_SERVER
    ]
    assert bare == []


@each_kind
def test_a_description_is_a_sentence_or_two(kind: KindInfo) -> None:
    described = [
        (path, field.get("description", "")) for path, field in list_properties(root_schema(kind))
    ]
    ragged = [path for path, text in described if text and not text.endswith(".")]
    long = [path for path, text in described if len(text) > LONGEST]
    assert (ragged, long) == ([], [])


@each_kind
def test_the_api_server_is_given_no_description_of_the_metadata(kind: KindInfo) -> None:
    assert root_schema(kind)["properties"]["metadata"] == {"type": "object"}


@each_kind
def test_the_crd_can_be_applied_from_the_client(kind: KindInfo) -> None:
    crd = build_crd(kind)
    as_annotation = json.dumps(crd, separators=(",", ":"), ensure_ascii=False).encode()
    assert len(as_annotation) < ANNOTATION_LIMIT - SPARE


@each_kind
def test_the_reference_describes_every_field(kind: KindInfo) -> None:
    page, _, _ = render_reference([kind]).partition(": rules checked at")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    parts = root_schema(kind)["properties"]
    fields = [found for part in ("spec", "status") for found in list_properties(parts[part], part)]
    for path, field in fields:
        row = rows.get(path) or rows[path.rpartition(".")[0].removesuffix("[]")]
        described = field["description"] if path in rows else "Its fields are those of `"
        assert described.replace("|", "\\|") in row, path
