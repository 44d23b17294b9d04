"""Reading documents that a tenant may have written: the one place where their limits are kept.

A validation that meets a hundred thousand wrong entries makes as many error objects: seconds in
which the operator does nothing else, and hundreds of megabytes. So every reader comes through here:
bytes are counted before they are parsed, depth and lengths of lists before they are validated, and
no error quotes what was read. What the API server hands out is not read here: it has checked the
form of its objects, and etcd their size.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from argmin.api.answer import METRICS_LIMIT, OUTPUTS_LIMIT
from argmin.api.progress import HISTORY_LIMIT
from argmin.api.run import RESULT_LIMIT_BYTES
from argmin.api.text import clean

_KIB = 1024
_MIB = 1024 * _KIB
_QUOTED_PROBLEMS = 3
_EXPLAINED = 512
"""Characters: names of fields may be the sender's own."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Bounds:
    """What a document may have at most."""

    bytes: int
    depth: int = 16
    """Of lists and mappings within each other."""
    entries: int = 1024
    """Of each list and each mapping."""
    cut: Mapping[str, int] = field(default_factory=dict)
    """Lists at the top of which the first entries are kept, and how many; others are refused."""


ANSWER = Bounds(bytes=256 * _KIB, cut={"metrics": METRICS_LIMIT, "outputs": OUTPUTS_LIMIT})
"""A runner writes a tenth of that at most."""
SOLUTION_HEAD = replace(ANSWER, entries=100 * HISTORY_LIMIT)
"""A `solution.json` without its variables, which may be millions."""
DOCUMENT_LIMIT_BYTES = 1024 * _MIB
"""Of a solution or proof on a person's machine, which has as many entries as the model."""
PROGRESS = Bounds(bytes=16 * _KIB, depth=4, entries=64)
DELIVERY = Bounds(bytes=RESULT_LIMIT_BYTES * 4 // 3 + 64 * _KIB, depth=2, entries=8)
EVENT = Bounds(bytes=1 * _MIB)
"""As large as a message of SQS may be."""
INVENTORY = Bounds(bytes=64 * _MIB, depth=4, entries=200_000)
REPORT = Bounds(bytes=4 * _MIB)


UNPACKED_LIMIT_BYTES = 256 * _MIB
"""Of what was packed into a ConfigMap, whose one MiB may hold a gigabyte of zeros."""
_CHUNK_BYTES = 1 * _MIB


class UntrustedError(ValueError):
    """A document is refused; the message says why and quotes nothing of it."""


def parse_json(content: bytes | str, limit_bytes: int) -> Any:
    """What a JSON text holds, as it stands.

    Raises:
        UntrustedError: it is longer than `limit_bytes`, no JSON, or nested beyond all use.
    """
    # Characters are no more than bytes, and counting them copies nothing.
    if len(content) > limit_bytes:
        raise UntrustedError(f"it is larger than {limit_bytes} bytes")
    try:
        return from_json(content)
    except ValueError as error:
        raise UntrustedError(f"it is no JSON: {error}") from None


def sift(content: bytes | str, bounds: Bounds) -> Any:
    """What a JSON text holds, within bounds.

    Its texts are clean.

    Raises:
        UntrustedError: it is no JSON, or beyond the bounds.
    """
    return bound(parse_json(content, bounds.bytes), bounds)


def bound(value: Any, bounds: Bounds) -> Any:
    """The value as `sift` gives it; for what is parsed already.

    Raises:
        UntrustedError: it is beyond the bounds.
    """
    if isinstance(value, dict) and bounds.cut:
        limits = bounds.cut
        value = {k: v[: limits[k]] if _is_to_cut(k, v, limits) else v for k, v in value.items()}
    return _bound(value, bounds, 0)


def _is_to_cut(name: str, value: Any, limits: Mapping[str, int]) -> bool:
    return name in limits and isinstance(value, list)


def _bound(value: Any, bounds: Bounds, depth: int) -> Any:
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict | list):
        return value
    if depth == bounds.depth:
        raise UntrustedError(f"it is nested deeper than {bounds.depth} levels")
    if len(value) > bounds.entries:
        raise UntrustedError(f"it has a list of more than {bounds.entries} entries")
    if isinstance(value, list):
        return [_bound(entry, bounds, depth + 1) for entry in value]
    return {clean(k): _bound(v, bounds, depth + 1) for k, v in value.items()}


def decompress(content: bytes, limit_bytes: int = UNPACKED_LIMIT_BYTES) -> bytes:
    """What a gzip file holds.

    Raises:
        UntrustedError: it is no gzip file, or holds more than `limit_bytes`.
    """
    unpacked = BytesIO()
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as packed:
            while chunk := packed.read(_CHUNK_BYTES):
                if unpacked.tell() + len(chunk) > limit_bytes:
                    raise UntrustedError(f"it holds more than {limit_bytes} bytes")
                unpacked.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise UntrustedError(f"it is no whole gzip file: {error}") from None
    return unpacked.getvalue()


def read_document(model: type[M], content: bytes | str, bounds: Bounds) -> M:
    """A document as a model has it.

    Raises:
        UntrustedError: it is beyond the bounds, or not as the model has it.
    """
    return validate(model, sift(content, bounds))


def validate(model: type[M], value: Any) -> M:
    """A value that is within bounds, as a model has it.

    Raises:
        UntrustedError: it is not; the message names up to three fields.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise UntrustedError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """What is wrong with a document: up to three fields, and nothing of what they hold."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        ": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"])))
        for each in problems[:_QUOTED_PROBLEMS]
    ]
    more = len(problems) - len(said)
    return clean("; ".join(said)[:_EXPLAINED]) + (f"; and {more} more" if more else "")
