"""Takes labels, relations, numbers and expressions from the tokens of a section of an LP file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from argmin_solvers.models.numerals import INFINITY
from argmin_solvers.models.readers.lp_lexer import Kind, MalformedError, Part
from argmin_solvers.models.readers.numbers import MINUS_INFINITY, ONE, ZERO, Coefficients
from argmin_solvers.text import quote

_MINUS_ONE = -ONE
_END, _NUMBER, _NAME, _SIGN = map(int, (Kind.END, Kind.NUMBER, Kind.NAME, Kind.SIGN))
_TERM = (_SIGN, _NUMBER, _NAME)


@dataclass(frozen=True)
class Expression:
    """Coefficients by the number of the variable, in the order of the file, and a constant."""

    terms: Mapping[int, Fraction]
    constant: Fraction


class Cursor:
    """Reads the tokens of a section one after another; `line` is that of the last one read.

    Args:
        part: the section.
        coefficients: the numbers of the file that were read so far.
        number_of: gives the number of a variable by its name, one of its own where it is new.
    """

    def __init__(
        self, part: Part, coefficients: Coefficients, number_of: Callable[[str], int]
    ) -> None:
        self._kinds, self._texts, self._lines = part.kinds, part.texts, part.lines
        self._coefficients = coefficients
        self._number_of = number_of
        self._at = 0
        self.line = part.line

    def kind(self) -> int:
        """What the next token is."""
        return self._kinds[self._at]

    def text(self) -> str:
        """The next token; empty at the end."""
        return self._texts[self._at]

    def at_end(self) -> bool:
        """Whether all tokens were read."""
        return self._kinds[self._at] == _END

    def next(self, expected: str) -> str:
        """Read a token.

        Raises:
            MalformedError: there is none.
        """
        if self.at_end():
            raise MalformedError(self.line, f"{expected} is missing")
        text, self.line = self._texts[self._at], self._lines[self._at]
        self._at += 1
        return text

    def refuse(self, what: str) -> NoReturn:
        """Say what is wrong with the next token, which `{}` stands for."""
        raise MalformedError(self._lines[self._at], what.format(quote(self._texts[self._at])))

    def stands_alone(self) -> bool:
        """Whether the next token has a line of its own."""
        at, lines = self._at, self._lines
        line, before = lines[at], lines[at - 1] if at else 0
        return line != before and (self._kinds[at + 1] == _END or lines[at + 1] != line)

    def take_label(self) -> str | None:
        """The name before a colon."""
        if self.kind() != Kind.LABEL:
            return None
        return self.next("a name")

    def take_relation(self) -> str:
        """One of <, > and =."""
        if self.kind() not in (Kind.RELATION, _END):
            self.refuse("a relation such as <= is expected, not {}")
        return self.next("a relation such as <=").replace("=", "") or "="

    def take_number(self) -> Fraction:
        """A signed number or infinity."""
        negative = self._take_signs()
        if self.at_infinity():
            self.next("a number")
            return MINUS_INFINITY if negative else INFINITY
        if self.kind() not in (_NUMBER, _END):
            self.refuse("a number is expected, not {}")
        text = self.next("a number")
        return self._coefficient(text, negative)

    def _take_signs(self) -> bool:
        """Whether the signs that follow make a minus."""
        negative, at = False, self._at
        while self._kinds[at] == _SIGN:
            negative ^= self._texts[at] == "-"
            at += 1
        self._at = at
        return negative

    def _coefficient(self, text: str, negative: bool) -> Fraction:
        try:
            return self._coefficients["-" + text if negative else text]
        except ValueError as error:
            shown = str(error).replace("'-", "'", 1)
            raise MalformedError(self.line, shown) from None

    def at_infinity(self) -> bool:
        """Whether infinity follows, with or without a sign."""
        at = self._at
        while self._kinds[at] == _SIGN:
            at += 1
        return is_infinite(self._texts[at])

    def take_expression(self) -> Expression:
        """The sum that follows, which may be of nothing.

        Raises:
            MalformedError: what follows does not add up.
        """
        terms: dict[int, Fraction] = {}
        constant, is_first = ZERO, True
        kinds, lines = self._kinds, self._lines
        while kinds[self._at] in _TERM:
            is_signed = is_first or kinds[self._at] == _SIGN
            negative = kinds[self._at] == _SIGN and self._take_signs()
            if not is_signed:
                self.refuse("+ or - is expected before {}")
            value = _MINUS_ONE if negative else ONE
            is_first, is_number = False, kinds[self._at] == _NUMBER
            if is_number:
                self.line = lines[self._at]
                value = self._coefficient(self._texts[self._at], negative)
                self._at += 1
            if kinds[self._at] == _NAME:
                column = self._take_variable()
                terms[column] = terms[column] + value if column in terms else value
            elif is_number:
                constant += value
            else:
                self._refuse_term()
        return Expression(terms, constant)

    def _refuse_term(self) -> NoReturn:
        if self.at_end():
            raise MalformedError(self.line, "a term is missing")
        self.refuse("a term is expected, not {}")

    def _take_variable(self) -> int:
        text, self.line = self._texts[self._at], self._lines[self._at]
        if is_infinite(text):
            self.refuse("{} stands for infinity and cannot be a variable: rename it")
        self._at += 1
        return self._number_of(text)

    def take_beside(self) -> Expression:
        """The expression that follows a number and a relation.

        Raises:
            MalformedError: it does not add up, or may be another constraint from its second line.
        """
        at = self._at
        while self._kinds[at] == _SIGN:
            at += 1
        if self._kinds[at] == _NUMBER and self._kinds[at + 1] in (_SIGN, _NAME):
            self._at, before = at + 1, self._at
            if self._lines[at] != self._lines[at + 1]:
                self.refuse(
                    "{} may go on with the constraint before it or begin one: write the constraint"
                    " on one line, and a label before the next"
                )
            self._at = before
        return self.take_expression()

    def check_new_line(self) -> None:
        """What follows has to be on a line of its own.

        Raises:
            MalformedError: it is not.
        """
        if not self.at_end() and self._lines[self._at] == self.line:
            self.refuse(
                "{} is not expected here: the right side is one number, and the next constraint or"
                " bound begins on a new line"
            )


def is_infinite(text: str) -> bool:
    """Whether a word stands for infinity."""
    return text[:3].lower() == "inf" and text.lower() in ("inf", "infinity")
