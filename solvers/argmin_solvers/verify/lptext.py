"""Reads CPLEX LP files exactly, for the check alone: shares nothing with the reader of the solvers.

It takes what that reader has found well-formed, and gives up on anything else. The file becomes
one stream of words for each section, which is taken from the front; numbers are the decimals of
the file.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction

from argmin.api.outcome import Sense
from argmin_solvers.verify.exact import ExactModel, ExactVariable, finite, scale_row
from argmin_solvers.verify.numerals import Numerals
from argmin_solvers.verify.original import CheckReason, UncheckableError

_GOAL = re.compile(r"(maximi[sz]e|maximum|max|minimi[sz]e|minimum|min)\b(?!\s*[<>=])\s*:?", re.I)
_ROWS = re.compile(r"(?:subject\s+to|such\s+that|s\.t\.|st\.?)(?:\s|$)", re.I)
_SECTION_NAMES = {
    "bounds": "bounds", "bound": "bounds",
    "generals": "integers", "general": "integers", "gen": "integers",
    "integers": "integers", "integer": "integers", "int": "integers",
    "binaries": "binaries", "binary": "binaries", "bin": "binaries",
    "end": "end",
}  # fmt: skip
_WORD = re.compile(
    r"\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([<>]=?|=[<>]?)|([-+])|(:)"
    r"|([^\s\-+*^<>=:\[\]\d.][^\s\-+*^<>=:]*))"
)
_NUMBER, _RELATION, _SIGN, _COLON, _NAME = range(1, 6)
_END = (0, "")

_FLIPPED = {"<": ">", ">": "<", "=": "="}

Word = tuple[int, str]


def rebuild_lp(text: str) -> ExactModel:
    """The model of an LP file.

    Raises:
        UncheckableError: the file is not understood.
    """
    reader = _Lp()
    try:
        for section, words in _split(text):
            reader.take(section, words)
    except (ValueError, KeyError, IndexError) as error:
        what = f"the check cannot read the LP file: {error}"
        raise UncheckableError(CheckReason.NOT_REBUILT, what) from None
    return reader.model()


def _split(text: str) -> list[tuple[str, deque[Word]]]:
    """The sections with their words; the first is `max` or `min`."""
    parts: list[tuple[str, deque[Word]]] = []
    for raw in text.splitlines():
        line = raw.split("\\", 1)[0].strip()
        if not line:
            continue
        name, rest = _begin(line, parts[-1][0] if parts else "")
        if name == "end":
            break
        if name:
            parts.append((name, deque()))
        parts[-1][1].extend(_words(rest))
    return parts


def _begin(line: str, section: str) -> tuple[str, str]:
    """The section that a line begins, or none, and what of the line belongs to its content."""
    if not section:
        goal = _GOAL.match(line)
        if goal is None:
            raise ValueError("there is no objective")
        return goal[1][:3].lower(), line[goal.end() :]
    whole = _SECTION_NAMES.get(line.lower())
    if whole is not None:
        return whole, ""
    rows = _ROWS.match(line)
    # Elsewhere such a word on a line with others is the name of a variable.
    if rows is not None and (rows.end() == len(line) or section in ("max", "min")):
        return "rows", line[rows.end() :]
    return "", line


def _words(text: str) -> list[Word]:
    words, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None or match.lastindex is None:
            raise ValueError(f"{text[at : at + 20]!r} is not understood")
        words.append((match.lastindex, match[match.lastindex]))
        at = match.end()
    return words


@dataclass
class _Sum:
    """Coefficients by the number of the variable, and a constant."""

    terms: dict[int, Fraction] = field(default_factory=dict)
    constant: Fraction = Fraction(0)


class _Lp:
    """The model, taken word by word from the front of each section."""

    def __init__(self) -> None:
        self._number = Numerals()
        self._sense = Sense.MINIMIZE
        self._goal = _Sum()
        self._positions: dict[str, int] = {}
        self._variables: list[ExactVariable] = []
        self._rows: list[tuple[str, _Sum, Fraction | None, Fraction | None]] = []
        self._words: deque[Word] = deque()

    def take(self, section: str, words: deque[Word]) -> None:
        """Take a whole section."""
        self._words = words
        if section in ("max", "min"):
            self._sense = Sense.MAXIMIZE if section == "max" else Sense.MINIMIZE
            self._take_label()
            self._goal = self._take_sum()
            if words:
                raise ValueError(f"{words[0][1]!r} in the objective")
            return
        step = {
            "rows": self._take_row,
            "bounds": self._take_bound,
            "integers": self._take_integer,
            "binaries": self._take_binary,
        }[section]
        while words:
            step()

    def model(self) -> ExactModel:
        """The model of all that was taken."""
        return ExactModel(
            sense=self._sense,
            variables=self._variables,
            rows=[
                scale_row(name, total.terms, lower, upper)
                for name, total, lower, upper in self._rows
            ],
            goal=scale_row("objective", self._goal.terms, None, None),
            offset=self._goal.constant,
        )

    def _next(self, ahead: int = 0) -> Word:
        return self._words[ahead] if ahead < len(self._words) else _END

    def _take_label(self) -> str | None:
        if self._next()[0] != _NAME or self._next(1)[0] != _COLON:
            return None
        _, name = self._words.popleft()
        self._words.popleft()
        return name

    def _take_sign(self) -> int:
        sign = 1
        while self._next()[0] == _SIGN:
            sign = -sign if self._words.popleft()[1] == "-" else sign
        return sign

    def _take_sum(self) -> _Sum:
        """Terms up to a relation, the label of another row, or the end."""
        total, first = _Sum(), True
        while self._next()[0] in ((_SIGN, _NUMBER, _NAME) if first else (_SIGN,)):
            first = False
            factor = Fraction(self._take_sign())
            if self._next()[0] == _NUMBER:
                factor *= self._number[self._words.popleft()[1]]
                if self._next()[0] != _NAME or self._next(1)[0] == _COLON:
                    total.constant += factor
                    continue
            kind, name = self._words.popleft()
            if kind != _NAME:
                raise ValueError(f"{name!r} is no term")
            position = self._position(name)
            total.terms[position] = total.terms.get(position, Fraction(0)) + factor
        return total

    def _position(self, name: str) -> int:
        position = self._positions.setdefault(name, len(self._variables))
        if position == len(self._variables):
            self._variables.append(ExactVariable(name, Fraction(0), None))
        return position

    def _at_infinity(self) -> bool:
        ahead = 0
        while self._next(ahead)[0] == _SIGN:
            ahead += 1
        return _is_infinity(self._next(ahead)[1])

    def _take_number(self) -> Fraction:
        sign = self._take_sign()
        kind, text = self._words.popleft()
        if kind != _NUMBER and not _is_infinity(text):
            raise ValueError(f"{text!r} is no number")
        return sign * self._number[text]

    def _take_relation(self) -> str:
        kind, text = self._words.popleft()
        if kind != _RELATION:
            raise ValueError(f"{text!r} is no relation")
        return text.strip("=") or "="

    def _take_row(self) -> None:
        label = self._take_label()
        sides: dict[str, Fraction] = {}
        left = None if self._at_infinity() else self._take_sum()
        if left is None or not left.terms:  # a number, then the row
            number = self._take_number() if left is None else left.constant
            sides[_FLIPPED[self._take_relation()]] = number
            left = self._take_sum()
        if self._next()[0] == _RELATION:
            relation = self._take_relation()
            sides[relation] = self._take_number()
        if not left.terms or not sides:
            raise ValueError("a row without variables or without a side")
        lower, upper = (sides.get("=", sides.get(relation)) for relation in "><")
        name = label or f"R{len(self._rows) + 1}"
        self._rows.append((name, left, _beside(lower, left), _beside(upper, left)))

    def _take_bound(self) -> None:
        if self._next()[0] != _NAME or self._at_infinity():
            number = self._take_number()
            relation = self._take_relation()
            variable = self._take_variable()
            _bound(variable, _FLIPPED[relation], number)
        else:
            variable = self._take_variable()
            if self._next()[1].lower() == "free":
                self._words.popleft()
                variable.lower = variable.upper = None
                return
        if self._next()[0] == _RELATION:
            _bound(variable, self._take_relation(), self._take_number())

    def _take_variable(self) -> ExactVariable:
        return self._variables[self._positions[self._words.popleft()[1]]]

    def _take_integer(self) -> None:
        self._take_variable().integer = True

    def _take_binary(self) -> None:
        variable = self._take_variable()
        variable.integer = True
        if variable.upper is None:  # else its own bound, within 0 and 1
            variable.upper = Fraction(1)


def _is_infinity(text: str) -> bool:
    return text.lower() in ("inf", "infinity")


def _beside(side: Fraction | None, total: _Sum) -> Fraction | None:
    """The side once the constant of the row has gone over to it."""
    return None if side is None else finite(side - total.constant)


def _bound(variable: ExactVariable, relation: str, number: Fraction) -> None:
    if relation in "<=":
        variable.upper = finite(number)
    if relation in ">=":
        variable.lower = finite(number)
