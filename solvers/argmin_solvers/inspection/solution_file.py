"""Reads an answer: argmin's solution.json, plain JSON, CPLEX's XML, or lines of NAME VALUE."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from argmin.api.answer import RunReport, SolutionHead
from argmin.api.run import SOLUTION_FILE
from argmin_solvers.inspection.given import (
    GivenAnswer,
    add_value,
    read_decimal,
    read_value,
    refuse,
)
from argmin_solvers.inspection.solution_text import read_text
from argmin_solvers.inspection.solution_xml import read_xml
from argmin_solvers.result.run_result import RunResult, result_digest
from argmin_solvers.text import quote, read_lines


def read_solution(path: Path) -> GivenAnswer:
    """Read an answer from a file, or from a folder with a solution.json.

    Raises:
        RunError: SourceNotFound; InvalidModel, naming the file and the line or variable.
    """
    path = path / SOLUTION_FILE if path.is_dir() else path
    lines = read_lines(path)
    start = next((line.lstrip() for line in lines if line.strip()), "")
    if start.startswith(("{", "[")):
        return _read_document(path.name, read_json(path.name, "\n".join(lines)))
    if start.startswith("<"):
        return read_xml(path.name, "\n".join(lines))
    return read_text(path.name, lines)


def read_json(name: str, text: str) -> Mapping[str, Any]:
    """An object of JSON, in which no name stands twice and every number is one.

    Raises:
        RunError: it is none.
    """

    def unite(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        united = dict(pairs)
        if len(united) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise refuse(f"{name}: {quote(twice)} is there twice: write it once")
        return united

    def deny(word: str) -> Any:
        raise refuse(f"{name}: {word} is not a number")

    try:
        document = json.loads(text, object_pairs_hook=unite, parse_constant=deny)
    except (ValueError, RecursionError) as error:
        raise refuse(f"{name} is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise refuse(f'{name}: write an object, such as {{"x": 2.5}}')
    return document


def _read_document(name: str, document: Mapping[str, Any]) -> GivenAnswer:
    if isinstance(document.get("outcome"), str):
        return _read_own(name, document)
    if isinstance(document.get("variables"), dict):
        return GivenAnswer(_read_values(name, document["variables"]))
    return GivenAnswer(_read_values(name, document))


def _read_own(name: str, document: Mapping[str, Any]) -> GivenAnswer:
    """A solution.json."""
    values = document.get("variables")
    pool = document.get("solutions", [])
    pool = [] if isinstance(pool, int) else pool  # their number, where they were not kept
    if not isinstance(values, dict | None) or not isinstance(pool, list):
        raise refuse(f"{name}: variables has to be an object, and solutions a list of them")
    answer = _read_answer(name, document)
    given = None if values is None else _read_values(name, values)
    solutions = tuple(_read_values(f"{name}: solutions", solution) for solution in pool)
    report = RunReport(succeeded=True, reason=answer.reason, result=answer, metrics=answer.metrics)
    result = RunResult(report, variables=given, pool=solutions)
    return GivenAnswer(
        given,
        solutions,
        outcome=answer.outcome,
        objective=_read_number(name, "objective", answer.objective),
        bound=_read_number(name, "bestBound", answer.best_bound),
        sense=answer.sense,
        model_digest=answer.model_digest,
        is_whole=answer.result_digest in (None, result_digest(result)),
    )


def _read_answer(name: str, document: Mapping[str, Any]) -> SolutionHead:
    told = {key: value for key, value in document.items() if key in _TOLD}
    try:
        return SolutionHead.model_validate({"reason": "Optimal", **told})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise refuse(f"{name}: {where}: {first['msg']}") from None


_TOLD = {
    *("outcome", "sense", "objective", "bestBound"),
    *("metrics", "modelDigest", "resultDigest"),
}


def _read_number(name: str, field: str, text: str | None) -> Any:
    return None if text is None else read_decimal(text, f"{name}: {field}")


def _read_values(name: str, given: Any) -> dict[str, float]:
    """Values by name; numbers, or their decimal text."""
    if not isinstance(given, dict):
        raise refuse(f"{name}: {quote(str(given))} is no object of values by the variables' names")
    values: dict[str, float] = {}
    for variable, value in given.items():
        where = f"{name}: variable {quote(variable)}"
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise refuse(f"{where}: {quote(str(value))} is not a number")
        read = read_value(value, where) if isinstance(value, str) else value
        add_value(values, variable, read, name)
    return values
