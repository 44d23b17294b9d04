"""Reads MPS files exactly, for the check alone: shares nothing with the reader of the solvers.

It takes what that reader has found well-formed, and gives up on anything else. Rows are gathered
by row, numbers are the decimals of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from argmin.api.outcome import Sense
from argmin_solvers.verify.exact import ExactModel, ExactVariable, finite, scale_row
from argmin_solvers.verify.numerals import Numerals
from argmin_solvers.verify.original import CheckReason, UncheckableError

_COLUMNS_OF_FIELDS = ((1, 3), (4, 12), (14, 22), (24, 36), (39, 47), (49, 61))
_SECTIONS = ("NAME", "OBJSENSE", "ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA")


def rebuild_mps(text: str) -> ExactModel:
    """The model of an MPS file, free or fixed.

    Raises:
        UncheckableError: the file is not understood.
    """
    try:
        return _Mps(text, str.split).model()
    except (ValueError, KeyError, IndexError):
        pass  # then its names have blanks, which fixed columns alone allow
    try:
        return _Mps(text, _cut).model()
    except (ValueError, KeyError, IndexError) as error:
        what = f"the check cannot read the MPS file: {error}"
        raise UncheckableError(CheckReason.NOT_REBUILT, what) from None


def _cut(line: str) -> list[str]:
    fields = (line[start:end].strip() for start, end in _COLUMNS_OF_FIELDS)
    return [field for field in fields if field]


class _Mps:
    """The sections of a file, each as plain tables."""

    def __init__(self, text: str, split: Callable[[str], list[str]]) -> None:
        self._number = Numerals()
        self._maximizes = False
        self._signs: dict[str, str] = {}
        self._objective: str | None = None
        self._entries: dict[str, dict[int, Fraction]] = {}
        self._variables: dict[str, ExactVariable] = {}
        self._positions: dict[str, int] = {}
        self._in_integers = False
        self._unbounded_integers: set[str] = set()
        self._rhs: dict[str, Fraction] = {}
        self._ranges: dict[str, Fraction] = {}
        take = {
            "OBJSENSE": self._take_sense,
            "ROWS": self._take_row,
            "COLUMNS": self._take_column,
            "RHS": lambda fields: self._take_pairs(fields, self._rhs),
            "RANGES": lambda fields: self._take_pairs(fields, self._ranges),
            "BOUNDS": self._take_bound,
        }
        for section, line in _data_lines(text):
            take[section](split(line))

    def _take_sense(self, fields: list[str]) -> None:
        self._maximizes = fields[0].upper().startswith("MAX")

    def _take_row(self, fields: list[str]) -> None:
        sign, name = fields
        self._signs[name] = sign.upper()
        self._entries[name] = {}
        if sign.upper() == "N" and self._objective is None:
            self._objective = name

    def _take_column(self, fields: list[str]) -> None:
        if fields[1] == "'MARKER'":
            self._in_integers = fields[2] == "'INTORG'"
            return
        name, *pairs = fields
        if name not in self._variables:
            self._positions[name] = len(self._variables)
            self._variables[name] = ExactVariable(
                name, Fraction(0), None, integer=self._in_integers
            )
            if self._in_integers:
                self._unbounded_integers.add(name)
        position = self._positions[name]
        for row, number in zip(pairs[::2], pairs[1::2], strict=True):
            self._entries[row][position] = self._number[number]

    def _take_pairs(self, fields: list[str], into: dict[str, Fraction]) -> None:
        pairs = fields[len(fields) % 2 :]
        for row, number in zip(pairs[::2], pairs[1::2], strict=True):
            if row not in self._signs:
                raise KeyError(row)
            into[row] = self._number[number]

    def _take_bound(self, fields: list[str]) -> None:
        kind, *rest = fields
        kind = kind.upper()
        variable, number = self._bounded(rest, valued=kind in ("UP", "LO", "FX", "LI", "UI"))
        self._unbounded_integers.discard(variable.name)
        if kind in ("LO", "LI", "FX"):
            variable.lower = number
        if kind in ("UP", "UI", "FX"):
            variable.upper = number
        if kind in ("FR", "MI"):
            variable.lower = None
        if kind in ("FR", "PL"):
            variable.upper = None
        if kind == "BV" and variable.upper is None:  # else its own bound, within 0 and 1
            variable.upper = Fraction(1)
        variable.integer |= kind in ("LI", "UI", "BV")

    def _bounded(self, fields: list[str], *, valued: bool) -> tuple[ExactVariable, Fraction | None]:
        """Variable and number of a bound; the vector before them may be left out."""
        if valued:
            return self._variables[fields[-2]], finite(self._number[fields[-1]])
        with_vector = len(fields) == 3 or (len(fields) == 2 and fields[0] not in self._variables)
        return self._variables[fields[1 if with_vector else 0]], None

    def model(self) -> ExactModel:
        """The model of all that was read."""
        for name in self._unbounded_integers:
            self._variables[name].upper = Fraction(1)
        objective = self._objective or ""
        constraints = [name for name, sign in self._signs.items() if sign != "N"]
        return ExactModel(
            sense=Sense.MAXIMIZE if self._maximizes else Sense.MINIMIZE,
            variables=list(self._variables.values()),
            rows=[scale_row(name, self._entries[name], *self._sides(name)) for name in constraints],
            goal=scale_row(objective, self._entries[objective], None, None),
            offset=-self._rhs.get(objective, Fraction(0)),
        )

    def _sides(self, name: str) -> tuple[Fraction | None, Fraction | None]:
        right, span = self._rhs.get(name, Fraction(0)), self._ranges.get(name)
        sign = self._signs[name]
        if sign == "E":
            other = right if span is None else right + span
            return finite(min(right, other)), finite(max(right, other))
        other_side = None if span is None else abs(span)
        if sign == "L":
            return None if other_side is None else finite(right - other_side), finite(right)
        return finite(right), None if other_side is None else finite(right + other_side)


def _data_lines(text: str) -> Iterator[tuple[str, str]]:
    """The data lines with the section each is in."""
    section = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("*"):
            continue
        if line[0] not in " \t":
            section, *rest = line.upper().split()
            if section not in _SECTIONS:
                raise ValueError(f"there is a section {section}")
            if section == "ENDATA":
                return
            if section == "OBJSENSE" and rest:
                yield section, rest[0]
            continue
        yield section, line
