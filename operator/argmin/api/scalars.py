"""Scalars of the API, each with its pattern and its message: durations, decimals, names …"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from argmin.api.base import Rule
from argmin.api.text import MESSAGE_LIMIT, shorten


def _checked(message: str, holds: Callable[[Any], bool]) -> AfterValidator:
    def check(value: Any) -> Any:
        if not holds(value):
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _text_or_number_schema(cel: str, message: str) -> WithJsonSchema:
    # int-or-string on purpose: a bare number reaches our rule, whose message tells what to write,
    # instead of the API server's "must be of type string".
    return WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 40,
            "x-kubernetes-validations": [
                {"rule": cel, "message": message, "reason": "FieldValueInvalid"}
            ],
        }
    )


def escape_cel(pattern: str) -> str:
    """A regular expression as it stands between quotes in CEL."""
    return pattern.replace("\\", "\\\\")


@dataclass(frozen=True)
class Pattern:
    """Text of a form that a regular expression alone would not explain to anybody.

    Use it as `Annotated[str, Pattern(…)]`. `regex` is for the whole text, from `^` to `$`, in the
    syntax that Python and RE2 share; `message` tells what to write instead.
    """

    regex: str
    message: str
    max_length: int

    def holds(self, text: str) -> bool:
        """Whether a text has this form."""
        return len(text) <= self.max_length and re.fullmatch(self.regex, text) is not None

    def _check(self, text: str) -> str:
        if not self.holds(text):
            raise ValueError(self.message)
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        rule = Rule(f"self.matches('{escape_cel(self.regex)}')", self.message, self.holds)
        return {
            "type": "string",
            "maxLength": self.max_length,
            "x-kubernetes-validations": [rule.as_validation()],
        }


# Digits are bounded everywhere: arithmetic with a number of a thousand digits blocks the operator.
_DURATION = re.compile(
    r"^(?=.)(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8})s)?(?:([0-9]{1,11})ms)?$"
)
_DURATION_MESSAGE = (
    "write a positive duration with its unit, such as 90s, 10m or 1h30m;"
    " at most 99999h, 999999m or 99999999s"
)


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `90s`, `10m`, `1h30m` or `500ms`; a few years at most.

    Raises:
        ValueError: the text is no duration with units, or has more digits than anybody needs.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: {_DURATION_MESSAGE}")
    hours, minutes, seconds, millis = (int(group or 0) for group in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)


class WrittenDuration(timedelta):
    """A duration that is written back as it was read: a digest of the spec is of its text."""

    text: str

    def __new__(cls, text: str) -> WrittenDuration:
        """Read a duration; raises `ValueError` as `parse_duration` does."""
        length = parse_duration(text)
        made = super().__new__(cls, length.days, length.seconds, length.microseconds)
        made.text = text
        return made

    def __reduce__(self) -> tuple[type[WrittenDuration], tuple[str]]:
        return type(self), (self.text,)


def _read_duration(value: Any) -> WrittenDuration:
    if isinstance(value, WrittenDuration):
        return value
    try:
        read = WrittenDuration(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read <= timedelta(0):
        raise ValueError(_DURATION_MESSAGE)
    return read


Duration = Annotated[
    WrittenDuration,
    PlainValidator(_read_duration),
    PlainSerializer(lambda duration: duration.text, return_type=str),
    _text_or_number_schema(
        "type(self) == string && self.matches("
        "'^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?([0-9]{1,11}ms)?$')"
        " && self.size() > 0 && duration(self) > duration('0s')",
        _DURATION_MESSAGE,
    ),
]
"""A positive duration with its unit, such as `10m`: parsed once, when the object is read."""

_NON_NEGATIVE_PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$"
_NON_NEGATIVE_MESSAGE = 'write a decimal number of zero or more in quotes, such as "0.01" or "1e-6"'
NonNegativeDecimal = Annotated[
    str | int,
    _checked(
        _NON_NEGATIVE_MESSAGE, lambda v: re.fullmatch(_NON_NEGATIVE_PATTERN, str(v)) is not None
    ),
    AfterValidator(str),
    _text_or_number_schema(
        f"string(self).matches('{escape_cel(_NON_NEGATIVE_PATTERN)}')",
        _NON_NEGATIVE_MESSAGE,
    ),
]
"""A decimal number of zero or more, exact: text on the wire, because JSON numbers are floats."""

CleanText = Annotated[str, AfterValidator(lambda text: shorten(text, MESSAGE_LIMIT))]
"""A text of Kubernetes or AWS that may quote a user's program: cut and clean."""

DecimalText = Annotated[str, Field(max_length=64)]
"""A decimal number as the status shows it, such as `15005.0`; exact, never a JSON number."""

Count = Annotated[int, Field(ge=0, le=2**53)]
"""As far as JSON carries whole numbers exactly; an API server takes no more than 64 bits."""


def to_decimal(text: str) -> Decimal:
    """The exact value of a decimal text."""
    return Decimal(text)


_QUANTITY_PATTERN = (
    r"^[0-9]{1,18}(\.[0-9]{1,18})?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]{1,2})?$"
)
_QUANTITY_MESSAGE = 'write a quantity, such as "500m", 2 or 1Gi'
Quantity = Annotated[
    str | int,
    _checked(_QUANTITY_MESSAGE, lambda v: re.fullmatch(_QUANTITY_PATTERN, str(v)) is not None),
    AfterValidator(str),
    _text_or_number_schema(
        f"string(self).matches('{escape_cel(_QUANTITY_PATTERN)}')", _QUANTITY_MESSAGE
    ),
]

Quantities = Annotated[dict[str, Quantity], Field(json_schema_extra={"maxProperties": 16})]

OptionValue = Annotated[
    str | int,
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 1024,
        }
    ),
]


def _read_time(value: Any) -> Any:
    return value if not isinstance(value, str) else datetime.fromisoformat(value)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes `metav1.Time`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp = Annotated[
    datetime,
    BeforeValidator(_read_time),
    PlainSerializer(format_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

Name = Annotated[str, Field(min_length=1, max_length=253)]

ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""A name that Kubernetes takes; others would become parts of paths."""

ShortName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=40)]


_SCALES = {"": Decimal(1), "m": Decimal("0.001")} | {
    prefix + binary: Decimal(1024 if binary else 1000) ** (power + 1)
    for power, letter in enumerate("kMGTPE")
    for prefix, binary in ((letter, ""), (letter.upper(), "i"))
}


def parse_quantity(text: str) -> Decimal:
    """The value of a Kubernetes quantity, such as 0.5 for `500m`."""
    number = text.rstrip("mkKMGTPEi")
    return Decimal(number) * _SCALES[text[len(number) :]]
