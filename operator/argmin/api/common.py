"""What all kinds share: the base model, rules, scalar types and pieces of pod specifications."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

GROUP = "argmin.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

LABEL_NAME = f"{GROUP}/name"
LABEL_KIND = f"{GROUP}/kind"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "argmin"
LABEL_QUEUE = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True)
class Rule:
    """One law about an object, checked in two places with one message.

    `cel` is evaluated by the API server at `kubectl apply`; `holds` by the operator and by
    `argmin run`, which see objects that no API server has checked. Both say `message`, which
    tells what to write instead.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    reason: str = "FieldValueInvalid"

    def as_validation(self) -> dict[str, str]:
        """The entry of `x-kubernetes-validations`."""
        return {"rule": self.cel, "message": self.message, "reason": self.reason}


def _publish_rules(schema: dict[str, Any], model: type[BaseModel]) -> None:
    rules: tuple[Rule, ...] = getattr(model, "RULES", ())
    if rules:
        schema["x-kubernetes-validations"] = [rule.as_validation() for rule in rules]


class ApiModel(BaseModel):
    """Base of all API objects: camelCase on the wire, frozen, lenient to unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        json_schema_extra=_publish_rules,
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obey_rules(self) -> Self:
        broken = [rule.message for rule in self.RULES if not rule.holds(self)]
        if broken:
            raise ValueError("; ".join(broken))
        return self

    def to_wire(self) -> dict[str, Any]:
        """JSON-ready camelCase mapping without the fields that are unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


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
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: {_DURATION_MESSAGE}")
    hours, minutes, seconds, millis = (int(group or 0) for group in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)


def _is_positive_duration(value: Any) -> bool:
    return (
        isinstance(value, str)
        and _DURATION.match(value) is not None
        and parse_duration(value) > timedelta(0)
    )


Duration = Annotated[
    str | int,
    _checked(_DURATION_MESSAGE, _is_positive_duration),
    _text_or_number_schema(
        "type(self) == string && self.matches("
        "'^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?([0-9]{1,11}ms)?$')"
        " && self.size() > 0 && duration(self) > duration('0s')",
        _DURATION_MESSAGE,
    ),
]

_NON_NEGATIVE_PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$"
_NON_NEGATIVE_MESSAGE = 'write a decimal number of zero or more in quotes, such as "0.01" or "1e-6"'

NonNegativeDecimal = Annotated[
    str | int,
    _checked(_NON_NEGATIVE_MESSAGE, lambda v: re.match(_NON_NEGATIVE_PATTERN, str(v)) is not None),
    AfterValidator(str),
    _text_or_number_schema(
        f"string(self).matches('{escape_cel(_NON_NEGATIVE_PATTERN)}')",
        _NON_NEGATIVE_MESSAGE,
    ),
]
"""A decimal number of zero or more, exact: text on the wire, because JSON numbers are floats."""

DecimalText = Annotated[str, Field(max_length=64)]
"""A decimal number as the status shows it, such as `15005.0`; exact, never a JSON number."""


def to_decimal(text: str) -> Decimal:
    """The exact value of a decimal text."""
    return Decimal(text)


_QUANTITY_PATTERN = (
    r"^[0-9]{1,18}(\.[0-9]{1,18})?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]{1,2})?$"
)
_QUANTITY_MESSAGE = 'write a quantity, such as "500m", 2 or 1Gi'
Quantity = Annotated[
    str | int,
    _checked(_QUANTITY_MESSAGE, lambda v: re.match(_QUANTITY_PATTERN, str(v)) is not None),
    AfterValidator(str),
    _text_or_number_schema(
        f"string(self).matches('{escape_cel(_QUANTITY_PATTERN)}')", _QUANTITY_MESSAGE
    ),
]

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


def list_map(key: str) -> dict[str, JsonValue]:
    """Schema extension of a list whose entries are merged by `key`, as server-side apply wants."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


class ConditionStatus(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(ApiModel):
    """A `metav1.Condition`: one aspect of the state, for people, tools and `kubectl wait`."""

    type: Annotated[str, Field(max_length=64)]
    status: ConditionStatus
    reason: Annotated[str, Field(max_length=128)]
    message: Annotated[str, Field(max_length=4096)] = ""
    last_transition_time: Timestamp
    observed_generation: int | None = None


class ConfigMapKeyRef(ApiModel):
    """A key of a ConfigMap in the namespace of the object."""

    name: Name = Field(description="Name of the ConfigMap, in the same namespace.")
    key: Name = Field(description="Key in the ConfigMap's data or binaryData.")


class SecretKeyRef(ApiModel):
    """A key of a Secret in the namespace of the object."""

    name: Name = Field(description="Name of the Secret, in the same namespace.")
    key: Name = Field(description="Key in the Secret's data.")


class EnvSource(ApiModel):
    """Where the value of an environment variable comes from."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.secretKeyRef) != has(self.configMapKeyRef)",
            message="valueFrom is exactly one of secretKeyRef or configMapKeyRef",
            holds=lambda s: (s.secret_key_ref is None) != (s.config_map_key_ref is None),
        ),
    )

    secret_key_ref: SecretKeyRef | None = None
    config_map_key_ref: ConfigMapKeyRef | None = None


class EnvVar(ApiModel):
    """An environment variable of the run: a value, or a reference to one."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.value) && has(self.valueFrom))",
            message="an environment variable has value or valueFrom, not both",
            holds=lambda e: e.value is None or e.value_from is None,
        ),
        Rule(
            cel="!self.name.startsWith('ARGMIN_')",
            message="names that start with ARGMIN_ belong to argmin: choose another",
            holds=lambda e: not e.name.startswith("ARGMIN_"),
        ),
    )

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=256)]
    value: Annotated[str, Field(max_length=32768)] | None = None
    value_from: EnvSource | None = None


class Resources(ApiModel):
    """Compute resources of the run's container, as in a pod."""

    requests: dict[str, Quantity] = Field(
        default_factory=dict, json_schema_extra={"maxProperties": 16}
    )
    limits: dict[str, Quantity] = Field(
        default_factory=dict, json_schema_extra={"maxProperties": 16}
    )


class Toleration(ApiModel):
    """A toleration, as in a pod."""

    key: Annotated[str, Field(max_length=316)] | None = None
    operator: Annotated[str, Field(pattern="^(Exists|Equal)$")] | None = None
    value: Annotated[str, Field(max_length=63)] | None = None
    effect: Annotated[str, Field(pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$")] | None = None
    toleration_seconds: int | None = None


class LocalReference(ApiModel):
    """The name of an object in the same namespace."""

    name: ObjectName
