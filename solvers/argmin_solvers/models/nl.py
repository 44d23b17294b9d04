"""Reads AMPL's .nl files in text form, with or without comments, strictly.

Understands what interior-point solvers can differentiate. Complementarity, logical constraints,
imported functions and integer-valued operations are refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.nonlinear import (
    Apply,
    Expression,
    NonlinearModel,
    Op,
    Term,
    Variable,
)
from argmin_solvers.models.text import quote, read_lines

_HEADER_LINES = 10
_BINARY_OPS = {
    Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.POWER, Op.ATAN2,
    Op.POWER_CONSTANT_EXPONENT, Op.POWER_CONSTANT_BASE,
}  # fmt: skip
_LIST_OPS = {Op.SUM, Op.MIN, Op.MAX}
_REFUSED_SEGMENTS = {"F": "imported functions", "L": "logical constraints"}
_NUMBERS_OF_BOUND = {0: 2, 1: 1, 2: 1, 3: 0, 4: 1}
_COMPLEMENTARITY = 5


class _MalformedError(Exception):
    """What is wrong in the current line."""


class _BeyondError(Exception):
    """The current line is valid, and beyond what can be solved."""


def read_nl(path: Path) -> NonlinearModel:
    """Read a model from a .nl file; names come from a .col file beside it where there is one.

    Raises:
        RunError: InvalidModel with file, line and what is wrong; UnsupportedModel for what no
            interior-point solver takes.
    """
    if path.is_file() and path.open("rb").read(1) == b"b":
        raise RunError(
            Reason.INVALID_MODEL,
            f"{path.name} line 1: a binary .nl file: write it in text form, whose first letter"
            " is g",
        )
    column_file = path.with_suffix(".col")
    names = read_lines(column_file) if column_file.is_file() else None
    return parse_nl(path.name, read_lines(path), names)


def parse_nl(origin: str, text: list[str], names: list[str] | None = None) -> NonlinearModel:
    """Read a model from the lines of a .nl file; `names` are those of its variables.

    Raises:
        RunError: as `read_nl`.
    """
    lines = _Lines(text)
    try:
        return _Reader(lines).read(origin, names)
    except _MalformedError as error:
        raise RunError(Reason.INVALID_MODEL, f"{origin} line {lines.number}: {error}") from None
    except _BeyondError as error:
        raise RunError(Reason.UNSUPPORTED, f"{origin} line {lines.number}: {error}") from None


class _Lines:
    """The lines without comments, one after another; `number` is the one in hand."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._last = max((at for at, line in enumerate(lines, start=1) if line.strip()), default=0)
        self.number = 0

    def next(self) -> str:
        if self.number >= len(self._lines):
            raise _MalformedError("the file ends too early: is it cut off?")
        self.number += 1
        return self._lines[self.number - 1].split("#", 1)[0].strip()

    @property
    def ended(self) -> bool:
        return self.number >= self._last

    def next_integers(self, count: int) -> list[int]:
        """At least `count` integers of the next line."""
        line = self.next()
        words = line.split()
        if len(words) < count:
            raise _MalformedError(f"{count} numbers are expected, not {quote(line)}")
        return [_integer(word) for word in words]

    def next_entries(self, count: int, limit: int) -> dict[int, float]:
        """The next `count` lines, each the number of a variable and a coefficient."""
        entries = {}
        for _ in range(count):
            line = self.next()
            words = line.split()
            if len(words) != 2:
                raise _MalformedError(f"a number and a value are expected, not {quote(line)}")
            entries[_within(_integer(words[0]), limit)] = _real(words[1])
        return entries


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _MalformedError(f"{quote(text)} is not a whole number") from None


