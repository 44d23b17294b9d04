"""Answers are read as argmin and other programs write them, or refused with the line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, Sense, SolveResult
from argmin_solvers.errors import RunError
from argmin_solvers.inspection.given import GivenAnswer
from argmin_solvers.inspection.solution_file import read_solution
from argmin_solvers.result.run_result import (
    RunResult,
    encode_solution,
    result_digest,
    solution_document,
)

VALUES = {"x": 3, "y": 0.5, "z[1,2]": 1}
PLAIN = "x 3\ny 0.5\nz[1,2] 1\n"
HIGHS = """Model status
Optimal

# Primal solution values
Feasible
Objective 11
Objective_bound 11
MIP_rel_gap 0
# Columns 3
x 3
y 0.5
z[1,2] 1
# Rows 1
capacity 4

# Dual solution values
None

# Basis
HiGHS_basis_file v2
None
"""
SCIP = (
    "solution status: optimal solution found\n"
    "objective value:                                   11\n"
    "x                                                   3 \t(obj:3)\n"
    "y                                                 0.5 \t(obj:2)\n"
    "z[1,2]                                              1 \t(obj:1)\n"
)
CBC = (
    "Optimal - objective value 11.00000000\n"
    "      0 x                      3                       1\n"
    "      1 y                    0.5                       0\n"
    "**    2 z[1,2]                 1                       0\n"
)
CPLEX = """<?xml version = "1.0" encoding="UTF-8" standalone="yes"?>
<CPLEXSolution version="1.2">
 <header problemName="k.lp" objectiveValue="11" solutionStatusString="integer optimal solution"/>
 <linearConstraints><constraint name="capacity" index="0" slack="0"/></linearConstraints>
 <variables>
  <variable name="x" index="0" value="3"/>
  <variable name="y" index="1" value="0.5"/>
  <variable name="z[1,2]" index="2" value="1"/>
 </variables>
</CPLEXSolution>
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answer.sol"


def read(file: Path, text: str) -> GivenAnswer:
    file.write_text(text)
    return read_solution(file)


@pytest.mark.parametrize(
    ("text", "outcome", "objective"),
    [
        (PLAIN, None, None),
        (f"\ufeff# from elsewhere\n=obj= 11.0\n\n{PLAIN}", None, "11.0"),
        (f"# Objective value = 11\n{PLAIN}", None, "11"),
        (HIGHS, Outcome.OPTIMAL, "11"),
        (SCIP, Outcome.OPTIMAL, "11"),
        (CBC, Outcome.OPTIMAL, "11.00000000"),
        (CPLEX, Outcome.OPTIMAL, "11"),
        (json.dumps(VALUES), None, None),
        (json.dumps({"variables": VALUES}), None, None),
        ('{"x": "3", "y": "5e-1", "z[1,2]": 1}', None, None),
    ],
    ids=["lines", "MIPLIB", "Gurobi", "HiGHS", "SCIP", "CBC", "CPLEX", "JSON", "inner", "texts"],
)
def test_an_answer_of_another_program_is_read(
    file: Path, text: str, outcome: Outcome | None, objective: str | None
) -> None:
    given = read(file, text)
    assert given.values == VALUES
    assert given.outcome is outcome
    assert given.objective == (None if objective is None else Decimal(objective))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("=infeas=\n", Outcome.INFEASIBLE),
        ("=unbd=\n", Outcome.UNBOUNDED),
        ("=unkn=\n", Outcome.UNKNOWN),
        ("solution status: infeasible\nno solution available\n", Outcome.INFEASIBLE),
        ("Model status\nInfeasible\n\n# Primal solution values\nNone\n", Outcome.INFEASIBLE),
        ("Model status\nUnbounded\n\n# Primal solution values\nNone\n", Outcome.UNBOUNDED),
        ("Model status\nTime limit reached\n\n# Primal solution values\nNone\n", None),
        ("Infeasible - objective value 0.00000000\n", Outcome.INFEASIBLE),
    ],
)
def test_that_there_is_no_solution_is_read(file: Path, text: str, outcome: Outcome) -> None:
    given = read(file, text)
    assert (given.values, given.outcome) == (None, outcome)


def test_a_variable_may_have_the_name_of_a_head(file: Path) -> None:
    assert read(file, "Objective 3\nOptimal 1\n").values == {"Objective": 3, "Optimal": 1}


