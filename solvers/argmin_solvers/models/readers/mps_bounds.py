"""The section BOUNDS of an MPS file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from argmin_solvers.models.exact import ExactVariable
from argmin_solvers.models.linear import INFINITE
from argmin_solvers.models.numerals import INFINITY
from argmin_solvers.models.readers.mps_lines import MalformedError, NotLinearError
from argmin_solvers.models.readers.numbers import (
    MINUS_INFINITY,
    ONE,
    ZERO,
    Side,
    check_interval,
    show,
)
from argmin_solvers.text import quote

_VALUED = ("UP", "LO", "FX", "LI", "UI")
_UNVALUED = ("FR", "MI", "PL", "BV")
_SEMI = {"SC": "semi-continuous", "SI": "semi-integer", "SN": "semi-integer"}


@dataclass(frozen=True)
class Bound:
    """A line of BOUNDS; `text` is its number, empty where the type needs none."""

    type: str
    vector: str | None
    column: str
    text: str


def split_bound(fields: list[str], columns: Mapping[str, int]) -> Bound:
    """The parts of a line; the name of the vector may be left out.

    Raises:
        MalformedError: there are too few or too many, or the type is unknown.
        NotLinearError: the variable is semi-continuous.
    """
    type_ = fields[0].upper()
    if type_ in _SEMI:
        raise NotLinearError(f"bound {type_}: {_SEMI[type_]} variables are not supported")
    if type_ not in _VALUED and type_ not in _UNVALUED:
        raise MalformedError(
            "the type of a bound is UP, LO, FX, FR, MI, PL, BV, LI or UI, not " + quote(fields[0])
        )
    rest = fields[1:]
    if type_ in _VALUED:
        bound = _split_valued(type_, rest)
    else:
        bound = _split_unvalued(type_, rest, columns)
    if bound is None:
        raise MalformedError(
            "a bound is a type, a vector, a column and a number, not " + quote(" ".join(rest))
        )
    if bound.column not in columns:
        raise MalformedError(f"column {quote(bound.column)} of bound {type_} is not in COLUMNS")
    return bound


def _split_valued(type_: str, rest: list[str]) -> Bound | None:
    if len(rest) not in (2, 3):
        return None
    return Bound(type_, rest[0] if len(rest) == 3 else None, rest[-2], rest[-1])


def _split_unvalued(type_: str, rest: list[str], columns: Mapping[str, int]) -> Bound | None:
    """A number that the type does not need is read over."""
    if len(rest) == 2 and rest[0] in columns and rest[1] in columns:
        raise MalformedError(
            f"bound {type_} of {quote(rest[0])} or of {quote(rest[1])}, both are columns:"
            " solvers read this differently; give the vector of BOUNDS a name of its own"
        )
    if len(rest) == 1 or (len(rest) == 2 and rest[0] in columns):
        return Bound(type_, None, rest[0], "")
    return Bound(type_, rest[0], rest[1], "") if len(rest) in (2, 3) else None


@dataclass
class _Column:
    integer: bool
    lower: Side = None
    upper: Side = None
    lower_line: int = 0
    upper_line: int = 0
    binary: bool = False


class Bounds:
    """The bounds of the columns, as far as they were read; `numbers` are the columns by name."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._columns: list[_Column] = []

    def add_column(self, *, integer: bool) -> None:
        """Begin the next column."""
        self._columns.append(_Column(integer))

    def tighten(self, bound: Bound, value: Fraction, line: int) -> None:
        """Take a bound."""
        column, type_ = self._columns[self._numbers[bound.column]], bound.type
        if type_ in ("LO", "LI", "FX", "FR", "MI"):
            column.lower = MINUS_INFINITY if type_ in ("FR", "MI") else value
            column.lower_line = line
        if type_ in ("UP", "UI", "FX", "FR", "PL"):
            column.upper = INFINITY if type_ in ("FR", "PL") else value
            column.upper_line = line
        column.binary |= type_ == "BV"
        column.integer |= type_ in ("BV", "LI", "UI")

    def to_variables(self, origin: str) -> list[ExactVariable]:
        """The variables, in the order of the file.

        Raises:
            MalformedError: bounds that solvers read differently.
            RunError: bounds that leave no finite value.
        """
        variables = []
        for name, column in zip(self._numbers, self._columns, strict=True):
            bounds = _binary_bounds_of(name, column) if column.binary else _bounds_of(name, column)
            bounds = check_interval(origin, f"variable {name}", *bounds)
            variables.append(ExactVariable(name, *bounds, column.integer))
        return variables


def _bounds_of(name: str, column: _Column) -> tuple[Side, Side]:
    lower, upper = column.lower, column.upper
    if lower is None and upper is None and column.integer:
        return ZERO, ONE  # what MPS means by an integer variable without bounds
    if lower is None and upper is not None and -INFINITE < upper < 0:
        raise MalformedError(
            f"column {quote(name)} has upper bound {show(upper)} and no lower bound: solvers read"
            " this differently; add LO with a number, or MI",
            column.upper_line,
        )
    return ZERO if lower is None else lower, upper


def _binary_bounds_of(name: str, column: _Column) -> tuple[Side, Side]:
    """Those within 0 and 1 are kept: beyond, some readers take the first, some the last."""
    for side, value, line in (
        ("lower", column.lower, column.lower_line),
        ("upper", column.upper, column.upper_line),
    ):
        if value is not None and not 0 <= value <= 1:
            raise MalformedError(
                f"column {quote(name)} has bound BV and {side} bound {show(value)}: solvers read"
                " this differently; keep its bounds within 0 and 1, or leave out BV and write LI"
                " and UI",
                line,
            )
    lower, upper = column.lower, column.upper
    return ZERO if lower is None else lower, ONE if upper is None else upper
