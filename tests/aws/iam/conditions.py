"""Conditions of statements: read from a policy, and tested against the keys of a request."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.aws.iam.errors import MalformedPolicyError, MissingQualifierError
from tests.aws.iam.operators import NULL, OPERATORS, Operator, Qualifier
from tests.aws.iam.patterns import Pattern, find_variables, has_open_variable, resolve
from tests.aws.iam.request import Context, ContextValue

_IF_EXISTS = "IfExists"


@dataclass(frozen=True)
class Condition:
    """One operator, one key, and the values of which one has to match."""

    operator: str
    """As written, such as `ForAllValues:StringLikeIfExists`."""
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {' or '.join(map(repr, self.values))}"

    def holds(self, context: Context, *, variables: bool = True) -> bool:
        """Whether the request meets it, as IAM decides, also where the key is missing.

        Raises:
            MissingQualifierError: the key has many values and the operator asks for one.
        """
        # A key of many values that has none is as good as absent.
        value = None if context.get(self.key) == () else context.get(self.key)
        if self.operator == NULL:
            return (value is None) == (self.values[0].lower() == "true")
        qualifier, name, if_exists = _split(self.operator)
        operator = OPERATORS[name]
        if value is None:
            return _holds_without_key(qualifier, operator, if_exists)
        patterns = tuple(
            pattern
            for text in self.values
            if (pattern := resolve(text, context, variables=variables)) is not None
        )
        return self._compare(qualifier, operator, value, patterns)

    def _compare(
        self,
        qualifier: Qualifier,
        operator: Operator,
        value: ContextValue,
        patterns: tuple[Pattern, ...],
    ) -> bool:
        found = (_matches(operator, item, patterns) for item in _as_tuple(value))
        if qualifier is Qualifier.ALL:
            return all(found)
        if qualifier is Qualifier.NONE and not isinstance(value, str):
            raise MissingQualifierError(
                f"Condition {self.operator} {self.key}",
                "the key can have many values: write"
                f" ForAnyValue:{self.operator} or ForAllValues:{self.operator}",
            )
        return any(found)


def read_conditions(
    block: dict[str, dict[str, tuple[str, ...]]], statement: str
) -> tuple[Condition, ...]:
    """Read the Condition element of a statement.

    Raises:
        MalformedPolicyError: an operator that IAM does not know, or a value it cannot compare.
    """
    conditions = []
    for operator, keys in block.items():
        for key, values in keys.items():
            condition = Condition(operator, key, values)
            problem = _find_problem(condition)
            if problem:
                raise MalformedPolicyError(f"Condition {operator} {key}", problem, statement)
            conditions.append(condition)
    return tuple(conditions)


def _find_problem(condition: Condition) -> str | None:
    if not condition.values:
        return "has no value: a condition without one is never met"
    if condition.operator == NULL:
        return _find_unreadable(OPERATORS["Bool"], condition.values)
    _, name, _ = _split(condition.operator)
    if name not in OPERATORS:
        close = difflib.get_close_matches(name, [*OPERATORS, NULL], n=1)
        return "IAM has no such operator" + (f" (did you mean {close[0]}?)" if close else "")
    return _find_unreadable(OPERATORS[name], condition.values)


def _find_unreadable(operator: Operator, values: Iterable[str]) -> str | None:
    for value in values:
        if has_open_variable(value):
            return f"{value!r} has a policy variable without its end: write ${{key}}"
        if find_variables(value) and not operator.takes_variables:
            return f"{value!r}: policy variables work with String and Arn operators only"
        try:
            operator.check(value)
        except ValueError as error:
            return str(error)
    return None


def _split(name: str) -> tuple[Qualifier, str, bool]:
    prefix, colon, rest = name.rpartition(":")
    known = prefix in (Qualifier.ANY, Qualifier.ALL)
    qualifier = Qualifier(prefix) if known else Qualifier.NONE
    name = rest if known or not colon else name
    return qualifier, name.removesuffix(_IF_EXISTS), name.endswith(_IF_EXISTS)


def _holds_without_key(qualifier: Qualifier, operator: Operator, if_exists: bool) -> bool:
    if if_exists or qualifier is Qualifier.ALL:
        return True
    return operator.negated and qualifier is Qualifier.NONE


def _matches(operator: Operator, value: str, patterns: Iterable[Pattern]) -> bool:
    return any(operator.compare(value, pattern) for pattern in patterns) != operator.negated


def _as_tuple(value: ContextValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
