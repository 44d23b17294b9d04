"""An answer of any origin is held against its model, and told as what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import Outcome
from argmin.api.solve.inspection import Inspection, InspectionRequest
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.errors import RunError
from argmin_solvers.inspection.inspector import inspect_answer

KNAPSACK = """Maximize
 value: 3 x + 2 y + z
Subject To
 capacity: x + y + 0.5 z <= 4
Bounds
 x <= 3
 z <= 1
Generals
 x
End
"""
RELAXED = KNAPSACK.replace("Generals\n x\n", "")
HOLDS = "1 constraints and 3 variables hold in exact arithmetic"
BEST = {"x": 3, "y": 0.5, "z": 1}
FREE = "Minimize\n cost: x\nSubject To\n c: x - y >= 0\nBounds\n x free\n y free\nEnd\n"
CROSSED = "Minimize\n cost: x\nSubject To\n c: x + y >= 3\nBounds\n x <= 1\n y <= 1\nEnd\n"
SCHEDULE = """from ortools.sat.python import cp_model


def build():
    model = cp_model.CpModel()
    x, y = (model.new_int_var(0, 9, name) for name in "xy")
    model.add(x + y <= 7)
    model.maximize(2 * x + y)
    return model
"""


@pytest.fixture
def inspect(tmp_path: Path) -> Any:
    """Inspects a model's text and an answer: text, or what becomes JSON."""

    def _inspect(model: str, answer: Any, suffix: str = "lp", **more: Any) -> Inspection:
        path, solution = tmp_path / f"model.{suffix}", tmp_path / "answer"
        path.write_text(model)
        solution.write_text(answer if isinstance(answer, str) else json.dumps(answer))
        if (proof := more.pop("proof", None)) is not None:
            (tmp_path / "proof.json").write_text(json.dumps(proof))
            more["proof"] = str(tmp_path / "proof.json")
        declared = SolveTask(
            format=ModelFormat.PYTHON if suffix == "py" else ModelFormat(suffix), path=str(path)
        )
        return inspect_answer(InspectionRequest(model=declared, solution=str(solution), **more))

    return _inspect


def own(values: dict[str, float] | None = None, **fields: Any) -> dict[str, Any]:
    """A solution.json."""
    told = {"outcome": "Optimal", "reason": "Optimal", **fields}
    return told if values is None else {**told, "variables": values}


