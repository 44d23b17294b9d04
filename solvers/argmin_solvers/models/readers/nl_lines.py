"""The lines of a .nl file, its header, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from argmin_solvers.models.exact import take_interval
from argmin_solvers.models.numerals import Numerals
from argmin_solvers.text import quote

_NUMBERS_OF_BOUND = {0: 2, 1: 1, 2: 1, 3: 0, 4: 1}
_COMPLEMENTARITY = 5


class MalformedError(Exception):
    """What is wrong in the current line."""


class BeyondError(Exception):
    """The current line is valid, and beyond what can be solved."""


class Lines:
    """The lines without comments, one after another; `number` is the one in hand."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._last = max((at for at, line in enumerate(lines, start=1) if line.strip()), default=0)
        self._numerals = Numerals()
        self.number = 0

    def next(self) -> str:
        """The next line."""
        if self.number >= len(self._lines):
            raise MalformedError("the file ends too early: is it cut off?")
        self.number += 1
        return self._lines[self.number - 1].split("#", 1)[0].strip()

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.number >= self._last

    def next_integers(self, count: int, wanted: int = 0) -> list[int]:
        """At least `count` integers of the next line, completed by zeros to those wanted."""
        line = self.next()
        words = line.split()
        if len(words) < count:
            raise MalformedError(f"{count} numbers are expected, not {quote(line)}")
        return [*map(to_integer, words), *([0] * (wanted - len(words)))]

    def next_entries(self, count: int, limit: int) -> dict[int, Fraction]:
        """The next `count` lines, each the number of a variable and a coefficient."""
        entries: dict[int, Fraction] = {}
        for _ in range(count):
            line = self.next()
            words = line.split()
            if len(words) != 2:
                raise MalformedError(f"a number and a value are expected, not {quote(line)}")
            number = within(to_integer(words[0]), limit)
            if number in entries:
                raise MalformedError(f"number {number} stands twice in one list")
            entries[number] = self.to_finite(words[1])
        return entries

    def next_interval(self, what: str) -> tuple[Fraction | None, Fraction | None]:
        """The next line as the sides of a variable or a constraint."""
        words = self.next().split()
        kind = to_integer(words[0]) if words else -1
        if kind == _COMPLEMENTARITY:
            raise BeyondError("complementarity constraints are not supported")
        if len(words) - 1 != _NUMBERS_OF_BOUND.get(kind):
            raise MalformedError(f"{quote(' '.join(words))} is no bound of a {what}")
        numbers = [self.to_number(word) for word in words[1:]]
        lower = numbers[0] if kind in (0, 2, 4) else None
        upper = numbers[-1] if kind in (0, 1, 4) else None
        try:
            return take_interval(lower, upper)
        except ValueError as error:
            raise MalformedError(f"the {what} has {error}") from None

    def skip(self, count: int) -> None:
        """Pass over lines."""
        for _ in range(count):
            self.next()

    def to_number(self, text: str) -> Fraction:
        """A number, `INFINITY` where it is infinite."""
        try:
            return self._numerals[text]
        except ValueError as error:
            raise MalformedError(str(error)) from None

    def to_finite(self, text: str) -> Fraction:
        """A number that is not infinite."""
        try:
            value = self._numerals[text]
            float(value)  # what is beyond a double fails here
            if "inf" not in text.lower():
                return value
        except (ValueError, OverflowError):
            pass
        raise MalformedError(f"{quote(text)} is not a finite number")


def to_integer(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise MalformedError(f"{quote(text)} is not a whole number") from None


def within(number: int, limit: int) -> int:
    """The number, which counts from 0 and is below the limit."""
    if not 0 <= number < limit:
        raise MalformedError(f"number {number} is out of range: there are {limit}")
    return number


@dataclass(frozen=True)
class Header:
    """The counts of a file; `integer` are the numbers of the variables that are integers."""

    variables: int
    constraints: int
    objectives: int
    jacobian: int
    gradient: int
    defined: int
    integer: frozenset[int]


def read_header(lines: Lines) -> Header:
    """The header: ten lines of counts."""
    first = lines.next()
    if not first.startswith("g"):
        raise MalformedError(f"a .nl file begins with g, not {quote(first)}")
    variables, constraints, objectives, *more = lines.next_integers(3, 6)
    if more[2]:
        raise BeyondError(f"{more[2]} logical constraints: they are not supported")
    complements = lines.next_integers(2, 4)[2:4]
    if sum(complements):
        raise BeyondError("complementarity constraints are not supported")
    lines.next()
    nonlinear = lines.next_integers(2, 3)[:3]
    lines.next()
    discrete = lines.next_integers(2, 5)[:5]
    jacobian, gradient = lines.next_integers(2)[:2]
    lines.next()
    defined = sum(lines.next_integers(1)[:5])
    integer = _find_integers(variables, nonlinear, discrete)
    counts = (variables, constraints, objectives, defined, *nonlinear, *discrete)
    if min(counts) < 0 or not all(0 <= number < variables for number in integer):
        raise MalformedError("the counts of the header are impossible")
    return Header(
        variables, constraints, objectives, jacobian, gradient, defined, frozenset(integer)
    )


def _find_integers(variables: int, nonlinear: list[int], discrete: list[int]) -> list[int]:
    """Which variables are integers: the last of each group, in AMPL's order of groups.

    Those that are nonlinear in constraints and objective come first, then those in constraints
    alone, those in the objective alone, and the linear ones: continuous, binary, integer.
    """
    in_constraints, in_objectives, in_both = nonlinear
    binary, integer, both, constraints, objectives = discrete
    ends = (
        (in_both, both),
        (in_constraints, constraints),
        (max(in_constraints, in_objectives), objectives),
        (variables, binary + integer),
    )
    return [number for end, count in ends for number in range(end - count, end)]
