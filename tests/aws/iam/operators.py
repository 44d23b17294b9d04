"""The operators of conditions: how each compares one value of the request with one of the policy.

Every comparison gets the value of the request and the pattern of the policy, its variables filled
in, and answers whether they match. A value of the request that the operator cannot read matches
nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any

from tests.aws.iam.patterns import Pattern, join, match_arn, match_text

Comparison = Callable[[str, Pattern], bool]


class Qualifier(StrEnum):
    """How many of a key's values must match."""

    NONE = ""
    ANY = "ForAnyValue"
    ALL = "ForAllValues"


@dataclass(frozen=True)
class Operator:
    """What a name such as `StringNotLike` means."""

    compare: Comparison
    negated: bool = False
    check: Callable[[str], object] = str
    """Raises a ValueError that says what to write, for a value that can never be compared."""
    takes_variables: bool = False


def _read_number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None


def _read_date(text: str) -> datetime:
    if re.fullmatch(r"\d{5,}", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no date: write it as 2026-11-22T00:00:00Z, or as seconds since 1970"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_bool(text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")


def _check_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no address range: write 203.0.113.0/24") from None


def _check_arn(text: str) -> None:
    if text != "*" and not text.startswith(("arn:", "${")):
        raise ValueError(f"{text!r} is no ARN: it starts with arn:")


def _ordered(read: Callable[[str], Any], relation: Callable[[Any, Any], bool]) -> Comparison:
    def compare(value: str, pattern: Pattern) -> bool:
        try:
            return relation(read(value), read(join(pattern)))
        except ValueError:
            return False

    return compare


def _is_in_network(value: str, pattern: Pattern) -> bool:
    try:
        return ip_address(value) in ip_network(join(pattern), strict=False)
    except ValueError:
        return False


def _equals(value: str, pattern: Pattern) -> bool:
    return value == join(pattern)


def _equals_ignoring_case(value: str, pattern: Pattern) -> bool:
    return value.lower() == join(pattern).lower()


def _is_like(value: str, pattern: Pattern) -> bool:
    return match_text(pattern, value)


def _is_arn_like(value: str, pattern: Pattern) -> bool:
    return match_arn(pattern, value)


def _orderings(kind: str, read: Callable[[str], Any]) -> dict[str, Operator]:
    relations = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    known = {
        f"{kind}{name}": Operator(_ordered(read, relation), check=read)
        for name, relation in relations.items()
    }
    known[f"{kind}NotEquals"] = Operator(_ordered(read, operator.eq), negated=True, check=read)
    return known


def _texts(name: str, compare: Comparison) -> dict[str, Operator]:
    return {
        f"String{name}": Operator(compare, takes_variables=True),
        f"StringNot{name}": Operator(compare, negated=True, takes_variables=True),
    }


def _arns(name: str) -> dict[str, Operator]:
    return {
        f"Arn{name}": Operator(_is_arn_like, check=_check_arn, takes_variables=True),
        f"ArnNot{name}": Operator(
            _is_arn_like, negated=True, check=_check_arn, takes_variables=True
        ),
    }


OPERATORS: dict[str, Operator] = {
    **_texts("Equals", _equals),
    **_texts("EqualsIgnoreCase", _equals_ignoring_case),
    **_texts("Like", _is_like),
    **_orderings("Numeric", _read_number),
    **_orderings("Date", _read_date),
    **_arns("Equals"),
    **_arns("Like"),
    "Bool": Operator(_equals_ignoring_case, check=_check_bool),
    "IpAddress": Operator(_is_in_network, check=_check_network),
    "NotIpAddress": Operator(_is_in_network, negated=True, check=_check_network),
}

NULL = "Null"
"""Asks whether a key is absent; it takes no qualifier and no IfExists."""