class TestSolutions:
    def test_one_that_holds_is_feasible_and_no_more(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, BEST)
        assert found.holds
        assert (found.outcome, found.objective, found.sense) == (
            Outcome.FEASIBLE,
            "11.0",
            "Maximize",
        )
        assert found.verification.message == HOLDS
        assert found.verification.largest_violation == "0.0"
        assert found.proof is None

    def test_what_is_not_listed_counts_as_zero_and_is_told(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, "x 3\n")
        assert (found.holds, found.objective) == (True, "9.0")
        assert found.notes == ("2 of 3 variables are not listed and count as zero",)

    @pytest.mark.parametrize(
        ("values", "reason", "message"),
        [
            ({**BEST, "y": 1.5}, "ConstraintViolated", "constraint 'capacity' is 5.0, above 4.0"),
            ({**BEST, "z": -1}, "BoundViolated", "variable 'z' is -1.0, below its lower bound"),
            ({"x": 0.5}, "NotInteger", "the integer variable 'x' has the value 0.5"),
            ({"w": 1}, "UnknownVariable", "'w', and the model has no such variable"),
            ("x 3\ny inf\n", "NotFinite", "variable 'y' has the value inf"),
            ("=obj= 12\nx 3\n", "ObjectiveDiffers", "told as 12, and the values give 9.0"),
            (own(BEST, objective="11.5"), "ObjectiveDiffers", "told as 11.5, and the values give"),
            (own(BEST, sense="Minimize"), "ModelsDiffer", "the model says Maximize"),
            (own({"x": 3}, objective="9.0"), "BetterPointKnown", "it is told as optimal, and"),
        ],
    )
    def test_one_that_does_not_hold_is_told_with_its_place(
        self, inspect: Any, values: Any, reason: str, message: str
    ) -> None:
        found = inspect(KNAPSACK, values)
        assert not found.holds
        assert found.outcome is Outcome.ERROR
        assert found.verification.reason == reason
        assert message in found.verification.message
        assert found.proof is None

    def test_a_violation_that_solvers_allow_themselves_is_measured(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, {**BEST, "y": 0.5000001})
        assert found.holds
        assert float(found.verification.largest_violation or 0) == pytest.approx(2.5e-8, rel=0.1)
        assert found.verification.where == "capacity"

    @pytest.mark.parametrize(
        ("told", "holds"),
        [("0.33333333", True), ("0.33333334", False), ("0.3333", False), ("0.333333333333", True)],
    )
    def test_an_objective_that_was_cut_where_it_was_printed_is_the_same(
        self, inspect: Any, told: str, holds: bool
    ) -> None:
        third = "Minimize\n cost: x\nSubject To\n c: 3 x >= 1\nEnd\n"
        assert inspect(third, f"=obj= {told}\nx 0.3333333333333333\n").holds is holds

    def test_every_solution_of_an_enumeration_is_held(self, inspect: Any) -> None:
        assert inspect(KNAPSACK, own(BEST, solutions=[BEST, {"x": 1}])).verification.message == (
            f"{HOLDS}, in each of 2 solutions"
        )
        found = inspect(KNAPSACK, own(BEST, solutions=[BEST, {"x": 4}]))
        assert (
            "solution 2: variable 'x' is 4.0, above its upper bound" in found.verification.message
        )

    def test_an_optimum_without_a_proof_is_claimed(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, own(BEST, objective="11.0", sense="Maximize"))
        assert (found.holds, found.outcome) == (True, Outcome.OPTIMAL)
        assert found.proof is not None
        assert found.proof.level is ProofLevel.CLAIMED


class TestNotes:
    def test_an_answer_of_another_file_is_told(self, inspect: Any) -> None:
        assert inspect(KNAPSACK, own(BEST, solutions=1, modelDigest="sha256:0")).notes == (
            "the answer names another model file: its modelDigest is not that of this one",
        )
        digest = f"sha256:{hashlib.sha256(KNAPSACK.encode()).hexdigest()}"
        assert inspect(KNAPSACK, own(BEST, modelDigest=digest)).notes == ()

    def test_an_answer_that_was_changed_is_told(self, inspect: Any) -> None:
        assert inspect(KNAPSACK, own(BEST, resultDigest="sha256:0")).notes == (
            "the answer was changed after it was written: its resultDigest is of other values",
        )

    def test_an_optimum_beside_another_bound_is_told(self, inspect: Any) -> None:
        note = "the answer calls itself optimal, and its own bound is 12.5"
        assert inspect(KNAPSACK, own(BEST, bestBound="12.5")).notes == (note,)
        assert inspect(KNAPSACK, own(BEST, bestBound="11.0")).notes == ()


