"""Expressions that all differ: what is taken, and too many of them among too few values."""

from __future__ import annotations

from collections.abc import Iterator

from argmin_solvers.proof.cp.domains import Domains
from argmin_solvers.proof.cp.propagation import REFUTED, find_open
from argmin_solvers.proof.cp.rows import Affine, Different

MOST_COUNTED = 60
"""Of more expressions it is not counted how many share an interval of values."""

Range = tuple[int, int]


class DifferentPropagator:
    """Takes from each expression what others have taken, and what others need for themselves."""

    def __init__(self, different: Different) -> None:
        self.variables = tuple(different.variables)
        self._enforced = different.enforced
        self._expressions = different.expressions

    def propagate(self, domains: Domains) -> bool:
        """Whether the expressions can still differ."""
        free = find_open(self._enforced, domains) if self._enforced else None
        if free is REFUTED:
            return True
        ranges = [_range(expression, domains) for expression in self._expressions]
        fixed = [low for low, high in ranges if low == high]
        taken = set(fixed)
        left = [at for at, (low, high) in enumerate(ranges) if low != high]
        if len(taken) < len(fixed):
            return free is not None and domains.fix(free[0], 1 - free[1])
        if free is None and not self._take(left, taken, domains):
            return False
        places = [(self._expressions[at], _range(self._expressions[at], domains)) for at in left]
        crowded = list(_list_crowded([place for _, place in places]))
        if None in crowded:
            return free is not None and domains.fix(free[0], 1 - free[1])
        return free is not None or all(_leave(places, full, domains) for full in crowded if full)

    def _take(self, left: list[int], taken: set[int], domains: Domains) -> bool:
        """Nobody else has what is taken."""
        for at in left:
            expression = self._expressions[at]
            if len(expression.terms) == 1:
                ((number, factor),) = expression.terms.items()
                values = [divmod(value - expression.constant, factor) for value in taken]
                if not domains.drop(number, [value for value, rest in values if not rest]):
                    return False
        return True


def _leave(places: list[tuple[Affine, Range]], full: Range, domains: Domains) -> bool:
    """What is not among those that fill an interval starts after, and ends before it."""
    first, last = full
    for expression, (low, high) in places:
        if (first <= low and high <= last) or len(expression.terms) != 1:
            continue
        if first <= low <= last and not _raise(expression, last + 1, domains):
            return False
        if first <= high <= last and not _lower(expression, first - 1, domains):
            return False
    return True


def _range(expression: Affine, domains: Domains) -> Range:
    low = high = expression.constant
    for number, factor in expression.terms.items():
        ends = factor * domains.low[number], factor * domains.high[number]
        low, high = low + min(ends), high + max(ends)
    return low, high


def _list_crowded(ranges: list[Range]) -> Iterator[Range | None]:
    """Intervals that are filled by the expressions within; None for one that has too many."""
    if len(ranges) > MOST_COUNTED:
        return
    for first in sorted({low for low, _ in ranges}):
        ends = sorted(high for low, high in ranges if low >= first)
        for count, last in enumerate(ends, 1):
            room = last - first + 1
            if count > room:
                yield None
                return
            if count == room:
                yield first, last


def _raise(expression: Affine, least: int, domains: Domains) -> bool:
    ((number, factor),) = expression.terms.items()
    rest = least - expression.constant
    if factor > 0:
        return domains.raise_low(number, -(-rest // factor))
    return domains.lower_high(number, rest // factor)


def _lower(expression: Affine, most: int, domains: Domains) -> bool:
    ((number, factor),) = expression.terms.items()
    rest = most - expression.constant
    if factor > 0:
        return domains.lower_high(number, rest // factor)
    return domains.raise_low(number, -(-rest // factor))
