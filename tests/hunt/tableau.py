"""An exact simplex method in rational numbers: slow, simple, and kin to no solver under test."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from flint import fmpq

Entries = dict[int, fmpq]


class TooMuchWorkError(Exception):
    """The pivots that were allowed are used up."""


class Tableau:
    """Variables with bounds, of which the basic ones are sums of the others.

    Bland's rule chooses, so that it ends. `pivots_left` is counted down.
    """

    def __init__(self, pivots: int) -> None:
        self.lower: list[fmpq | None] = []
        self.upper: list[fmpq | None] = []
        self.value: list[fmpq] = []
        self.rows: dict[int, Entries] = {}
        self.pivots_left = pivots

    def add(self, lower: Fraction | None, upper: Fraction | None) -> int:
        """A new variable, at the bound nearest to 0; its number."""
        low, high = rational(lower), rational(upper)
        value = fmpq(0)
        if low is not None and low > 0:
            value = low
        elif high is not None and high < 0:
            value = high
        self.lower.append(low)
        self.upper.append(high)
        self.value.append(value)
        return len(self.value) - 1

    def add_sum(
        self, terms: Mapping[int, Fraction], lower: Fraction | None, upper: Fraction | None
    ) -> int:
        """A new basic variable that is a sum of nonbasic ones."""
        number = self.add(lower, upper)
        row = {at: _rational(value) for at, value in terms.items() if value}
        self.rows[number] = row
        self.value[number] = self._sum(row)
        return number

    def bound(self, number: int, lower: fmpq | None, upper: fmpq | None) -> None:
        """Give a variable other bounds."""
        self.lower[number], self.upper[number] = lower, upper
        if number not in self.rows:
            if lower is not None and self.value[number] < lower:
                self._move(number, lower)
            elif upper is not None and self.value[number] > upper:
                self._move(number, upper)

    def make_feasible(self) -> bool:
        """Find values within all bounds; False where there are none."""
        while (broken := self._first_broken()) is not None:
            number, target = broken
            up = self.value[number] < target
            entering = self._entering(number, up)
            if entering is None:
                return False
            self._move(entering, None, (target - self.value[number]) / self.rows[number][entering])
            self._pivot(number, entering)
        return True

    def minimize(self, cost: Mapping[int, Fraction]) -> bool:
        """From feasible values to the best ones; False where there is no end."""
        goal = {at: _rational(value) for at, value in cost.items()}
        while (step := self._improving(self._reduced(goal))) is not None:
            entering, up = step
            length, leaving = self._ratio(entering, up)
            if length is None:
                return False
            self._move(entering, None, length if up else -length)
            if leaving is not None:
                self._pivot(leaving, entering)
        return True

    def _sum(self, row: Entries) -> fmpq:
        total = fmpq(0)
        for at, value in row.items():
            total += value * self.value[at]
        return total

    def _first_broken(self) -> tuple[int, fmpq] | None:
        for number in sorted(self.rows):
            low, high, value = self.lower[number], self.upper[number], self.value[number]
            if low is not None and value < low:
                return number, low
            if high is not None and value > high:
                return number, high
        return None

    def _entering(self, number: int, up: bool) -> int | None:
        row = self.rows[number]
        return next((at for at in sorted(row) if self._can_move(at, (row[at] > 0) == up)), None)

    def _can_move(self, number: int, up: bool) -> bool:
        end = self.upper[number] if up else self.lower[number]
        if end is None:
            return True
        return bool(self.value[number] < end if up else self.value[number] > end)

    def _reduced(self, goal: Entries) -> Entries:
        reduced: Entries = {}
        for at, cost in goal.items():
            for other, value in self.rows.get(at, {at: fmpq(1)}).items():
                reduced[other] = reduced.get(other, fmpq(0)) + cost * value
        return reduced

    def _improving(self, reduced: Entries) -> tuple[int, bool] | None:
        for number in sorted(reduced):
            cost = reduced[number]
            if cost != 0 and self._can_move(number, bool(cost < 0)):
                return number, bool(cost < 0)
        return None

    def _ratio(self, entering: int, up: bool) -> tuple[fmpq | None, int | None]:
        """How far the entering variable can go, and the basic one that stops it."""
        own = self.upper[entering] if up else self.lower[entering]
        length = None if own is None else abs(own - self.value[entering])
        leaving: int | None = None
        for number in sorted(self.rows):
            slope = self.rows[number].get(entering)
            if slope is None:
                continue
            end = self.upper[number] if (slope > 0) == up else self.lower[number]
            if end is None:
                continue
            reach = abs((end - self.value[number]) / slope)
            if length is None or reach < length:
                length, leaving = reach, number
        return length, leaving

    def _move(self, number: int, target: fmpq | None, length: fmpq | None = None) -> None:
        """Move a nonbasic variable, and the basic ones with it."""
        step = length
        if target is not None:
            step = target - self.value[number]
        assert step is not None
        self.value[number] += step
        for basic, row in self.rows.items():
            slope = row.get(number)
            if slope is not None:
                self.value[basic] += slope * step

    def _pivot(self, leaving: int, entering: int) -> None:
        self.pivots_left -= 1
        if self.pivots_left < 0:
            raise TooMuchWorkError
        row = self.rows.pop(leaving)
        slope = row.pop(entering)
        fresh = {at: -value / slope for at, value in row.items()}
        fresh[leaving] = 1 / slope
        for other in self.rows.values():
            factor = other.pop(entering, None)
            if factor is not None:
                _add(other, fresh, factor)
        self.rows[entering] = fresh


def _add(row: Entries, other: Entries, factor: fmpq) -> None:
    for at, value in other.items():
        total = row.get(at, fmpq(0)) + factor * value
        if total == 0:
            row.pop(at, None)
        else:
            row[at] = total


def rational(number: Fraction | None) -> fmpq | None:
    """The number in FLINT's form; None stays None."""
    return None if number is None else _rational(number)


def _rational(number: Fraction) -> fmpq:
    return fmpq(number.numerator, number.denominator)


def to_fraction(number: fmpq) -> Fraction:
    """The number in Python's own form."""
    return Fraction(int(number.p), int(number.q))
