"""What a constraint of CP-SAT says, as linear rows and as choices between them, on integers.

A literal is the number of a variable and the value, 0 or 1, at which it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Literal = tuple[int, int]

ENDLESS = 2**200
"""Beyond every sum of a model, whose numbers have 64 bits."""


@dataclass(frozen=True)
class Affine:
    """A sum of variables, each with its coefficient, and a constant."""

    terms: Mapping[int, int]
    constant: int = 0

    def plus(self, other: Affine, factor: int = 1) -> Affine:
        """The sum of this, and of `factor` times another."""
        terms = dict(self.terms)
        for variable, coefficient in other.terms.items():
            terms[variable] = terms.get(variable, 0) + factor * coefficient
        return Affine(terms, self.constant + factor * other.constant)

    def minus(self, other: Affine) -> Affine:
        """The difference."""
        return self.plus(other, -1)


@dataclass(frozen=True)
class Row:
    """Where all literals hold, the sum of the terms is in the domain, given by pairs of ends."""

    enforced: tuple[Literal, ...]
    terms: tuple[tuple[int, int], ...]
    domain: tuple[int, ...]

    @property
    def variables(self) -> set[int]:
        """All that have a part in it."""
        return {number for number, _ in (*self.terms, *self.enforced)}


@dataclass(frozen=True)
class Choice:
    """Where all literals hold, the rows of one alternative hold, at least."""

    enforced: tuple[Literal, ...]
    alternatives: tuple[tuple[Row, ...], ...]

    @property
    def variables(self) -> set[int]:
        """All that have a part in it."""
        chosen = {at for rows in self.alternatives for row in rows for at in row.variables}
        return chosen | {number for number, _ in self.enforced}


@dataclass(frozen=True)
class Different:
    """Where all literals hold, all expressions have values of their own."""

    enforced: tuple[Literal, ...]
    expressions: tuple[Affine, ...]

    @property
    def variables(self) -> set[int]:
        """All that have a part in it."""
        used = {number for expression in self.expressions for number in expression.terms}
        return used | {number for number, _ in self.enforced}


def literal(reference: int) -> Literal:
    """The literal of a reference; a negative one is a negation."""
    return (reference, 1) if reference >= 0 else (-reference - 1, 0)


def literals(references: Iterable[int]) -> tuple[Literal, ...]:
    """The literals of references, each once."""
    return tuple(dict.fromkeys(map(literal, references)))


def weigh(references: Sequence[int], coefficients: Sequence[int], constant: int = 0) -> Affine:
    """A sum of variables; a negative reference is the negative of a variable."""
    total: dict[int, int] = {}
    for reference, coefficient in zip(references, coefficients, strict=True):
        number, factor = (reference, 1) if reference >= 0 else (-reference - 1, -1)
        total[number] = total.get(number, 0) + factor * coefficient
    return Affine({number: factor for number, factor in total.items() if factor}, constant)


def affine(expression: Any) -> Affine:
    """The sum that a LinearExpressionProto states."""
    return weigh(expression.vars, expression.coeffs, expression.offset)


def count(chosen: Iterable[Literal]) -> Affine:
    """How many of some literals hold; one that is there twice counts twice."""
    total: dict[int, int] = {}
    constant = 0
    for number, value in chosen:
        total[number] = total.get(number, 0) + (1 if value else -1)
        constant += 1 - value
    return Affine(total, constant)


def within(total: Affine, domain: Iterable[int], enforced: tuple[Literal, ...] = ()) -> Row:
    """The row by which a sum is in a domain."""
    terms = tuple((number, factor) for number, factor in total.terms.items() if factor)
    return Row(enforced, terms, tuple(end - total.constant for end in domain))


def equal(total: Affine, value: int = 0, enforced: tuple[Literal, ...] = ()) -> Row:
    """The row by which a sum is a number."""
    return within(total, (value, value), enforced)


def at_least(total: Affine, value: int, enforced: tuple[Literal, ...] = ()) -> Row:
    """The row by which a sum is no less than a number."""
    return within(total, (value, ENDLESS), enforced)


def at_most(total: Affine, value: int, enforced: tuple[Literal, ...] = ()) -> Row:
    """The row by which a sum is no more than a number."""
    return within(total, (-ENDLESS, value), enforced)


def unequal(total: Affine, value: int = 0, enforced: tuple[Literal, ...] = ()) -> Row:
    """The row by which a sum is anything but a number."""
    return within(total, (-ENDLESS, value - 1, value + 1, ENDLESS), enforced)
