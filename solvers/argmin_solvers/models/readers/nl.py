"""Reads AMPL's .nl files in text form, with or without comments, strictly and exactly.

A model that is linear is one for the linear solvers, however its expressions are written; others
have what interior-point solvers can differentiate. What is beyond both is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from argmin.api.answer import Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactLinear, ExactVariable
from argmin_solvers.models.expression import Apply, Expression, Op, Term, Variable
from argmin_solvers.models.nonlinear import NonlinearModel, Sides
from argmin_solvers.models.readers.nl_lines import (
    BeyondError,
    Header,
    Lines,
    MalformedError,
    read_header,
    to_integer,
    within,
)
from argmin_solvers.models.readers.nl_sets import state_ordered_sets
from argmin_solvers.text import quote, read_lines

_BINARY_OPS = {
    Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.POWER, Op.ATAN2,
    Op.POWER_CONSTANT_EXPONENT, Op.POWER_CONSTANT_BASE,
}  # fmt: skip
_KINDS_OF_SUFFIX = 4  # of variables, constraints, objectives, problems; more say: reals
_LIST_OPS = {Op.SUM, Op.MIN, Op.MAX}
_REFUSED_SEGMENTS = {"F": "imported functions", "L": "logical constraints"}
_REFUSED_OPS = {
    4: "remainder", 6: "less", 13: "floor", 14: "ceil", 20: "or", 21: "and", 22: "<", 23: "<=",
    24: "=", 28: ">=", 29: ">", 30: "!=", 34: "not", 35: "if", 55: "div", 56: "precision",
    57: "round", 58: "trunc", 59: "count", 60: "numberof", 61: "numberof", 62: "atleast",
    63: "atmost", 64: "piecewise-linear terms", 65: "if of texts", 66: "exactly",
    67: "not atleast", 68: "not atmost", 69: "not exactly", 70: "forall", 71: "exists",
    72: "implication", 73: "if and only if", 74: "alldiff", 75: "not alldiff",
}  # fmt: skip


def load_nl(path: Path, solver: SolverName | None) -> ExactLinear | NonlinearModel:
    """The model of a .nl file for its solver: a linear one, unless Ipopt is named and can take it.

    Raises:
        RunError: as `read_nl`.
    """
    model = read_nl(path)
    if solver is SolverName.IPOPT and not model.integers:
        return model
    return model.to_exact() or model


def read_nl(path: Path) -> NonlinearModel:
    """Read a model from a .nl file; names come from .col and .row files beside it.

    Raises:
        RunError: InvalidModel with file, line and what is wrong; UnsupportedModel for what no
            solver takes.
    """
    if path.is_file() and path.open("rb").read(1) == b"b":
        raise RunError(
            Reason.INVALID_MODEL,
            f"{path.name} line 1: a binary .nl file: write it in text form, whose first letter"
            " is g",
        )
    text = read_lines(path)
    return parse_nl(path.name, text, _beside(path, ".col"), _beside(path, ".row"))


def _beside(path: Path, suffix: str) -> list[str]:
    other = path.with_suffix(suffix)
    return read_lines(other) if other.is_file() else []


def parse_nl(
    origin: str,
    text: Sequence[str],
    names: Sequence[str] = (),
    rows: Sequence[str] = (),
    *,
    is_file: bool = True,
) -> NonlinearModel:
    """Read a model from lines; `names` are those of its variables, `rows` of its constraints.

    Messages tell the line where the text is a file's, and not what a library wrote.

    Raises:
        RunError: as `read_nl`.
    """
    lines = Lines(text)
    try:
        return _Reader(lines).read(origin, names, rows)
    except MalformedError as error:
        failure, reason = str(error), Reason.INVALID_MODEL
    except BeyondError as error:
        failure, reason = str(error), Reason.UNSUPPORTED
    where = f"{origin} line {lines.number}" if is_file else origin
    raise RunError(reason, f"{where}: {failure}")


@dataclass
class _Reader:
    """Reads segment by segment."""

    lines: Lines
    sense: Sense = Sense.MINIMIZE
    objective: Expression = field(default_factory=Expression)
    constraints: list[Expression] = field(default_factory=list)
    defined: dict[int, Expression] = field(default_factory=dict)
    bounds: list[Sides] = field(default_factory=list)
    sides: list[Sides] = field(default_factory=list)
    start: dict[int, float] = field(default_factory=dict)
    suffixes: dict[str, dict[int, Fraction]] = field(default_factory=dict)

    def read(self, origin: str, names: Sequence[str], rows: Sequence[str]) -> NonlinearModel:
        self._header = read_header(self.lines)
        if self._header.objectives > 1:
            raise BeyondError(f"{self._header.objectives} objectives: keep one")
        self.constraints = [Expression() for _ in range(self._header.constraints)]
        while not self.lines.ended:
            self._read_segment()
        self._check_complete()
        return self._finish(origin, names, rows)

    def _read_segment(self) -> None:
        readers: dict[str, Callable[[list[str]], None]] = {
            "C": self._read_constraint,
            "O": self._read_objective,
            "V": self._read_defined,
            "J": self._read_jacobian,
            "G": self._read_gradient,
            "b": self._read_bounds,
            "r": self._read_sides,
            "x": self._read_start,
            "d": self._skip_counted,
            "k": self._skip_counted,
            "K": self._skip_counted,
            "S": self._read_suffix,
        }
        line = self.lines.next()
        if not line:
            return
        letter = line[0]
        if letter in _REFUSED_SEGMENTS:
            raise BeyondError(f"{_REFUSED_SEGMENTS[letter]} are not supported: {quote(line)}")
        if letter not in readers:
            raise MalformedError(f"{quote(line)} begins no segment of a .nl file")
        readers[letter](line[1:].split())

    def _numbers(self, words: list[str], count: int) -> list[int]:
        if len(words) < count:
            raise MalformedError(f"the segment's head has {len(words)} of {count} numbers")
        return [to_integer(word) for word in words[:count]]

    def _read_constraint(self, words: list[str]) -> None:
        (number,) = self._numbers(words, 1)
        constraint = self.constraints[within(number, len(self.constraints))]
        if constraint.terms:
            raise MalformedError(f"constraint C{number} stands twice")
        constraint.terms = self._read_terms()

    def _read_objective(self, words: list[str]) -> None:
        number, direction = self._numbers(words, 2)
        within(number, self._header.objectives)
        self.sense = Sense.MAXIMIZE if direction else Sense.MINIMIZE
        self.objective.terms = self._read_terms()

    def _read_defined(self, words: list[str]) -> None:
        number, linear, _ = self._numbers(words, 3)
        first = self._header.variables
        within(number - first, self._header.defined)
        expression = Expression(linear=self.lines.next_entries(linear, self._readable()))
        for used in expression.linear:
            self._variable(used)
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
            return self.lines.to_finite(text)
        if letter == "v" and text:
            return self._variable(to_integer(text))
        if letter == "o" and text:
            return self._operation(to_integer(text))
        if letter in ("f", "h"):
            raise BeyondError("imported functions are not supported")
        raise MalformedError(f"{quote(line)} is no part of an expression")

    def _variable(self, number: int) -> Variable:
        within(number, self._readable())
        if number >= self._header.variables and number not in self.defined:
            raise MalformedError(f"v{number} is used before it is defined")
        return Variable(number)

    def _operation(self, number: int) -> Apply:
        try:
            op = Op(number)
        except ValueError:
            name = f" ({_REFUSED_OPS[number]})" if number in _REFUSED_OPS else ""
            raise BeyondError(
                f"operation o{number}{name} is not one an interior-point solver can differentiate"
            ) from None
        if op in _LIST_OPS:
            arguments = self.lines.next_integers(1)[0]
            if arguments < 1:
                raise MalformedError(f"o{number} needs arguments")
            return Apply(op, arguments)
        return Apply(op, 2 if op in _BINARY_OPS else 1)

    def _read_jacobian(self, words: list[str]) -> None:
        number, count = self._numbers(words, 2)
        constraint = self.constraints[within(number, len(self.constraints))]
        constraint.linear = self.lines.next_entries(count, self._header.variables)

    def _read_gradient(self, words: list[str]) -> None:
        number, count = self._numbers(words, 2)
        within(number, self._header.objectives)
        self.objective.linear = self.lines.next_entries(count, self._header.variables)

    def _read_bounds(self, _words: list[str]) -> None:
        self.bounds = self._intervals("variable", self._header.variables)

    def _read_sides(self, _words: list[str]) -> None:
        self.sides = self._intervals("constraint", self._header.constraints)

    def _intervals(self, what: str, count: int) -> list[Sides]:
        return [self.lines.next_interval(what) for _ in range(count)]

    def _read_start(self, words: list[str]) -> None:
        (count,) = self._numbers(words, 1)
        entries = self.lines.next_entries(count, self._header.variables)
        self.start = {number: float(value) for number, value in entries.items()}

    def _skip_counted(self, words: list[str]) -> None:
        self.lines.skip(*self._numbers(words, 1))

    def _read_suffix(self, words: list[str]) -> None:
        """Of the suffixes only those of ordered sets are part of the model."""
        kind, count = self._numbers(words, 2)
        if kind % _KINDS_OF_SUFFIX == 0 and words[2:3] in (["sosno"], ["ref"]):
            self.suffixes[words[2]] = self.lines.next_entries(count, self._header.variables)
        else:
            self.lines.skip(count)

    def _finish(self, origin: str, names: Sequence[str], rows: Sequence[str]) -> NonlinearModel:
        variables = [
            ExactVariable(name, lower, upper, number in self._header.integer)
            for number, (name, (lower, upper)) in enumerate(
                zip(_names(names, self._header.variables, "_svar"), self.bounds, strict=True)
            )
        ]
        model = NonlinearModel(
            origin=origin,
            sense=self.sense,
            variables=variables,
            objective=self.objective,
            constraints=self.constraints,
            row_names=_names(rows, self._header.constraints, "_scon"),
            sides=self.sides,
            defined=self.defined,
            start=self.start,
        )
        belongs, order = (self.suffixes.get(name, {}) for name in ("sosno", "ref"))
        return state_ordered_sets(model, belongs, order)

    def _check_complete(self) -> None:
        """Hold what was read against the counts of the header: a part may be cut off."""
        header: Header = self._header
        counts = {
            "C, the constraints": (
                sum(bool(c.terms) for c in self.constraints),
                header.constraints,
            ),
            "O, the objective": (int(bool(self.objective.terms)), header.objectives),
            "b, the bounds of the variables": (len(self.bounds), header.variables),
            "r, the bounds of the constraints": (len(self.sides), header.constraints),
            "J, the linear parts": (sum(len(c.linear) for c in self.constraints), header.jacobian),
            "G, the objective's linear part": (len(self.objective.linear), header.gradient),
        }
        for segment, (found, expected) in counts.items():
            if found != expected:
                raise MalformedError(
                    f"segment {segment}: {found} of {expected} are there: is the file cut off?"
                )


def _names(given: Sequence[str], count: int, letter: str) -> list[str]:
    names = list(given[:count])
    if len(names) == count == len(set(names)) and all(names):
        return names
    return [f"{letter}[{number}]" for number in range(1, count + 1)]  # as AMPL calls them
