"""The lines of an MPS file: comments dropped, headers told from data, data split into fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

from argmin_solvers.text import quote


class MalformedError(Exception):
    """What is wrong, and the line where it is not the current one."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.line = line


class NotLinearError(MalformedError):
    """The file holds more than a linear model."""


_FIXED_FIELDS = ((1, 3), (4, 12), (14, 22), (24, 36), (39, 47), (49, 61))
_BETWEEN_FIELDS = ((0, 1), (3, 4), (12, 14), (22, 24), (36, 39), (47, 49), (61, 72))
_MAXIMIZES = re.compile(
    r"\*\W*(?:(?:(?:obj(?:ective)?\W*)?sense|direction|objective)\W+)?max(?:imi[sz]e|imum)?\W*$"
    r"|NAME\s.*\(\s*max(?:imi[sz]e)?\s*\)\s*$",
    re.I,
)

Split = Callable[[str, Container[str]], list[str]]
"""Takes a data line and the names that are declared, which no comment begins; gives its fields."""


def split_free(line: str, declared: Container[str]) -> list[str]:
    """The words of a line, without a comment that `$` or `*` begins."""
    fields = line.split()
    if "$" in line or "*" in line:
        for at, field in enumerate(fields):
            if at > 1 and field[0] in "$*" and field not in declared:
                return fields[:at]
    return fields


def split_fixed(line: str, declared: Container[str]) -> list[str]:
    """What stands in the fixed columns of a line: there, names have blanks.

    Raises:
        MalformedError: text stands between the columns.
    """
    for start, end in _BETWEEN_FIELDS:
        if line[start:end].strip():
            raise MalformedError(f"{quote(line.strip())} does not keep to fixed columns")
    fields = []
    for at, (start, end) in enumerate(_FIXED_FIELDS):
        field = line[start:end].strip()
        if field[:1] == "$" and at in (2, 4) and field not in declared:
            break
        if field:
            fields.append(field)
    return fields


def asks_to_maximize(line: str) -> bool:
    """Whether a comment or the name says Maximize, which readers of MPS do not look at."""
    return _MAXIMIZES.match(line) is not None


def refuse_words(words: list[str]) -> None:
    """Refuse what follows the header of a section on its line: readers would drop it.

    Raises:
        MalformedError: anything but a comment follows.
    """
    if len(words) > 1 and words[1][0] not in "$*!":
        raise MalformedError(
            f"{quote(' '.join(words[1:]))} follows the header {words[0]} on its line: data lines"
            " begin with a blank"
        )
