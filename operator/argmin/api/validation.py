"""Strict reading of objects, as an API server with strict field validation does it.

The operator reads leniently, because the API server has checked what it sees. Whoever reads a
user's file has no server before them: here unknown fields and lenient types are errors, each with
its path and what to write instead.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from argmin.api.base import ApiModel
from argmin.api.meta import Metadata

Model = TypeVar("Model", bound=ApiModel)

_OBJECT_META = frozenset(
    {
        "annotations",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
        "generation",
        "labels",
        "managedFields",
        "name",
        "namespace",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""The fields of `metav1.ObjectMeta`, of which argmin's `Metadata` reads a few."""

_DNS_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_DNS_MESSAGE = (
    "write lower-case letters, digits, '-' and '.', with a letter or digit at both ends,"
    " such as american-steel"
)

_WHOLE_NUMBER = "write a whole number, such as 1"
_TYPE_MESSAGES = {
    "missing": "is missing: write it",
    "string_type": "write text; in quotes where it looks like a number or a boolean",
    "int_type": "write a whole number, without quotes",
    "int_from_float": _WHOLE_NUMBER,
    "string_too_short": "is empty: write its text, or remove it",
    "bool_type": "write true or false, without quotes",
    "model_type": "write a mapping of fields, or remove it",
    "dict_type": "write a mapping, or remove it",
    "tuple_type": "write a list, or remove it",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an object, and what to write instead."""

    path: str
    """Where, such as `spec.inputs[0].source`; empty for the object as a whole."""
    message: str

    def __str__(self) -> str:
        if not self.path or self.message.startswith(f"{self.path}."):
            return self.message
        return f"{self.path}: {self.message}"


class InvalidObjectError(ValueError):
    """An object that an API server would refuse."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def read_strictly(model: type[Model], manifest: Mapping[str, Any]) -> Model:
    """Read an object; its status is left out, as an API server drops it.

    Raises:
        InvalidObjectError: with every problem found, not only the first.
    """
    wanted = {key: value for key, value in manifest.items() if key != "status"}
    problems = [*_walk(model, wanted, ""), *_check_name(wanted)]
    try:
        # From JSON, because only there does strict mode know lists, enums and times as we do.
        read = model.model_validate_json(json.dumps(wanted, default=str), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InvalidObjectError(_unique([*problems, *_explain(details, wanted)])) from None
    if problems:
        raise InvalidObjectError(_unique(problems))
    return read


def suggest(word: str, known: Iterable[str]) -> str:
    """` (did you mean …?)` where something known is close to `word`; empty otherwise."""
    by_lower = {name.lower(): name for name in known}
    plain = word.lower().replace("_", "").replace("-", "")
    close = difflib.get_close_matches(plain, by_lower, n=1, cutoff=0.6)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""


def check_name(name: object) -> str | None:
    """What is wrong with the name of an object; `None` where it is fine."""
    if isinstance(name, str) and _DNS_SUBDOMAIN.fullmatch(name):
        return None
    return f"{name!r} is no name for an object: {_DNS_MESSAGE}"


def _check_name(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    metadata = manifest.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str):
        message = check_name(metadata["name"])
        if message:
            yield Problem("metadata.name", message)


def _walk(annotation: Any, value: Any, path: str) -> Iterator[Problem]:
    """What pydantic does not look for: unknown fields and list-maps with a key used twice."""
    model = _model_of(annotation)
    if model is not None and isinstance(value, Mapping):
        yield from _walk_model(model, value, path)
    elif isinstance(value, list):
        for item_type in _item_types(annotation):
            for index, item in enumerate(value):
                yield from _walk(item_type, item, f"{path}[{index}]")


def _walk_model(model: type[ApiModel], value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    fields = {str(field.alias): field for field in model.model_fields.values()}
    known = fields.keys() | _OBJECT_META if model is Metadata else fields.keys()
    for key, item in value.items():
        inner = f"{path}.{key}" if path else str(key)
        if key not in known:
            yield Problem(inner, f"unknown field{suggest(str(key), known)}")
        elif key in fields:
            yield from _find_repeated_keys(fields[key], item, inner)
            yield from _walk(fields[key].annotation, item, inner)


def _find_repeated_keys(field: FieldInfo, value: Any, path: str) -> Iterator[Problem]:
    extra = field.json_schema_extra
    keys = extra.get("x-kubernetes-list-map-keys") if isinstance(extra, dict) else None
    if not isinstance(keys, list) or not isinstance(value, list):
        return
    seen = set()
    for index, item in enumerate(value):
        identity = str([item.get(key) for key in keys]) if isinstance(item, Mapping) else None
        if identity in seen:
            named = " and ".join(f"{key} {item.get(key)!r}" for key in keys)
            yield Problem(f"{path}[{index}]", f"{named} is used twice: choose another")
        seen.add(identity or str(index))


def _model_of(annotation: Any) -> type[ApiModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return next((m for a in get_args(annotation) if (m := _model_of(a))), None)
    return None


def _item_types(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is tuple:
        yield get_args(annotation)[0]


def _explain(details: Iterable[ErrorDetails], manifest: Mapping[str, Any]) -> Iterator[Problem]:
    located = [(_locate(detail, manifest), detail) for detail in details]
    texts = {path for path, detail in located if detail["type"] == "string_type"}
    for path, detail in located:
        yield Problem(path, _phrase(detail, may_be_text=path in texts))


def _locate(detail: ErrorDetails, manifest: Mapping[str, Any]) -> str:
    """The path of an error; what pydantic adds to it, such as the branch of a union, is left."""
    path = ""
    value: Any = manifest
    for part in detail["loc"]:
        if isinstance(value, Mapping) and part in value:
            path, value = f"{path}.{part}" if path else str(part), value[part]
        elif isinstance(value, list) and isinstance(part, int):
            path, value = f"{path}[{part}]", value[part]
        else:
            missing = detail["type"] == "missing"
            return f"{path}.{part}".removeprefix(".") if missing else path
    return path


def _phrase(detail: ErrorDetails, *, may_be_text: bool) -> str:
    value = detail["input"]
    if isinstance(value, float) and may_be_text:
        return f'write it in quotes, "{value}", so that the number stays exact'
    if isinstance(value, float) and detail["type"] == "int_type":
        return _WHOLE_NUMBER
    if detail["type"] == "enum":
        expected = str(detail.get("ctx", {}).get("expected", ""))
        allowed = re.findall("'([^']*)'", expected)
        return f"write one of {expected}{suggest(str(value), allowed)}"
    if detail["type"] in _TYPE_MESSAGES:
        return _TYPE_MESSAGES[detail["type"]]
    return detail["msg"].removeprefix("Value error, ").removeprefix("Input ")


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    """One problem a path and message.

    Also one a path where the branches of a union all complain, or where the field is unknown.
    """
    kept: dict[tuple[str, str], Problem] = {}
    types = set(_TYPE_MESSAGES.values())
    unknown: set[str] = set()
    for problem in problems:
        if problem.path in unknown:
            continue
        if problem.message.startswith("unknown field"):
            unknown.add(problem.path)
        kind = "type" if problem.message in types else problem.message
        kept.setdefault((problem.path, kind), problem)
    return list(kept.values())
