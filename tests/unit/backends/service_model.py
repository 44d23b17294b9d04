"""Requests checked as AWS checks them: by botocore's own description of SageMaker."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


@functools.cache
def operation_model(operation: str) -> Any:
    session = botocore.session.get_session()
    return session.get_service_model("sagemaker").operation_model(operation)


def list_violations(operation: str, request: dict[str, Any]) -> list[str]:
    """Everything in a request that the description of the service forbids."""
    shape = operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    types = report.generate_report().splitlines() if report.has_errors() else []
    return [*types, *_check(request, shape, operation)]


def instance_types() -> list[str]:
    """The instance types that processing jobs may have."""
    shape = operation_model("CreateProcessingJob").input_shape
    cluster = shape.members["ProcessingResources"].members["ClusterConfig"]
    return list(cluster.members["InstanceType"].enum)


def _check(value: Any, shape: Any, path: str) -> Iterator[str]:
    size = value if isinstance(value, int) else len(value)
    limits = shape.metadata
    if size < limits.get("min", size) or size > limits.get("max", size):
        yield f"{path}: {size} is not within {limits.get('min')} and {limits.get('max')}"
    if isinstance(value, str):
        yield from _check_text(value, shape, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, shape.member, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if shape.type_name == "map":
                yield from _check(key, shape.key, f"{path} key {key}")
            inner = shape.value if shape.type_name == "map" else shape.members[key]
            yield from _check(item, inner, f"{path}.{key}")


def _check_text(value: str, shape: Any, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value} is none of the values"
    pattern = shape.metadata.get("pattern")
    # Python knows no Unicode classes such as \p{L}: tags are checked by argmin's own pattern.
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} does not match {pattern}"
