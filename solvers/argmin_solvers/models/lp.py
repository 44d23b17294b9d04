"""Reads CPLEX LP files strictly: what is not understood is refused with its line.

Other readers take a page of garbage for an empty model and call it optimal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.linear import LinearModel, build_linear, by_columns
from argmin_solvers.models.lptokens import (
    BeyondLinearError,
    Kind,
    MalformedError,
    Part,
    Section,
    Token,
    split_sections,
)
from argmin_solvers.models.text import quote, read_lines

_INFINITE = ("inf", "infinity")
_FLIPPED = {"<": ">", ">": "<", "=": "="}


def read_lp(path: Path) -> LinearModel:
    """Read a model from a CPLEX LP file.

    Raises:
        RunError: InvalidModel with file, line and what is wrong; UnsupportedModel for what is not
            linear.
    """
    lines = read_lines(path)
    reader = _Reader()
    try:
        for part in split_sections(lines):
            reader.read(part)
        return reader.finish(path.name)
    except BeyondLinearError as error:
        message = f"{path.name} line {error.line}: {error}; LP files are read as linear models"
        raise RunError(Reason.UNSUPPORTED, message) from None
    except MalformedError as error:
        message = f"{path.name} line {error.line}: {error}"
        raise RunError(Reason.INVALID_MODEL, message) from None


class _Cursor:
    """Reads tokens one after another."""

    def __init__(self, part: Part) -> None:
        self._tokens = part.tokens
        self._at = 0
        self.line = part.line

    def peek(self, ahead: int = 0) -> Token | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def next(self, expected: str) -> Token:
        token = self.peek()
        if token is None:
            raise MalformedError(self.line, f"{expected} is missing")
        self._at += 1
        self.line = token.line
        return token

    def next_is(self, kind: Kind, ahead: int = 0) -> bool:
        token = self.peek(ahead)
        return token is not None and token.kind is kind

    def take_label(self) -> str | None:
        """The name before a colon."""
        if not (self.next_is(Kind.NAME) and self.next_is(Kind.COLON, 1)):
            return None
        label = self.next("a name").text
        self.next("a colon")
        return label

    def take_relation(self) -> str:
        token = self.next("a relation such as <=")
        if token.kind is not Kind.RELATION:
            raise MalformedError(
                token.line, f"a relation such as <= is expected, not {quote(token.text)}"
            )
        return token.text.replace("=", "") or "="

    def take_number(self) -> float:
        """A signed number or infinity."""
        sign = 1.0
        token = self.next("a number")
        while token.kind is Kind.SIGN:
            sign = -sign if token.text == "-" else sign
            token = self.next("a number")
        if token.text.lower() in _INFINITE:
            return sign * math.inf
        if token.kind is not Kind.NUMBER:
            raise MalformedError(token.line, f"a number is expected, not {quote(token.text)}")
        return sign * _finite(token)

    def at_infinity(self) -> bool:
        token = self.peek()
        return token is not None and token.text.lower() in _INFINITE


def _finite(token: Token) -> float:
    value = float(token.text)
    if not math.isfinite(value):
        raise MalformedError(token.line, f"{quote(token.text)} is not a finite number")
    return value


@dataclass
class _Expression:
    """Coefficients by variable, in the order of the file, and a constant."""

    terms: dict[str, float] = field(default_factory=dict)
    constant: float = 0.0

    def add(self, name: str, coefficient: float) -> None:
        self.terms[name] = self.terms.get(name, 0.0) + coefficient


def _take_expression(cursor: _Cursor) -> _Expression:
    expression = _Expression()
    first = True
    while cursor.next_is(Kind.SIGN) or cursor.next_is(Kind.NUMBER) or cursor.next_is(Kind.NAME):
        if not first and cursor.next_is(Kind.NAME) and cursor.next_is(Kind.COLON, 1):
            return expression
        _take_term(cursor, expression, first)
        first = False
    return expression


def _take_term(cursor: _Cursor, expression: _Expression, first: bool) -> None:
    sign, signed = 1.0, first
    while cursor.next_is(Kind.SIGN):
        sign = -sign if cursor.next("a sign").text == "-" else sign
        signed = True
    token = cursor.next("a term")
    if not signed:
        raise MalformedError(token.line, f"+ or - is expected before {quote(token.text)}")
    if token.kind is Kind.NAME:
        expression.add(token.text, sign)
    elif token.kind is not Kind.NUMBER:
        raise MalformedError(token.line, f"a term is expected, not {quote(token.text)}")
    elif cursor.next_is(Kind.NAME) and not cursor.next_is(Kind.COLON, 1):
        expression.add(cursor.next("a name").text, sign * _finite(token))
    else:
        expression.constant += sign * _finite(token)


@dataclass
class _Variable:
    lower: float | None = None
    upper: float | None = None
    lower_line: int = 0
    upper_line: int = 0
    integer: bool = False
    binary: bool = False


class _Reader:
    """Gathers the model, section by section."""

    def __init__(self) -> None:
        self._sense = Sense.MINIMIZE
        self._objective = _Expression()
        self._has_objective = False
        self._variables: dict[str, _Variable] = {}
        self._rows: list[dict[str, float]] = []
        self._row_bounds: list[tuple[float, float]] = []
        self._row_names: list[str] = []
        self._taken: set[str] = set()  # the names of rows again, to be looked up

    def read(self, part: Part) -> None:
        """Take a section."""
        readers = {
            Section.MAXIMIZE: self._read_objective,
            Section.MINIMIZE: self._read_objective,
            Section.CONSTRAINTS: self._read_constraints,
            Section.BOUNDS: self._read_bounds,
            Section.GENERALS: self._read_integers,
            Section.BINARIES: self._read_integers,
        }
        if part.section is not Section.END:
            readers[part.section](part)

    def _read_objective(self, part: Part) -> None:
        if self._has_objective:
            raise MalformedError(part.line, "a second objective: keep one")
        self._has_objective = True
        if part.section is Section.MAXIMIZE:
            self._sense = Sense.MAXIMIZE
        cursor = _Cursor(part)
        cursor.take_label()
        self._objective = _take_expression(cursor)
        rest = cursor.peek()
        if rest is not None:
            raise MalformedError(rest.line, f"{quote(rest.text)} is not expected in the objective")
        self._know(self._objective)

    def _know(self, expression: _Expression) -> None:
        for name in expression.terms:
            self._variables.setdefault(name, _Variable())

    def _read_constraints(self, part: Part) -> None:
        cursor = _Cursor(part)
        while cursor.peek() is not None:
            self._read_constraint(cursor)

    def _read_constraint(self, cursor: _Cursor) -> None:
        label = cursor.take_label()
        lower, upper = -math.inf, math.inf
        expression = _take_left(cursor)
        if isinstance(expression, float):  # number <= expression …
            lower, upper = _tighten((lower, upper), _FLIPPED[cursor.take_relation()], expression)
            expression = _take_expression(cursor)
        if not expression.terms:
            raise MalformedError(cursor.line, "a constraint without variables")
        if not cursor.next_is(Kind.RELATION) and (lower, upper) == (-math.inf, math.inf):
            raise MalformedError(cursor.line, "a constraint without a relation such as <=")
        if cursor.next_is(Kind.RELATION):
            relation = cursor.take_relation()
            lower, upper = _tighten((lower, upper), relation, cursor.take_number())
        _check_new_line(cursor)
        self._know(expression)
        self._rows.append(expression.terms)
        self._row_bounds.append((lower - expression.constant, upper - expression.constant))
        if label in self._taken:
            raise MalformedError(cursor.line, f"two constraints are named {quote(label)}")
        self._row_names.append(label or f"R{len(self._rows)}")
        self._taken.add(self._row_names[-1])

    def _variable(self, token: Token, where: str) -> _Variable:
        variable = self._variables.get(token.text)
        if token.kind is not Kind.NAME:
            raise MalformedError(
                token.line, f"a variable is expected in {where}, not {quote(token.text)}"
            )
        if variable is None:
            raise MalformedError(
                token.line, f"{quote(token.text)} in {where} is in no constraint or objective"
            )
        return variable

    def _read_integers(self, part: Part) -> None:
        for token in part.tokens:
            variable = self._variable(token, str(part.section))
            variable.integer = True
            variable.binary |= part.section is Section.BINARIES

    def _read_bounds(self, part: Part) -> None:
        cursor = _Cursor(part)
        while cursor.peek() is not None:
            self._read_bound(cursor)

    def _read_bound(self, cursor: _Cursor) -> None:
        before: tuple[str, float] | None = None
        if not cursor.next_is(Kind.NAME) or cursor.at_infinity():
            value = cursor.take_number()
            before = (_FLIPPED[cursor.take_relation()], value)
        token = cursor.next("a variable")
        variable = self._variable(token, "Bounds")
        if before is not None:
            _bound(variable, *before, token.line)
        following = cursor.peek()
        if following is not None and following.text.lower() == "free" and before is None:
            cursor.next("free")
            _bound(variable, ">", -math.inf, token.line)
            _bound(variable, "<", math.inf, token.line)
        elif cursor.next_is(Kind.RELATION):
            _bound(variable, cursor.take_relation(), cursor.take_number(), token.line)
        elif before is None:
            raise MalformedError(token.line, f"the bound of {quote(token.text)} is missing")
        _check_new_line(cursor)

    def finish(self, origin: str) -> LinearModel:
        """The model, once all sections are read."""
        names = list(self._variables)
        numbers = {name: number for number, name in enumerate(names)}
        bounds = [_bounds_of(name, variable) for name, variable in self._variables.items()]
        rows = [{numbers[name]: value for name, value in row.items()} for row in self._rows]
        return build_linear(
            origin=origin,
            sense=self._sense,
            offset=self._objective.constant,
            cost=[self._objective.terms.get(name, 0.0) for name in names],
            bounds=([low for low, _ in bounds], [up for _, up in bounds]),
            integer=[variable.integer for variable in self._variables.values()],
            column_names=names,
            row_bounds=([low for low, _ in self._row_bounds], [up for _, up in self._row_bounds]),
            row_names=self._row_names,
            matrix=by_columns(rows, len(names)),
        )


def _take_left(cursor: _Cursor) -> _Expression | float:
    """The left side of a constraint: an expression, or the number of a two-sided one."""
    if cursor.at_infinity() or (cursor.next_is(Kind.SIGN) and _infinity_follows(cursor)):
        return cursor.take_number()
    expression = _take_expression(cursor)
    return expression if expression.terms else expression.constant


def _infinity_follows(cursor: _Cursor) -> bool:
    token = cursor.peek(1)
    return token is not None and token.text.lower() in _INFINITE


def _tighten(sides: tuple[float, float], relation: str, value: float) -> tuple[float, float]:
    lower, upper = sides
    return (lower if relation == "<" else value, upper if relation == ">" else value)


def _bound(variable: _Variable, relation: str, value: float, line: int) -> None:
    if relation != "<":
        variable.lower, variable.lower_line = value, line
    if relation != ">":
        variable.upper, variable.upper_line = value, line


def _bounds_of(name: str, variable: _Variable) -> tuple[float, float]:
    if variable.binary:
        return _binary_bounds_of(name, variable)
    lower, upper = variable.lower, variable.upper
    if lower is None and upper is not None and upper < 0:
        raise MalformedError(
            variable.upper_line,
            f"{quote(name)} has upper bound {upper} and no lower bound: solvers read this"
            f" differently; write -inf <= {name} <= {upper}",
        )
    return 0.0 if lower is None else lower, math.inf if upper is None else upper


def _binary_bounds_of(name: str, variable: _Variable) -> tuple[float, float]:
    """Those within 0 and 1 are kept: beyond, some readers take the last section, some the bound."""
    lower = 0.0 if variable.lower is None else variable.lower
    upper = 1.0 if variable.upper is None else variable.upper
    for side, value, line in (
        ("lower", lower, variable.lower_line),
        ("upper", upper, variable.upper_line),
    ):
        if not 0 <= value <= 1:
            raise MalformedError(
                line,
                f"{quote(name)} is in Binaries and has {side} bound {value}: solvers read this"
                " differently; keep its bounds within 0 and 1, or list it in Generals in place of"
                " Binaries",
            )
    return lower, upper


def _check_new_line(cursor: _Cursor) -> None:
    token = cursor.peek()
    if token is not None and token.line == cursor.line:
        raise MalformedError(
            token.line,
            f"{quote(token.text)} is not expected here: the right side is one number, and the"
            " next constraint or bound begins on a new line",
        )
