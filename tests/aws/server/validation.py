"""Requests against botocore's service models, refused in AWS's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from tests.aws.server.errors import AwsError

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


def validate_request(operation: OperationModel, request: Mapping[str, Any]) -> None:
    """Check a request as far as the model goes.

    Raises:
        AwsError: SerializationException for a wrong type, ValidationException for the rest, with
            every constraint that is broken.
    """
    shape = operation.input_shape
    if shape is None:
        return
    found = [*_check(shape, request, "")]
    if found:
        errors = "error" if len(found) == 1 else "errors"
        text = f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        raise AwsError("ValidationException", text)


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    _check_type(shape, value, path)
    yield from _CHECKS.get(shape.type_name, _check_nothing)(shape, value, path)


def _check_type(shape: Shape, value: Any, path: str) -> None:
    wanted = JSON_TYPES.get(shape.type_name)
    mistaken = isinstance(value, bool) and shape.type_name != "boolean"
    if wanted and (mistaken or not isinstance(value, wanted)):
        raise AwsError(
            "SerializationException",
            f"{path or 'the request'}: {type(value).__name__} can not be converted to"
            f" {shape.type_name}",
        )


def _check_nothing(_shape: Shape, _value: Any, _path: str) -> Iterator[str]:
    return iter(())


def _check_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _broken("null", _join(path, name), "Member must not be null")
    for name, item in value.items():
        if name in shape.members and item is not None:
            yield from _check(shape.members[name], item, _join(path, name))


def _check_list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    yield from _check_size(shape, value, len(value), path)
    for index, item in enumerate(value, start=1):
        yield from _check(shape.member, item, f"{path}.{index}.member")


def _check_map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from _check_size(shape, value, len(value), path)
    for key, item in value.items():
        yield from _check(shape.key, key, f"{path}.{key}.key")
        yield from _check(shape.value, item, f"{path}.{key}.member")


def _check_string(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _check_size(shape, value, len(value), path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compile(pattern).fullmatch(value):
        rule = f"Member must satisfy regular expression pattern: {pattern}"
        yield _broken(value, path, rule)
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        listed = ", ".join(allowed)
        yield _broken(value, path, f"Member must satisfy enum value set: [{listed}]")


def _check_number(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _broken(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _broken(value, path, f"Member must have value less than or equal to {high}")


def _check_size(shape: Shape, value: Any, size: int, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _broken(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and size > high:
        yield _broken(value, path, f"Member must have length less than or equal to {high}")


_CHECKS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _check_structure,
    "list": _check_list,
    "map": _check_map,
    "string": _check_string,
    "integer": _check_number,
    "long": _check_number,
    "float": _check_number,
    "double": _check_number,
}


def _broken(value: Any, path: str, constraint: str) -> str:
    shown = value if value == "null" else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    """AWS writes paths in lower camel case."""
    step = name[:1].lower() + name[1:]
    return f"{path}.{step}" if path else step


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    if r"\p{" in pattern:
        # Java's Unicode classes, as near as Python's re comes to them inside a class.
        pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s")
    return re.compile(pattern)
