"""What constraints leave of the domains: only values are taken away that no solution has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argmin_solvers.proof.cp.domains import Domains
from argmin_solvers.proof.cp.rows import Choice, Literal, Row

REFUTED = (-1, -1)
"""No literal: one of them is false, or more than one is open."""


class Propagator(Protocol):
    """Takes values away that its constraint forbids."""

    variables: tuple[int, ...]

    def propagate(self, domains: Domains) -> bool:
        """Whether the constraint can still hold; True says nothing for certain, False does."""
        ...


def find_open(enforced: Sequence[Literal], domains: Domains) -> Literal | None:
    """The one literal that is open; None where all hold, `REFUTED` where nothing follows."""
    found = None
    for number, value in enforced:
        if domains.low[number] == domains.high[number]:
            if domains.low[number] != value:
                return REFUTED
        elif found is not None:
            return REFUTED
        else:
            found = (number, value)
    return found


class RowPropagator:
    """Keeps a sum in its domain, by its smallest and largest value."""

    def __init__(self, row: Row) -> None:
        self.variables = tuple(row.variables)
        self._enforced = row.enforced
        self._terms = row.terms
        self._pairs = tuple(zip(row.domain[::2], row.domain[1::2], strict=True))
        self._gaps = len(self._pairs) > 1
        self.value = _find_value(row)

    def limit(self, top: int) -> None:
        """Keep the sum no larger than this."""
        self._pairs = ((self._pairs[0][0], top),)

    def propagate(self, domains: Domains) -> bool:
        """Whether the row can still hold."""
        free = find_open(self._enforced, domains) if self._enforced else None
        if free is REFUTED:
            return True
        least, most = self._span(domains)
        bounds = self._meet(least, most)
        if bounds is None:
            return free is not None and domains.fix(free[0], 1 - free[1])
        if free is not None:
            return True
        if self._gaps and not self._skip_gaps(domains, least, most):
            return False
        bottom, top = bounds
        if bottom <= least and most <= top:
            return True
        return self._tighten(domains, top - least, most - bottom)

    def is_possible(self, domains: Domains) -> bool:
        """Whether the sum can be in its domain, as far as the ends of the domains tell."""
        if self.value is not None:
            return domains.has(*self.value)
        return self._meet(*self._span(domains)) is not None

    def _span(self, domains: Domains) -> tuple[int, int]:
        low, high = domains.low, domains.high
        least = most = 0
        for number, factor in self._terms:
            if factor > 0:
                least += factor * low[number]
                most += factor * high[number]
            else:
                least += factor * high[number]
                most += factor * low[number]
        return least, most

    def _meet(self, least: int, most: int) -> tuple[int, int] | None:
        """The ends of what the domain has from `least` to `most`; None where it has nothing."""
        if len(self._pairs) == 1:
            bottom, top = self._pairs[0]
            if bottom > most or top < least:
                return None
            return max(bottom, least), min(top, most)
        met = [pair for pair in self._pairs if pair[0] <= most and pair[1] >= least]
        return (max(met[0][0], least), min(met[-1][1], most)) if met else None

    def _tighten(self, domains: Domains, above: int, below: int) -> bool:
        """Each term may leave its smallest value by `above`, and its largest by `below`."""
        for number, factor in self._terms:
            low, high = domains.low[number], domains.high[number]
            if low == high:
                continue
            size, up, down = factor, above, below
            if factor < 0:
                size, up, down = -factor, below, above
            if size * (high - low) > up and not domains.lower_high(number, low + up // size):
                return False
            if size * (high - low) > down and not domains.raise_low(number, high - down // size):
                return False
        return True

    def _skip_gaps(self, domains: Domains, least: int, most: int) -> bool:
        """Where one variable is open, only what lands in the domain is left to it."""
        wide = [term for term in self._terms if domains.low[term[0]] != domains.high[term[0]]]
        if len(wide) != 1 or least == most:
            return True
        ((number, factor),) = wide
        if domains.is_wide(number):
            return True
        rest = least - factor * (domains.low[number] if factor > 0 else domains.high[number])
        kept = [
            value
            for value in domains.values(number)
            if any(first <= rest + factor * value <= last for first, last in self._pairs)
        ]
        return domains.keep(number, kept)


def _find_value(row: Row) -> tuple[int, int] | None:
    """The variable that a row fixes, and its value; None for all other rows."""
    if len(row.terms) != 1 or len(row.domain) != 2 or row.domain[0] != row.domain[1]:
        return None
    number, factor = row.terms[0]
    value, rest = divmod(row.domain[0], factor)
    return None if rest else (number, value)


class ChoicePropagator:
    """Keeps at least one alternative possible, and imposes the last one."""

    def __init__(self, choice: Choice) -> None:
        self.variables = tuple(choice.variables)
        self._enforced = choice.enforced
        self._alternatives = [
            tuple(RowPropagator(row) for row in rows) for rows in choice.alternatives
        ]
        self._values = [
            dict(row.value for row in rows if row.value is not None) for rows in self._alternatives
        ]
        shared = set.intersection(*map(set, self._values)) if self._values else set()
        self._columns = tuple(shared)

    def propagate(self, domains: Domains) -> bool:
        """Whether an alternative is left."""
        free = find_open(self._enforced, domains) if self._enforced else None
        if free is REFUTED:
            return True
        left = [
            at
            for at, rows in enumerate(self._alternatives)
            if all(row.is_possible(domains) for row in rows)
        ]
        if not left:
            return free is not None and domains.fix(free[0], 1 - free[1])
        if free is not None:
            return True
        if len(left) == 1:
            return all(row.propagate(domains) for row in self._alternatives[left[0]])
        return all(
            domains.keep(number, {self._values[at][number] for at in left})
            for number in self._columns
        )