def _real(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _MalformedError(f"{quote(text)} is not a finite number")
    return value


def _within(number: int, limit: int) -> int:
    if not 0 <= number < limit:
        raise _MalformedError(f"number {number} is out of range: there are {limit}")
    return number


@dataclass
class _Header:
    variables: int
    constraints: int
    objectives: int
    integers: int
    jacobian: int
    gradient: int
    defined: int


def _read_header(lines: _Lines) -> _Header:
    first = lines.next()
    if not first.startswith("g"):
        raise _MalformedError(f"a .nl file begins with g, not {quote(first)}")
    variables, constraints, objectives = lines.next_integers(3)[:3]
    for _ in range(4):
        lines.next()
    integers = sum(lines.next_integers(5)[:5])
    jacobian, gradient = lines.next_integers(2)[:2]
    lines.next()
    defined = sum(lines.next_integers(5)[:5])
    if min(variables, constraints, objectives, integers, defined) < 0 or variables == 0:
        raise _MalformedError("the counts of the header are impossible")
    return _Header(variables, constraints, objectives, integers, jacobian, gradient, defined)


@dataclass
class _Reader:
    """Reads segment by segment."""

    lines: _Lines
    sense: Sense = Sense.MINIMIZE
    objective: Expression = field(default_factory=Expression)
    constraints: list[Expression] = field(default_factory=list)
    defined: dict[int, Expression] = field(default_factory=dict)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    row_bounds: list[tuple[float, float]] = field(default_factory=list)
    initial: list[float] = field(default_factory=list)

    def read(self, origin: str, names: list[str] | None) -> NonlinearModel:
        self._header = _read_header(self.lines)
        if self._header.objectives > 1:
            raise _BeyondError(f"{self._header.objectives} objectives: keep one")
        self.constraints = [Expression() for _ in range(self._header.constraints)]
        self.initial = [0.0] * self._header.variables
        while not self.lines.ended:
            self._read_segment()
        return self._finish(origin, names)

    def _read_segment(self) -> None:
        readers: dict[str, Callable[[list[str]], None]] = {
            "C": self._read_constraint,
            "O": self._read_objective,
            "V": self._read_defined,
            "J": self._read_jacobian,
            "G": self._read_gradient,
            "b": self._read_bounds,
            "r": self._read_row_bounds,
            "x": self._read_initial,
            "d": self._skip_counted,
            "k": self._skip_counted,
            "S": self._skip_suffix,
        }
        line = self.lines.next()
        if not line:
            return
        letter = line[0]
        if letter in _REFUSED_SEGMENTS:
            raise _BeyondError(f"{_REFUSED_SEGMENTS[letter]} are not supported")
        if letter not in readers:
            raise _MalformedError(f"{quote(line)} begins no segment of a .nl file")
        readers[letter](line[1:].split())

    def _numbers(self, words: list[str], count: int) -> list[int]:
        if len(words) < count:
            raise _MalformedError(f"the segment's head has {len(words)} of {count} numbers")
        return [_integer(word) for word in words[:count]]

    def _read_constraint(self, words: list[str]) -> None:
        (number,) = self._numbers(words, 1)
        self.constraints[_within(number, len(self.constraints))].terms = self._read_terms()

    def _read_objective(self, words: list[str]) -> None:
        _, direction = self._numbers(words, 2)
        self.sense = Sense.MAXIMIZE if direction else Sense.MINIMIZE
        self.objective.terms = self._read_terms()

    def _read_defined(self, words: list[str]) -> None:
        number, linear, _ = self._numbers(words, 3)
        first = self._header.variables
        _within(number - first, self._header.defined)
        expression = Expression(linear=self.lines.next_entries(linear, self._readable()))
        expression.terms = self._read_terms()
        self.defined[number] = expression

    def _readable(self) -> int:
        """One more than the largest number an expression may name."""
        return self._header.variables + self._header.defined

    def _read_terms(self) -> list[Term]:
        """An expression: read until every operation has its arguments."""
        terms: list[Term] = []
        missing = 1
        while missing:
            term = self._read_term(self.lines.next())
            terms.append(term)
            missing += (term.arguments if isinstance(term, Apply) else 0) - 1
        return terms

    def _read_term(self, line: str) -> Term:
        letter, text = line[:1], line[1:].split(" ", 1)[0]
        if letter in ("n", "s", "l") and text:
            return _real(text)
        if letter == "v" and text:
            return self._variable(_integer(text))
        if letter == "o" and text:
            return self._operation(_integer(text))
        if letter in ("f", "h"):
            raise _BeyondError("imported functions are not supported")
        raise _MalformedError(f"{quote(line)} is no part of an expression")

    def _variable(self, number: int) -> Variable:
        _within(number, self._readable())
        if number >= self._header.variables and number not in self.defined:
            raise _MalformedError(f"v{number} is used before it is defined")
        return Variable(number)

    def _operation(self, number: int) -> Apply:
        try:
            op = Op(number)
        except ValueError:
            raise _BeyondError(
                f"operation o{number} is not one an interior-point solver can differentiate"
            ) from None
        if op in _LIST_OPS:
            arguments = self.lines.next_integers(1)[0]
            if arguments < 1:
                raise _MalformedError(f"o{number} needs arguments")
            return Apply(op, arguments)
        return Apply(op, 2 if op in _BINARY_OPS else 1)

    def _read_jacobian(self, words: list[str]) -> None:
        number, count = self._numbers(words, 2)
        constraint = self.constraints[_within(number, len(self.constraints))]
        constraint.linear = self.lines.next_entries(count, self._header.variables)

    def _read_gradient(self, words: list[str]) -> None:
        _, count = self._numbers(words, 2)
        self.objective.linear = self.lines.next_entries(count, self._header.variables)

    def _read_bounds(self, _words: list[str]) -> None:
        self.bounds = [self._read_interval("variable") for _ in range(self._header.variables)]

    def _read_row_bounds(self, _words: list[str]) -> None:
        self.row_bounds = [
            self._read_interval("constraint") for _ in range(self._header.constraints)
        ]

    def _read_interval(self, what: str) -> tuple[float, float]:
        words = self.lines.next().split()
        kind = _integer(words[0]) if words else -1
        if kind == _COMPLEMENTARITY:
            raise _BeyondError("complementarity constraints are not supported")
        if len(words) - 1 != _NUMBERS_OF_BOUND.get(kind):
            raise _MalformedError(f"{quote(' '.join(words))} is no bound of a {what}")
        numbers = [_real(word) for word in words[1:]]
        lower = numbers[0] if kind in (0, 2, 4) else -math.inf
        upper = numbers[-1] if kind in (0, 1, 4) else math.inf
        if lower > upper:
            raise _MalformedError(
                f"lower bound {lower} is above upper bound {upper}: no number is between them"
            )
        return lower, upper

    def _read_initial(self, words: list[str]) -> None:
        (count,) = self._numbers(words, 1)
        entries = self.lines.next_entries(count, self._header.variables)
        for number, value in entries.items():
            self.initial[number] = value

    def _skip_counted(self, words: list[str]) -> None:
        (count,) = self._numbers(words, 1)
        for _ in range(count):
            self.lines.next()

    def _skip_suffix(self, words: list[str]) -> None:
        _, count = self._numbers(words, 2)
        for _ in range(count):
            self.lines.next()

    def _finish(self, origin: str, names: list[str] | None) -> NonlinearModel:
        self._check_complete()
        return NonlinearModel(
            origin=origin,
            sense=self.sense,
            names=_names(names or [], self._header.variables),
            lower=[low for low, _ in self.bounds],
            upper=[up for _, up in self.bounds],
            initial=self.initial,
            integers=self._header.integers,
            objective=self.objective,
            constraints=self.constraints,
            row_lower=[low for low, _ in self.row_bounds],
            row_upper=[up for _, up in self.row_bounds],
            defined=self.defined,
        )

    def _check_complete(self) -> None:
        """Hold what was read against the counts of the header: a part may be cut off."""
        header = self._header
        counts = {
            "C, the constraints": (
                sum(bool(c.terms) for c in self.constraints),
                header.constraints,
            ),
            "O, the objective": (int(bool(self.objective.terms)), header.objectives),
            "b, the bounds of the variables": (len(self.bounds), header.variables),
            "r, the bounds of the constraints": (len(self.row_bounds), header.constraints),
            "J, the linear parts": (sum(len(c.linear) for c in self.constraints), header.jacobian),
            "G, the objective's linear part": (len(self.objective.linear), header.gradient),
        }
        for segment, (found, expected) in counts.items():
            if found != expected:
                raise _MalformedError(
                    f"segment {segment}: {found} of {expected} are there: is the file cut off?"
                )


def _names(given: list[str], variables: int) -> list[str]:
    names = given[:variables]
    if len(names) == variables == len(set(names)):
        return names
    return [f"_svar[{number}]" for number in range(1, variables + 1)]  # as AMPL calls them
