"""Reads MPS files, fixed or free, strictly: what is not understood is refused with its line.

Solvers' own readers take `2.0x` for 2, skip sections they do not know and drop duplicate entries;
each of these silently solves another model. Where conventions differ (a negative upper bound
without a lower one) the file is refused, so that every solver sees the same model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.linear import INFINITE, LinearModel, build_linear
from argmin_solvers.models.text import quote, read_lines

_SENSES = {
    **dict.fromkeys(("MAX", "MAXIMIZE", "MAXIMISE"), Sense.MAXIMIZE),
    **dict.fromkeys(("MIN", "MINIMIZE", "MINIMISE"), Sense.MINIMIZE),
}
_NOT_LINEAR = {
    **dict.fromkeys(("QUADOBJ", "QMATRIX", "QSECTION", "QCMATRIX"), "quadratic terms"),
    **dict.fromkeys(("SOS", "SOS1", "SOS2", "SETS"), "special ordered sets"),
    **dict.fromkeys(("INDICATORS", "GENCONS"), "indicator or general constraints"),
    **dict.fromkeys(("CSECTION", "PWLOBJ"), "conic or piecewise-linear parts"),
}
_FIXED_FIELDS = (slice(1, 3), slice(4, 12), slice(14, 22), slice(24, 36), slice(39, 47))
_LAST_FIXED_FIELD = slice(49, 61)


class _MalformedError(Exception):
    """What is wrong in the current line."""


def read_mps(path: Path) -> LinearModel:
    """Read a model from an MPS file.

    Raises:
        RunError: InvalidModel with file, line and what is wrong; UnsupportedModel for sections
            beyond linear models.
    """
    lines = read_lines(path)
    try:
        return _read(path.name, lines, str.split)
    except RunError as failure:
        try:
            # Names with blanks are possible in fixed columns only.
            return _read(path.name, lines, _split_fixed)
        except RunError:
            raise failure from None


def _read(origin: str, lines: list[str], split: Callable[[str], list[str]]) -> LinearModel:
    reader = _Reader(split)
    try:
        for number, line in enumerate(lines, start=1):
            reader.line_number = number
            if line[:1] == "*" or not line.strip():
                continue
            if line[0] not in " \t":
                reader.begin_section(line.split())
            else:
                reader.read_data(split(line))
            if reader.ended:
                break
        return reader.finish(origin)
    except _MalformedError as error:
        message = f"{origin} line {reader.line_number}: {error}"
        raise RunError(Reason.INVALID_MODEL, message) from None
    except _NotLinearError as error:
        message = f"{origin} line {reader.line_number}: {error}"
        raise RunError(Reason.UNSUPPORTED, message) from None


def _split_fixed(line: str) -> list[str]:
    fields = [line[part].strip() for part in (*_FIXED_FIELDS, _LAST_FIXED_FIELD)]
    return [text for text in fields if text]


class _NotLinearError(Exception):
    """The file holds more than a linear model."""


@dataclass
class _Rows:
    """Constraints in the order of the file; `sign` is L, G or E."""

    numbers: dict[str, int] = field(default_factory=dict)
    signs: list[str] = field(default_factory=list)
    objective: str | None = None
    free: set[str] = field(default_factory=set)  # further N rows: read and left out
    rhs: dict[str, float] = field(default_factory=dict)
    ranges: dict[str, float] = field(default_factory=dict)

    def interval(self, name: str, sign: str) -> tuple[float, float]:
        """Lower and upper bound of a row: the MPS rules for RHS and RANGES."""
        rhs, span = self.rhs.get(name, 0.0), self.ranges.get(name)
        if sign == "E":
            return rhs + min(span or 0.0, 0.0), rhs + max(span or 0.0, 0.0)
        reach = math.inf if span is None else abs(span)
        return (rhs - reach, rhs) if sign == "L" else (rhs, rhs + reach)


@dataclass
class _Columns:
    """Variables in the order of the file, and the matrix by columns."""

    numbers: dict[str, int] = field(default_factory=dict)
    cost: list[float] = field(default_factory=list)
    lower: list[float | None] = field(default_factory=list)  # None: not given, 0 by default
    upper: list[float | None] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    binary: set[int] = field(default_factory=set)  # by bound BV
    start: list[int] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def append(self, name: str, integer: bool) -> None:
        """Begin a column."""
        self.numbers[name] = len(self.cost)
        self.cost.append(0.0)
        self.lower.append(None)
        self.upper.append(None)
        self.integer.append(integer)
        self.start.append(len(self.index))


class _Reader:
    """Takes the lines one by one; `line_number` is the one in hand."""

    def __init__(self, split: Callable[[str], list[str]]) -> None:
        self.split = split
        self.line_number = 0
        self.ended = False
        self._sense = Sense.MINIMIZE
        self._rows = _Rows()
        self._columns = _Columns()
        self._current: str | None = None
        self._in_current: set[str] = set()
        self._in_integers = False
        self._vectors: dict[str, str] = {}
        self._bound_lines: dict[tuple[str, int], int] = {}  # side and column -> line
        self._read_data: Callable[[list[str]], None] = self._before_sections

    def begin_section(self, words: list[str]) -> None:
        """Take a section header."""
        section = words[0].upper()
        readers: dict[str, Callable[[list[str]], None]] = {
            "NAME": self._before_sections,
            "OBJSENSE": self._read_sense,
            "ROWS": self._read_row,
            "COLUMNS": self._read_column,
            "RHS": self._read_rhs,
            "RANGES": self._read_range,
            "BOUNDS": self._read_bound,
            "ENDATA": self._before_sections,
        }
        if section in _NOT_LINEAR:
            raise _NotLinearError(
                f"section {section} holds {_NOT_LINEAR[section]}; MPS files are read as linear"
                " and integer models: write it as a model of format python or nl instead"
            )
        if section not in readers:
            raise _MalformedError(
                f"{quote(words[0])} is no section of an MPS file (NAME, OBJSENSE, ROWS, COLUMNS,"
                " RHS, RANGES, BOUNDS, ENDATA); data lines begin with a blank"
            )
        self._read_data = readers[section]
        self.ended = section == "ENDATA"
        if section == "OBJSENSE" and len(words) > 1:
            self._read_sense(words[1:])

    def read_data(self, fields: list[str]) -> None:
        """Take a data line."""
        self._read_data(fields)

    def _before_sections(self, fields: list[str]) -> None:
        raise _MalformedError(f"{quote(' '.join(fields))} is in no section: ROWS is expected first")

    def _read_sense(self, fields: list[str]) -> None:
        sense = _SENSES.get(fields[0].upper())
        if sense is None:
            raise _MalformedError(f"OBJSENSE is MAX or MIN, not {quote(fields[0])}")
        self._sense = sense

    def _read_row(self, fields: list[str]) -> None:
        if len(fields) != 2:
            raise _MalformedError(f"a row is a type and a name, not {quote(' '.join(fields))}")
        sign, name = fields[0].upper(), fields[1]
        rows = self._rows
        if name in rows.numbers or name in rows.free or name == rows.objective:
            raise _MalformedError(f"row {quote(name)} is declared twice")
        if sign == "N":
            if rows.objective is None:
                rows.objective = name
            else:
                rows.free.add(name)
        elif sign in ("L", "G", "E"):
            rows.numbers[name] = len(rows.signs)
            rows.signs.append(sign)
        else:
            raise _MalformedError(f"the type of a row is N, L, G or E, not {quote(fields[0])}")

    def _read_column(self, fields: list[str]) -> None:
        if len(fields) == 3 and fields[1] == "'MARKER'":
            self._read_marker(fields[2])
            return
        if len(fields) not in (3, 5):
            raise _MalformedError(
                "a line of COLUMNS is a column, then one or two pairs of row and number, not "
                + quote(" ".join(fields))
            )
        name = fields[0]
        if name != self._current:
            if name in self._columns.numbers:
                raise _MalformedError(f"column {quote(name)} comes in two pieces: keep it together")
            self._columns.append(name, self._in_integers)
            self._current, self._in_current = name, set()
        for row, text in zip(fields[1::2], fields[2::2], strict=True):
            self._add_entry(row, self._number(text))

    def _read_marker(self, marker: str) -> None:
        if marker not in ("'INTORG'", "'INTEND'"):
            raise _MalformedError(f"a MARKER is 'INTORG' or 'INTEND', not {quote(marker)}")
        self._in_integers = marker == "'INTORG'"

    def _add_entry(self, row: str, value: float) -> None:
        rows, columns = self._rows, self._columns
        if row in self._in_current:
            raise _MalformedError(f"column {quote(self._current or '')} has row {quote(row)} twice")
        self._in_current.add(row)
        number = rows.numbers.get(row)
        if number is not None:
            columns.index.append(number)
            columns.value.append(value)
        elif row == rows.objective:
            columns.cost[-1] = value
        elif row not in rows.free:
            raise _MalformedError(f"row {quote(row)} is not declared in ROWS")

    def _number(self, text: str, infinite: bool = False) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value) or "_" in text:
            raise _MalformedError(f"{quote(text)} is not a number")
        if not infinite and not math.isfinite(value):
            raise _MalformedError(f"{quote(text)} is not a finite number")
        return value

    def _read_vector(
        self, section: str, fields: list[str], into: dict[str, float], infinite: bool
    ) -> None:
        if len(fields) not in (2, 3, 4, 5):
            raise _MalformedError(
                f"a line of {section} is one or two pairs of row and number, not "
                + quote(" ".join(fields))
            )
        if len(fields) % 2:
            self._check_vector(section, fields[0])
            fields = fields[1:]
        for row, text in zip(fields[::2], fields[1::2], strict=True):
            value = self._number(text, infinite=infinite and row in self._rows.numbers)
            if row in into:
                raise _MalformedError(f"{section} of row {quote(row)} is given twice")
            known = row in self._rows.numbers or row in self._rows.free
            if not known and row != self._rows.objective:
                raise _MalformedError(f"row {quote(row)} is not declared in ROWS")
            into[row] = value

    def _check_vector(self, section: str, name: str) -> None:
        first = self._vectors.setdefault(section, name)
        if name != first:
            raise _MalformedError(
                f"a second {section} vector {quote(name)} beside {quote(first)}: keep one"
            )

    def _read_rhs(self, fields: list[str]) -> None:
        self._read_vector("RHS", fields, self._rows.rhs, infinite=True)

    def _read_range(self, fields: list[str]) -> None:
        self._read_vector("RANGES", fields, self._rows.ranges, infinite=False)

    def _read_bound(self, fields: list[str]) -> None:
        kind = fields[0].upper()
        if kind == "SC":
            raise _NotLinearError("bound SC: semi-continuous variables are not supported")
        with_value = kind in ("UP", "LO", "FX", "LI", "UI")
        if not with_value and kind not in ("FR", "MI", "PL", "BV"):
            raise _MalformedError(
                "the type of a bound is UP, LO, FX, FR, MI, PL, BV, LI or UI, not "
                + quote(fields[0])
            )
        both = set(fields[1:]) & self._columns.numbers.keys()
        if not with_value and len(fields) == 3 and len(both) == 2:
            raise _MalformedError(
                f"bound {kind} of {quote(fields[1])} or of {quote(fields[2])}, both are columns:"
                " solvers read this differently; give the vector of BOUNDS a name of its own"
            )
        name, text = self._bound_fields(fields[1:], with_value)
        column = self._columns.numbers.get(name)
        if column is None:
            raise _MalformedError(f"column {quote(name)} of bound {kind} is not in COLUMNS")
        self._set_bound(kind, column, self._number(text, infinite=True) if with_value else 0.0)

    def _bound_fields(self, fields: list[str], with_value: bool) -> tuple[str, str]:
        """Column and number; the name of the vector before them may be left out."""
        expected = 2 if with_value else 1
        if len(fields) == expected + 1 and not (
            not with_value and fields[0] in self._columns.numbers
        ):
            self._check_vector("BOUNDS", fields[0])
            fields = fields[1:]
        elif not with_value and len(fields) == 3:  # a number that FR, MI, PL and BV do not need
            fields = fields[1:]
        if len(fields) < expected or len(fields) > 2:
            raise _MalformedError(
                "a bound is a type, a vector, a column and a number, not " + quote(" ".join(fields))
            )
        return fields[0], fields[-1]

    def _set_bound(self, kind: str, column: int, value: float) -> None:
        columns = self._columns
        if kind in ("LO", "LI", "FX"):
            columns.lower[column] = value
        if kind in ("UP", "UI", "FX"):
            columns.upper[column] = value
        if kind in ("FR", "MI"):
            columns.lower[column] = -math.inf
        if kind in ("FR", "PL"):
            columns.upper[column] = math.inf
        if kind in ("LO", "LI", "FX", "FR", "MI"):
            self._bound_lines["lower", column] = self.line_number
        if kind in ("UP", "UI", "FX", "FR", "PL"):
            self._bound_lines["upper", column] = self.line_number
        if kind == "BV":
            columns.binary.add(column)
        if kind in ("BV", "LI", "UI"):
            columns.integer[column] = True

    def finish(self, origin: str) -> LinearModel:
        """The model, once all lines are read."""
        rows, columns = self._rows, self._columns
        if not self.ended:
            raise _MalformedError("the file ends without ENDATA: is it cut off?")
        if rows.objective is None:
            raise _MalformedError("there is no objective: a row of type N in ROWS")
        names = list(columns.numbers)
        bounds = [self._bounds_of(column, names) for column in range(len(names))]
        intervals = [
            rows.interval(name, sign) for name, sign in zip(rows.numbers, rows.signs, strict=True)
        ]
        return build_linear(
            origin=origin,
            sense=self._sense,
            # The right-hand side of the objective is the negative of its constant.
            offset=-rows.rhs.get(rows.objective, 0.0),
            cost=columns.cost,
            bounds=([low for low, _ in bounds], [up for _, up in bounds]),
            integer=columns.integer,
            column_names=names,
            row_bounds=([low for low, _ in intervals], [up for _, up in intervals]),
            row_names=list(rows.numbers),
            matrix=([*columns.start, len(columns.index)], columns.index, columns.value),
        )

    def _bounds_of(self, column: int, names: list[str]) -> tuple[float, float]:
        if column in self._columns.binary:
            return self._binary_bounds_of(column, names)
        lower, upper = self._columns.lower[column], self._columns.upper[column]
        if lower is None and upper is None and self._columns.integer[column]:
            return 0.0, 1.0  # what MPS means by an integer variable without bounds
        if lower is None and upper is not None and -INFINITE < upper < 0:
            self.line_number = self._bound_lines["upper", column]
            raise _MalformedError(
                f"column {quote(names[column])} has upper bound {upper} and no lower bound:"
                " solvers read this differently; add LO with a number, or MI"
            )
        return lower if lower is not None else 0.0, math.inf if upper is None else upper

    def _binary_bounds_of(self, column: int, names: list[str]) -> tuple[float, float]:
        """Those within 0 and 1 are kept: beyond, some readers take the first, some the last."""
        lower, upper = self._columns.lower[column], self._columns.upper[column]
        for side, value in (("lower", lower), ("upper", upper)):
            if value is not None and not 0 <= value <= 1:
                self.line_number = self._bound_lines[side, column]
                raise _MalformedError(
                    f"column {quote(names[column])} has bound BV and {side} bound {value}: solvers"
                    " read this differently; keep its bounds within 0 and 1, or leave out BV and"
                    " write LI and UI"
                )
        return lower if lower is not None else 0.0, 1.0 if upper is None else upper