class TestClaims:
    def test_an_answer_with_a_solution_is_not_infeasible(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, own(BEST, outcome="Infeasible"))
        assert (found.holds, found.outcome) == (False, Outcome.ERROR)
        assert found.verification.reason == "ClaimRefuted"

    @pytest.mark.parametrize("outcome", ["Unbounded", "Unknown", "Error"])
    def test_a_solution_alone_is_feasible_whatever_it_is_called(
        self, inspect: Any, outcome: str
    ) -> None:
        found = inspect(KNAPSACK, own(BEST, outcome=outcome))
        assert (found.holds, found.outcome) == (True, Outcome.FEASIBLE)
        assert bool(found.notes) is (outcome == "Unbounded")

    def test_a_solution_refutes_that_there_is_none(self, inspect: Any) -> None:
        found = inspect(KNAPSACK, "=infeas=\n")
        assert (found.holds, found.verification.reason) == (False, "ClaimRefuted")

    def test_a_row_that_cannot_hold_proves_that_there_is_none(self, inspect: Any) -> None:
        found = inspect(CROSSED, own(outcome="Infeasible"))
        assert (found.holds, found.outcome) == (True, Outcome.INFEASIBLE)
        assert found.proof is not None
        assert found.proof.level is ProofLevel.CERTIFIED

    def test_an_equation_of_integers_that_cannot_hold_proves_that_there_is_none(
        self, inspect: Any
    ) -> None:
        parity = "Minimize\n c: x\nSubject To\n a: 2 x + 4 y = 7\nGenerals\n x y\nEnd\n"
        found = inspect(parity, "=infeas=\n")
        assert (found.holds, found.outcome) == (True, Outcome.INFEASIBLE)
        assert "constraint 'a' cannot hold" in found.verification.message

    def test_bounds_refute_that_there_is_no_end(self, inspect: Any) -> None:
        found = inspect(CROSSED, "=unbd=\n")
        assert (found.holds, found.verification.reason) == (False, "ClaimRefuted")

    def test_without_a_certificate_nothing_is_said_to_hold(self, inspect: Any) -> None:
        found = inspect(FREE, "=unbd=\n")
        assert (found.holds, found.verification.verified) == (False, None)
        assert found.verification.message == "that the objective has no end needs a certificate"

    def test_a_file_that_says_nothing_holds_nothing(self, inspect: Any) -> None:
        assert inspect(FREE, "=unkn=\n").verification.reason == "NothingToCheck"


class TestOtherModels:
    def test_a_cp_sat_model_that_is_not_valid_is_refused(self, tmp_path: Path) -> None:
        model, solution = tmp_path / "model.pbtxt", tmp_path / "answer.json"
        model.write_text(
            'variables { name: "x" domain: [0, 1] }'
            " constraints { linear { vars: [0, 7] coeffs: [1, 1] domain: [0, 1] } }"
        )
        solution.write_text('{"x": 1}')
        declared = SolveTask(format=ModelFormat.CP_SAT, path=str(model))
        with pytest.raises(RunError, match=r"model\.pbtxt: Out of bound integer variable 7"):
            inspect_answer(InspectionRequest(model=declared, solution=str(solution)))

    def test_each_solution_counts_once_and_those_that_are_not_listed_are_told(
        self, inspect: Any
    ) -> None:
        model = 'variables { name: "x" domain: [0, 2] }'
        shown = {"version": 1, "kind": "complete search", "shown": "all solutions", "solutions": 3}
        for listed, notes in (
            ((0, 1, 2), ()),
            ((0, 1, 1), ("the answer lists 2 of the 3 solutions",)),
        ):
            answer = own({"x": 0}, solutions=[{"x": value} for value in listed])
            found = inspect(model, answer, "cp-sat", proof=shown)
            assert (found.holds, found.notes) == (True, notes)
            assert found.verification.checked is not None
            assert found.verification.checked.solutions == len(set(listed))

    def test_a_python_model_is_called(self, inspect: Any) -> None:
        found = inspect(SCHEDULE, {"x": 7, "y": 0}, "py")
        assert (found.holds, found.objective) == (True, "14.0")
        assert "hold on integers" in found.verification.message

    def test_a_complete_search_is_done_again(self, inspect: Any) -> None:
        record = {"method": "complete search", "shown": "nothing better", "bound": "14"}
        found = inspect(SCHEDULE, own({"x": 7}), "py", proof=record)
        assert (found.holds, found.outcome) == (True, Outcome.OPTIMAL)
        assert found.proof.level is ProofLevel.CERTIFIED

    def test_a_complete_search_that_finds_more_refutes(self, inspect: Any) -> None:
        record = {"method": "complete search", "shown": "nothing better", "bound": "7"}
        found = inspect(SCHEDULE, {"x": 3}, "py", proof=record)
        assert (found.holds, found.proof) == (False, None)
        assert any("the proof does not hold" in note for note in found.notes)

    def test_a_model_that_raises_is_told_with_its_line(self, inspect: Any) -> None:
        with pytest.raises(RunError, match=r"model\.py line 2: ValueError: no data"):
            inspect("def build():\n    raise ValueError('no data')\n", {}, "py")


