"""Reads answers as CPLEX writes them, in XML."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from argmin.api.answer import Outcome
from argmin_solvers.inspection.given import (
    GivenAnswer,
    add_value,
    find_outcome,
    read_decimal,
    read_value,
    refuse,
)


def read_xml(name: str, text: str) -> GivenAnswer:
    """Read an answer from CPLEX's XML, of several the first.

    Raises:
        RunError: InvalidModel with the line that is not understood.
    """
    reader = _Reader(name)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise refuse(
            f"{name} line {error.lineno}: no XML: {expat.ErrorString(error.code)}"
        ) from None
    if not reader.solutions:
        raise refuse(f"{name}: no CPLEXSolution is in it")
    outcome = reader.outcome if reader.outcome is Outcome.OPTIMAL else None
    return GivenAnswer(reader.values, outcome=outcome, objective=reader.objective)


class _Reader:
    """Takes the elements as they come."""

    def __init__(self, name: str) -> None:
        self.solutions = 0
        self.values: dict[str, float] = {}
        self.objective: Decimal | None = None
        self.outcome: Outcome | None = None
        self._name = name
        self.parser: Any = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EntityDeclHandler = self._refuse_entity

    @property
    def _where(self) -> str:
        return f"{self._name} line {self.parser.CurrentLineNumber}"

    def _refuse_entity(self, *_: object) -> None:
        raise refuse(f"{self._where}: declares an entity: a solution needs none")

    def _start(self, element: str, attributes: Mapping[str, str]) -> None:
        if element == "CPLEXSolution":
            self.solutions += 1
        elif self.solutions == 1 and element == "header":
            if "objectiveValue" in attributes:
                self.objective = read_decimal(attributes["objectiveValue"], self._where)
            self.outcome = find_outcome(attributes.get("solutionStatusString", ""))
        elif self.solutions == 1 and element == "variable":
            if not {"name", "value"} <= attributes.keys():
                raise refuse(f"{self._where}: a variable needs name and value")
            value = read_value(attributes["value"], self._where)
            add_value(self.values, attributes["name"], value, self._where)