def test_whole_numbers_keep_all_their_digits(file: Path) -> None:
    assert read(file, f"x {2**62 + 1}\n").values == {"x": 2**62 + 1}
    assert read(file, f'{{"x": {2**62 + 1}}}').values == {"x": 2**62 + 1}


def argmin_solution(**parts: object) -> bytes:
    answer = RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        result=SolveResult(
            outcome=Outcome.OPTIMAL,
            sense=Sense.MAXIMIZE,
            objective="11.0",
            best_bound="11.0",
            model_digest="sha256:1",
        ),
    )
    result = RunResult(answer, variables=VALUES, **parts)  # type: ignore[arg-type]
    told = answer.model_copy(update={"result_digest": result_digest(result)})
    document = solution_document("steel", RunResult(told, variables=VALUES, **parts))  # type: ignore[arg-type]
    return encode_solution(document)


class TestOwnFile:
    def test_it_is_read_with_all_that_it_tells(self, file: Path) -> None:
        given = read(file, argmin_solution().decode())
        assert given.values == VALUES
        assert (given.outcome, given.sense) == (Outcome.OPTIMAL, Sense.MAXIMIZE)
        assert (given.objective, given.bound) == (Decimal("11.0"), Decimal("11.0"))
        assert given.model_digest == "sha256:1"
        assert given.is_whole

    def test_its_folder_is_enough(self, tmp_path: Path) -> None:
        (tmp_path / "solution.json").write_bytes(argmin_solution())
        assert read_solution(tmp_path).values == VALUES

    def test_the_solutions_of_an_enumeration_are_read(self, file: Path) -> None:
        given = read(file, argmin_solution(pool=(VALUES, {"x": 1.0})).decode())
        assert given.pool == (VALUES, {"x": 1.0})
        assert given.is_whole

    def test_a_change_of_a_value_is_seen(self, file: Path) -> None:
        changed = argmin_solution().decode().replace('"y":0.5', '"y":0.25')
        assert not read(file, changed).is_whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "answer.sol is empty: write NAME VALUE"),
        ("x 3\ny\n", "answer.sol line 2: 'y': write NAME VALUE, separated by blanks"),
        ("x three\n", "answer.sol line 1: 'three' is not a number"),
        ("x 1_0\n", "answer.sol line 1: '1_0' is not a number"),
        ("x 1\nx 2\n", "answer.sol line 2: variable 'x' has a value already: list each once"),
        ("=obj= many\nx 1\n", "answer.sol line 1: 'many' is not a number"),
        ("=obj= inf\nx 1\n", "answer.sol line 1: 'inf' is not a finite number"),
        ("=obj= 1e99999999\nx 1\n", "the number '1e99999999' is beyond what doubles can hold"),
        (f"{CBC}7\n", "answer.sol line 5: '7': CBC writes number, name, value, reduced cost"),
        ("c Problem:\ns mip 1 3 o 11\nj 1 3\n", "answer.sol: GLPK numbers variables"),
        ('{"x": 1', "answer.sol is no JSON:"),
        ("[1, 2]", 'answer.sol: write an object, such as {"x": 2.5}'),
        ('{"x": 1, "x": 2}', "answer.sol: 'x' is there twice: write it once"),
        ('{"x": NaN}', "answer.sol: NaN is not a number"),
        ('{"x": true}', "answer.sol: variable 'x': 'True' is not a number"),
        ('{"x": [1]}', "answer.sol: variable 'x': '[1]' is not a number"),
        ('{"x": "one"}', "answer.sol: variable 'x': 'one' is not a number"),
        ('{"outcome": "Best"}', "answer.sol: outcome: Input should be 'Optimal'"),
        ('{"outcome": "Optimal", "variables": 3}', "variables has to be an object"),
        ('{"outcome": "Optimal", "solutions": [3]}', "'3' is no object of values"),
        ('{"outcome": "Optimal", "objective": "x"}', "answer.sol: objective:"),
        ("<a>", "answer.sol line 1: no XML: no element found"),
        ("<a/>", "answer.sol: no CPLEXSolution is in it"),
        ("<CPLEXSolution><variable name='x'/></CPLEXSolution>", "a variable needs name and value"),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "answer.sol line 1: declares an entity"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(
    file: Path, text: str, message: str
) -> None:
    with pytest.raises(RunError) as refusal:
        read(file, text)
    assert message in refusal.value.message


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(RunError, match="cannot be read: No such file"):
        read_solution(file)
