"""Reads answers as text: lines of NAME VALUE, as HiGHS, SCIP, CBC, Gurobi and MIPLIB write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from argmin.api.answer import Outcome
from argmin_solvers.inspection.given import (
    GivenAnswer,
    add_value,
    find_outcome,
    read_decimal,
    read_value,
    refuse,
)
from argmin_solvers.text import quote

_SECTION = re.compile(r"#\s*(Columns|Rows|Primal|Dual|Basis)\b")
"""Of HiGHS: values of rows, duals and the basis follow those of the columns."""
_OBJECTIVE = re.compile(
    r"(?:#\s*Objective value\s*=|objective value:|=obj=|Objective(?=\s+\S+$))\s*(\S+)", re.I
)
_CBC = re.compile(r"(.+?) - objective value\s+(\S+)")
_GLPK = re.compile(r"s (bas|ipt|mip) .*")
_STATUS = re.compile(r"solution status:\s*(.+)", re.I)
_NONE = {"=infeas=": Outcome.INFEASIBLE, "=unbd=": Outcome.UNBOUNDED, "=unkn=": Outcome.UNKNOWN}
_WITHOUT_SOLUTION = (Outcome.INFEASIBLE, Outcome.UNBOUNDED)
_NO_SOLUTION = "no solution available"
_ADVICE = "write NAME VALUE, separated by blanks, one variable a line"
_Line = tuple[int, str]


def read_text(name: str, lines: Sequence[str]) -> GivenAnswer:
    """Read an answer from text.

    Raises:
        RunError: InvalidModel with the line that is not understood.
    """
    numbered = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    filled = [(number, line) for number, line in numbered if line]
    if not filled:
        raise refuse(f"{name} is empty: {_ADVICE}")
    if filled[0][1].split()[0] in ("c", "s") and any(_GLPK.fullmatch(line) for _, line in filled):
        raise refuse(f"{name}: GLPK numbers variables and does not name them: {_ADVICE}")
    if filled[0][1] == "Model status":
        return _read_highs(name, filled)
    if head := _CBC.fullmatch(filled[0][1]):
        answer = _read_columns(name, filled[1:])
        objective = read_decimal(head[2], f"{name} line {filled[0][0]}")
        return _tell(answer, find_outcome(head[1]), objective)
    return _read_lines(name, filled)


def _tell(answer: GivenAnswer, outcome: Outcome | None, objective: Decimal | None) -> GivenAnswer:
    """The answer with what its head says; an outcome without solutions has no values."""
    if not answer.values and (answer.values is None or outcome in _WITHOUT_SOLUTION):
        return replace(answer, values=None, outcome=outcome)
    told = outcome if outcome is Outcome.OPTIMAL else None
    return replace(answer, outcome=told, objective=objective)


def _read_highs(name: str, lines: Sequence[_Line]) -> GivenAnswer:
    """HiGHS's own file: a status, and the values of the columns in a section."""
    status = lines[1][1] if len(lines) > 1 else ""
    values: dict[str, float] = {}
    objective, section, is_there = None, "", False
    for number, line in lines[2:]:
        where = f"{name} line {number}"
        if head := _SECTION.match(line):
            if head[1] in ("Dual", "Basis"):
                break
            section = head[1]
            is_there = is_there or section == "Columns"
        elif section == "Columns":
            add_value(values, *_split(line, where), where)
        elif section == "Primal" and (found := _OBJECTIVE.fullmatch(line)):
            objective = read_decimal(found[1], where)
    return _tell(GivenAnswer(values if is_there else None), find_outcome(status), objective)


def _read_columns(name: str, lines: Sequence[_Line]) -> GivenAnswer:
    """CBC's lines: number, name, value and reduced cost; `**` before what it finds infeasible."""
    values: dict[str, float] = {}
    for number, line in lines:
        where = f"{name} line {number}"
        words = line.removeprefix("**").split()
        if len(words) != 4 or not words[0].isdecimal():
            raise refuse(f"{where}: {quote(line)}: CBC writes number, name, value, reduced cost")
        add_value(values, words[1], read_value(words[2], where), where)
    return GivenAnswer(values)


def _read_lines(name: str, lines: Sequence[_Line]) -> GivenAnswer:
    values: dict[str, float] = {}
    outcome, objective = None, None
    for number, line in lines:
        where = f"{name} line {number}"
        if found := _OBJECTIVE.fullmatch(line) if not _is_plain(line) else None:
            objective = read_decimal(found[1], where)
        elif found := _STATUS.fullmatch(line):
            outcome = find_outcome(found[1])
        elif line in _NONE or line == _NO_SOLUTION:
            return GivenAnswer(None, outcome=_NONE.get(line, outcome))
        elif not line.startswith("#"):
            add_value(values, *_split(line, where), where)
    return _tell(GivenAnswer(values), outcome, objective)


def _is_plain(line: str) -> bool:
    """Whether it is NAME VALUE, also of a variable with the name `Objective`."""
    return not line.startswith(("#", "=")) and len(line.split()) == 2


def _split(line: str, where: str) -> tuple[str, float]:
    """Name and value; SCIP adds the coefficient in the objective."""
    words = line.split()
    if len(words) == 3 and words[2].startswith("(obj:"):
        words.pop()
    if len(words) != 2:
        raise refuse(f"{where}: {quote(line)}: {_ADVICE}")
    return words[0], read_value(words[1], where)
