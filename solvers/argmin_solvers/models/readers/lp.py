"""Reads CPLEX LP files strictly: what is not understood is refused with its line.

Other readers take a page of garbage for an empty model and call it optimal. Where conventions
differ (a negative upper bound without a lower one) the file is refused, so that every solver sees
the same model. Numbers are the decimals of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from argmin.api.answer import Reason, Sense
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactLinear, ExactRow, ExactVariable, scale_row
from argmin_solvers.models.numerals import INFINITY
from argmin_solvers.models.readers.lp_cursor import Cursor, Expression
from argmin_solvers.models.readers.lp_lexer import (
    HEADERS,
    OBJECTIVES,
    BeyondLinearError,
    Kind,
    MalformedError,
    Part,
    Section,
    split_sections,
)
from argmin_solvers.models.readers.numbers import (
    MINUS_INFINITY,
    ONE,
    ZERO,
    Coefficients,
    Side,
    check_interval,
    show,
)
from argmin_solvers.text import quote, read_lines

_FLIPPED = {"<": ">", ">": "<", "=": "="}


def read_lp(path: Path) -> ExactLinear:
    """Read a model from a CPLEX LP file.

    Raises:
        RunError: InvalidModel with file, line and what is wrong; UnsupportedModel for what is not
            linear; SourceNotFound.
    """
    return parse_lp(read_lines(path), path.name)


def parse_lp(lines: list[str], origin: str = "the model") -> ExactLinear:
    """The model of the lines of a CPLEX LP file; `origin` is what messages call it.

    Raises:
        RunError: InvalidModel or UnsupportedModel, as `read_lp`.
    """
    reader = _Reader(origin)
    try:
        for part in split_sections(lines, reader.numbers):
            reader.read(part)
        return reader.finish()
    except BeyondLinearError as error:
        message = f"{origin} line {error.line}: {error}; LP files are read as linear models"
        raise RunError(Reason.UNSUPPORTED, message) from None
    except MalformedError as error:
        raise RunError(Reason.INVALID_MODEL, f"{origin} line {error.line}: {error}") from None


@dataclass
class _Variable:
    name: str
    lower: Side = None
    upper: Side = None
    lower_line: int = 0
    upper_line: int = 0
    integer: bool = False
    binary: bool = False


class _Reader:
    """Gathers the model, section by section."""

    def __init__(self, origin: str) -> None:
        self.numbers: dict[str, int] = {}
        self._origin = origin
        self._coefficients = Coefficients()
        self._sense = Sense.MINIMIZE
        self._objective: Expression | None = None
        self._variables: list[_Variable] = []
        self._rows: list[ExactRow] = []
        self._taken: set[str] = set()  # the labels of rows
        self._constraints = 0
        self._unlabelled: list[int] = []  # numbers of rows

    def read(self, part: Part) -> None:
        """Take a section."""
        cursor = Cursor(part, self._coefficients, self._number_of)
        if part.section in OBJECTIVES:
            self._read_objective(cursor, part)
        while not cursor.at_end():
            match part.section:
                case Section.CONSTRAINTS | Section.LAZY_CONSTRAINTS:
                    if cursor.kind() != Kind.LABEL:
                        self._unlabelled.append(len(self._rows))
                    self._rows.append(self._read_constraint(cursor))
                case Section.USER_CUTS:  # no solution is lost to them: they are left out
                    self._read_constraint(cursor)
                case Section.BOUNDS:
                    self._read_bound(cursor)
                case Section.GENERALS | Section.BINARIES:
                    self._read_integer(cursor, part.section)

    def _number_of(self, name: str) -> int:
        """The number of a variable, which is new where it was not seen before."""
        number = self.numbers.get(name)
        if number is None:
            number = self.numbers[name] = len(self._variables)
            self._variables.append(_Variable(name))
        return number

    def _read_objective(self, cursor: Cursor, part: Part) -> None:
        if self._objective is not None:
            raise MalformedError(part.line, "a second objective: keep one")
        if part.section is Section.MAXIMIZE:
            self._sense = Sense.MAXIMIZE
        cursor.take_label()
        self._objective = cursor.take_expression()
        if not cursor.at_end():
            cursor.refuse("{} is not expected in the objective")

    def _read_constraint(self, cursor: Cursor) -> ExactRow:
        label = cursor.take_label()
        body, sides = _take_sides(cursor, label)
        if not sides:
            raise MalformedError(cursor.line, "a constraint without a relation such as <=")
        cursor.check_new_line()
        self._constraints += 1
        name = label or f"R{self._constraints}"
        if label is not None:
            if name in self._taken:
                raise MalformedError(cursor.line, f"two constraints are named {quote(name)}")
            self._taken.add(name)
        lower, upper = (sides.get("=", sides.get(relation)) for relation in "><")
        named = f"constraint {name}"
        lower, upper = check_interval(self._origin, named, lower, upper)
        if body.constant:
            lower, upper = (None if s is None else s - body.constant for s in (lower, upper))
            lower, upper = check_interval(self._origin, named, lower, upper)
        return scale_row(name, body.terms, lower, upper)

    def _read_integer(self, cursor: Cursor, section: Section) -> None:
        name = cursor.text()
        if cursor.kind() != Kind.NAME:
            cursor.refuse(f"a variable is expected in {section}, not {{}}")
        if name not in self.numbers and name.isalpha() and cursor.stands_alone():
            for header in get_close_matches(name.lower(), HEADERS, 1, 0.8):
                cursor.refuse(
                    f"{{}} in {section} is in no constraint or objective: is it to be the header"
                    f" {header}?"
                )
        variable = self._variables[self._number_of(cursor.next("a variable"))]
        variable.integer = True
        variable.binary |= section is Section.BINARIES

    def _read_bound(self, cursor: Cursor) -> None:
        sides: dict[str, Fraction] = {}
        if cursor.kind() != Kind.NAME or cursor.at_infinity():
            number = cursor.take_number()
            sides[_FLIPPED[cursor.take_relation()]] = number
        if cursor.kind() not in (Kind.NAME, Kind.END):
            cursor.refuse("a variable is expected in Bounds, not {}")
        is_new = cursor.text() not in self.numbers
        name = cursor.next("a variable")
        line = cursor.line
        if not sides and cursor.text().lower() == "free":
            cursor.next("free")
            _check_unbounded(self._variables[self._number_of(name)], line)
            sides = {">": MINUS_INFINITY, "<": INFINITY}
        elif cursor.kind() == Kind.RELATION:
            _take_side(cursor, sides)
            cursor.check_new_line()
        elif not sides:
            why = f"{quote(name)} in Bounds is in no constraint or objective, and its bound"
            raise MalformedError(
                line, f"{why if is_new else f'the bound of {quote(name)}'} is missing"
            )
        else:
            cursor.check_new_line()
        _bound(self._variables[self._number_of(name)], sides, line)

    def finish(self) -> ExactLinear:
        """The model, once all sections are read."""
        objective = self._objective or Expression({}, ZERO)
        self._name_unlabelled()
        return ExactLinear(
            sense=self._sense,
            variables=[self._to_exact(variable) for variable in self._variables],
            rows=self._rows,
            goal=scale_row("objective", objective.terms, None, None),
            offset=objective.constant,
            origin=self._origin,
        )

    def _name_unlabelled(self) -> None:
        """Give rows without a label names that no label has."""
        for at in self._unlabelled:
            name = self._rows[at].name
            while name in self._taken:
                name += "_"
            self._taken.add(name)
            self._rows[at] = replace(self._rows[at], name=name)

    def _to_exact(self, variable: _Variable) -> ExactVariable:
        bounds = _binary_bounds_of(variable) if variable.binary else _bounds_of(variable)
        named = f"variable {variable.name}"
        lower, upper = check_interval(self._origin, named, *bounds)
        return ExactVariable(variable.name, lower, upper, variable.integer)


def _take_sides(cursor: Cursor, label: str | None) -> tuple[Expression, dict[str, Fraction]]:
    """The sum of a constraint and its sides by <, > and =; no sides, where a relation is missing.

    A number may stand to its left, or nothing, as some writers leave it of a constraint whose
    variables are gone.
    """
    sides: dict[str, Fraction] = {}
    is_empty = label is not None and cursor.kind() == Kind.RELATION
    if not is_empty and cursor.kind() == Kind.RELATION:
        cursor.refuse("a constraint without variables before {}")
    number = cursor.take_number() if cursor.at_infinity() else None
    body = cursor.take_expression() if number is None else Expression({}, number)
    if not body.terms and not is_empty and cursor.kind() == Kind.RELATION:
        sides[_FLIPPED[cursor.take_relation()]] = body.constant
        body = cursor.take_beside()
    if cursor.kind() == Kind.RELATION:
        _take_side(cursor, sides)
    return body, sides


def _take_side(cursor: Cursor, sides: dict[str, Fraction]) -> None:
    """The relation and number to the right, beside those to the left."""
    relation = cursor.take_relation()
    if relation in sides or (sides and "=" in (relation, *sides)):
        raise MalformedError(
            cursor.line,
            "two sides have to be a lower and an upper one, as in 1 <= x <= 2: solvers read"
            " others differently",
        )
    sides[relation] = cursor.take_number()


def _check_unbounded(variable: _Variable, line: int) -> None:
    """Refuse `free` after a bound: for some readers, and writers, it ends the lower one alone."""
    if variable.upper not in (None, INFINITY):
        name, upper = variable.name, show(variable.upper)
        raise MalformedError(
            line,
            f"{quote(name)} has upper bound {upper} and is free: solvers read this differently;"
            f" write -inf <= {name} <= {upper}, or leave the bound out",
        )


def _bound(variable: _Variable, sides: dict[str, Fraction], line: int) -> None:
    for relation, value in sides.items():
        if relation != "<":
            variable.lower, variable.lower_line = value, line
        if relation != ">":
            variable.upper, variable.upper_line = value, line


def _bounds_of(variable: _Variable) -> tuple[Side, Side]:
    lower, upper = variable.lower, variable.upper
    if lower is None and upper is not None and upper < 0:
        raise MalformedError(
            variable.upper_line,
            f"{quote(variable.name)} has upper bound {show(upper)} and no lower bound: solvers read"
            f" this differently; write -inf <= {variable.name} <= {show(upper)}",
        )
    return ZERO if lower is None else lower, upper


def _binary_bounds_of(variable: _Variable) -> tuple[Side, Side]:
    """Those within 0 and 1 are kept: beyond, some readers take the last section, some the bound."""
    lower = ZERO if variable.lower is None else variable.lower
    upper = ONE if variable.upper is None else variable.upper
    for side, value, line in (
        ("lower", lower, variable.lower_line),
        ("upper", upper, variable.upper_line),
    ):
        if not 0 <= value <= 1:
            raise MalformedError(
                line,
                f"{quote(variable.name)} is in Binaries and has {side} bound {show(value)}: solvers"
                " read this differently; keep its bounds within 0 and 1, or list it in Generals in"
                " place of Binaries",
            )
    return lower, upper