DUAL = {
    "version": 1,
    "kind": "bound",
    "denominator": "1",
    "multipliers": {"0": ["capacity", "-1"]},
}
RAY = {
    "version": 1,
    "kind": "unbounded",
    "direction": {"0": ["x", "-1"], "1": ["y", "-1"]},
    "point": {},
}


class TestCertificates:
    def test_a_dual_bound_that_the_objective_meets_certifies_it(self, inspect: Any) -> None:
        found = inspect(RELAXED, BEST, proof=DUAL)
        assert (found.holds, found.outcome) == (True, Outcome.OPTIMAL)
        assert found.proof.level is ProofLevel.CERTIFIED
        assert found.proof.bound == "11.0"
        assert found.proof.message.endswith(
            "has an objective above 11.0, and the objective meets it"
        )

    def test_a_bound_that_the_objective_does_not_meet_certifies_no_optimum(
        self, inspect: Any
    ) -> None:
        found = inspect(RELAXED, {"x": 3}, proof=DUAL)
        assert (found.holds, found.outcome) == (True, Outcome.FEASIBLE)
        assert found.proof.level is ProofLevel.CLAIMED
        assert not inspect(RELAXED, own({"x": 3}), proof=DUAL).holds

    def test_multipliers_that_prove_no_bound_do_not_hold(self, inspect: Any) -> None:
        wrong = {**DUAL, "multipliers": {"0": ["capacity", "1"]}}
        found = inspect(RELAXED, BEST, proof=wrong)
        assert (found.holds, found.proof) == (False, None)
        assert found.notes[0].startswith("the proof does not hold: the multipliers prove no bound")

    def test_rows_that_contradict_each_other_certify_that_there_is_no_solution(
        self, inspect: Any
    ) -> None:
        model = "Minimize\n c: x\nSubject To\n a: x + y >= 3\n b: x + y <= 2\nEnd\n"
        rows = {"0": ["a", "1"], "1": ["b", "-1"]}
        ray = {"version": 1, "kind": "infeasible", "denominator": "1", "multipliers": rows}
        found = inspect(model, "=infeas=\n", proof=ray)
        assert (found.holds, found.outcome) == (True, Outcome.INFEASIBLE)
        assert found.verification.verified
        assert found.proof.level is ProofLevel.CERTIFIED

    def test_a_ray_from_a_point_certifies_that_there_is_no_end(self, inspect: Any) -> None:
        found = inspect(FREE, "=unbd=\n", proof=RAY)
        assert (found.holds, found.outcome) == (True, Outcome.UNBOUNDED)
        assert found.proof.level is ProofLevel.CERTIFIED

    def test_a_certificate_of_something_else_proves_nothing_of_the_answer(
        self, inspect: Any
    ) -> None:
        found = inspect(FREE, {"x": 0}, proof=RAY)
        assert not found.holds
        assert any("the proof is of something else" in note for note in found.notes)


def test_a_bound_beyond_every_double_proves_nothing(inspect: Any) -> None:
    huge = {"0": ["capacity", f"-1{'0' * 3000}"]}
    proof = {"version": 1, "kind": "bound", "denominator": "1", "multipliers": huge}
    found = inspect(RELAXED, own(BEST), proof=proof)
    assert not found.holds
    assert "beyond every double" in found.notes[0]


@pytest.mark.parametrize(
    ("proof", "message"),
    [
        ({"kind": "search", "by": "scip 10"}, "record of a search by 'scip 10'"),
        ({"version": 1, "kind": "magic"}, "the proof is no certificate of this model"),
        ({"version": 1, "kind": []}, "the proof is no certificate of this model"),
        ({"version": 7, "kind": "bound"}, "the proof is no certificate of this model"),
    ],
)
def test_a_proof_that_is_none_is_refused(inspect: Any, proof: Any, message: str) -> None:
    with pytest.raises(RunError, match=message):
        inspect(KNAPSACK, BEST, proof=proof)
