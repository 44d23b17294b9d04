"""Points of a CP-SAT model, many at once, and the values of expressions at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Amounts = NDArray[np.float64]
Integers = NDArray[Any]
"""int64 where no sum can overflow, else Python's own integers."""

_SAFE = 2**62

Checker = Callable[[Any, "Points"], Amounts]
"""By how much each point violates a constraint; whether it is enforced is decided elsewhere."""


@dataclass(frozen=True)
class Points:
    """One row a point, one column a variable of the proto."""

    proto: Any
    values: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def peaks(self) -> list[int]:
        """The largest absolute value of each variable, of which overflow is judged."""
        if not len(self.values):
            return [0] * self.values.shape[1]
        high, low = self.values.max(axis=0).tolist(), self.values.min(axis=0).tolist()
        return [max(abs(up), abs(down)) for up, down in zip(high, low, strict=True)]

    def literals(self, references: Sequence[int]) -> Flags:
        """One column a literal; a negative reference is a negation."""
        columns = np.array([ref if ref >= 0 else -ref - 1 for ref in references], dtype=np.int64)
        negated = np.array([ref < 0 for ref in references], dtype=np.bool_)
        flags: Flags = (self.values[:, columns] != 0) ^ negated
        return flags

    def enforced(self, constraint: Any) -> Flags:
        """Where all enforcement literals of a constraint are true."""
        return np.asarray(self.literals(constraint.enforcement_literal).all(axis=1))

    def weighted(
        self, references: Sequence[int], coefficients: Sequence[int], offset: int = 0
    ) -> Integers:
        """A sum of variables; a negative reference is the negative of a variable."""
        columns = [ref if ref >= 0 else -ref - 1 for ref in references]
        factors = [
            factor if ref >= 0 else -factor
            for ref, factor in zip(references, coefficients, strict=True)
        ]
        size = sum(abs(f) * self.peaks[c] for f, c in zip(factors, columns, strict=True))
        if max(size, abs(offset), *map(abs, factors), 0) < _SAFE:
            sums: Integers = self.values[:, columns] @ np.array(factors, dtype=np.int64)
            return sums + offset
        chosen = self.values[:, columns].astype(object)
        total = np.full(len(self), offset, dtype=object)
        for at, factor in enumerate(factors):
            total = total + chosen[:, at] * factor
        return total

    def affine(self, expression: Any) -> Integers:
        """The value of a LinearExpressionProto."""
        return self.weighted(expression.vars, expression.coeffs, expression.offset)

    def table(self, expressions: Sequence[Any], variables: Sequence[int] = ()) -> list[list[int]]:
        """One row a point: the values of expressions, or of variables where there are none."""
        columns = [self.affine(expression) for expression in expressions]
        columns += [self.weighted([reference], [1]) for reference in variables]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [list(row) for row in rows] if columns else [[] for _ in range(len(self))]


def amounts(broken: Any) -> Amounts:
    """1.0 where a condition is broken."""
    return np.asarray(broken, dtype=np.float64)


def each(points: Points, violation: Callable[[int], float]) -> Amounts:
    """The violation of each point, by its number."""
    return np.array([violation(number) for number in range(len(points))], dtype=np.float64)


def outside(values: Integers, domain: Sequence[int]) -> Amounts:
    """How far values are from a domain, given as pairs of first and last integer."""
    pairs = list(zip(domain[::2], domain[1::2], strict=True))
    inside = np.zeros(len(values), dtype=np.bool_)
    for first, last in pairs:
        inside |= np.asarray((values >= first) & (values <= last), dtype=np.bool_)
    if inside.all():
        return np.zeros(len(values))
    # Doubles measure; whether a value is inside was decided on integers.
    measured = values.astype(np.float64)
    distances = [np.maximum(first - measured, measured - float(last)) for first, last in pairs]
    nearest = np.min(distances, axis=0) if distances else np.ones(len(values))
    return np.where(inside, 0.0, np.maximum(1.0, nearest))
