"""What an answer is worth: outcomes follow from the check and the bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.verify.base import CheckReason, Original, Size
from argmin_solvers.verify.cpsat import rebuild_cpsat
from argmin_solvers.verify.verdict import Conclusion, conclude, leave_unverified
from tests.solvers.problems import exact

TINY = "min\n x + y\nst\n r: x + y >= 1\nend\n"
QUEENS = """\
variables { name: "a" domain: [0, 1] }
variables { name: "b" domain: [0, 1] }
constraints { exactly_one { literals: [0, 1] } }
"""


def optimal(objective: float | None, sense: Sense | None, **values: float) -> Solve:
    return Solve(
        Outcome.OPTIMAL,
        Reason.OPTIMAL,
        "proven optimal",
        sense=sense,
        objective=objective,
        best_bound=objective,
        values=values,
    )


def held(solve: Solve, original: Original, *, enumerated: bool = False) -> Conclusion:
    return conclude(solve, original, given=original.size, enumerated=enumerated)


def test_a_verified_answer_says_what_was_checked() -> None:
    solve = optimal(1.0, Sense.MINIMIZE, x=1.0, y=0.0)
    conclusion = held(solve, exact(TINY))
    assert conclusion.solve == solve
    assert conclusion.verification.to_wire() == {
        "verified": True,
        "reason": "Verified",
        "message": "1 constraints and 2 variables hold in exact arithmetic",
        "largestViolation": "0.0",
        "checked": {"variables": 2, "constraints": 1, "solutions": 1},
    }


def test_a_time_limit_stays_feasible_with_its_bound() -> None:
    stopped = replace(
        optimal(3.0, Sense.MINIMIZE, x=3.0, y=0.0),
        outcome=Outcome.FEASIBLE,
        reason=Reason.TIME_LIMIT,
        best_bound=0.5,
    )
    conclusion = held(stopped, exact(TINY))
    assert conclusion.solve == stopped
    assert conclusion.verification.verified


def test_a_bound_that_a_known_point_beats_is_none() -> None:
    text = "max\n x\nst\n r: x + y <= 5\nbounds\n x <= 4\nend\n"
    stopped = replace(
        optimal(1.0, Sense.MAXIMIZE, x=1.0, y=0.0),
        outcome=Outcome.FEASIBLE,
        reason=Reason.TIME_LIMIT,
        best_bound=2.0,
    )
    conclusion = held(replace(stopped, pool=({"x": 4.0, "y": 0.0},)), exact(text))
    assert conclusion.verification.reason == CheckReason.BETTER_POINT_KNOWN
    assert (conclusion.solve.outcome, conclusion.solve.best_bound) == (Outcome.FEASIBLE, None)


def test_a_better_solution_of_the_pool_refutes_a_proof() -> None:
    solve = replace(optimal(3.0, Sense.MINIMIZE, x=0.0, y=3.0), pool=({"x": 1.0, "y": 0.0},))
    conclusion = held(solve, exact(TINY))
    assert conclusion.solve.outcome is Outcome.FEASIBLE
    assert conclusion.verification.reason == CheckReason.BETTER_POINT_KNOWN
    assert "the objective 1.0 is known" in conclusion.verification.message


SMALL = "max\n 3e-9 x + 5e-9 y\nst\n r: x + y <= 2\ngenerals\n x y\nend\n"


def test_a_bound_does_not_meet_a_small_objective_from_afar() -> None:
    solve = replace(optimal(8e-9, Sense.MAXIMIZE, x=1.0, y=1.0), best_bound=9e-9)
    conclusion = held(solve, exact(SMALL))
    assert (conclusion.solve.outcome, conclusion.solve.best_bound) == (Outcome.FEASIBLE, None)
    assert conclusion.verification.reason == CheckReason.BOUND_CONTRADICTED


@pytest.mark.parametrize(("objective", "y"), [(0.0, 0.0), (5e-9, 1.0)])
def test_a_point_that_is_better_by_little_refutes_the_proof_of_a_small_objective(
    objective: float, y: float
) -> None:
    solve = optimal(objective, Sense.MAXIMIZE, x=0.0, y=y)
    conclusion = held(solve, exact(SMALL))
    assert conclusion.solve.outcome is Outcome.FEASIBLE
    assert conclusion.verification.reason == CheckReason.BETTER_POINT_KNOWN


def test_a_small_optimum_of_cpsat_is_held_as_strictly() -> None:
    original = rebuild_cpsat(
        b'variables { name: "x" domain: [0, 1] } variables { name: "y" domain: [0, 1] }'
        b" constraints { at_most_one { literals: [0, 1] } }"
        b" floating_point_objective { vars: [0, 1] coeffs: [3e-9, 5e-9] maximize: true }"
    )
    best = optimal(5e-9, Sense.MAXIMIZE, x=0, y=1)
    assert held(best, original).solve == best
    conclusion = held(replace(best, best_bound=6e-9), original)
    assert conclusion.verification.reason == CheckReason.BOUND_CONTRADICTED
    conclusion = held(optimal(3e-9, Sense.MAXIMIZE, x=1, y=0), original)
    assert conclusion.solve.outcome is Outcome.OPTIMAL  # no single step is better
    conclusion = held(optimal(0.0, Sense.MAXIMIZE, x=0, y=0), original)
    assert conclusion.verification.reason == CheckReason.BETTER_POINT_KNOWN


def test_a_better_hint_refutes_a_proof() -> None:
    original = rebuild_cpsat(
        b'variables { name: "x" domain: [0, 9] } variables { name: "y" domain: [0, 9] }'
        b" constraints { linear { vars: [0, 1] coeffs: [1, 1] domain: [7, 7] } }"
        b" constraints { all_diff { exprs { vars: 0 coeffs: 1 } exprs { vars: 1 coeffs: 1 } } }"
        b" objective { vars: [0] coeffs: [1] } solution_hint { vars: [0, 1] values: [2, 5] }"
    )
    conclusion = held(optimal(3.0, Sense.MINIMIZE, x=3, y=4), original)
    assert conclusion.solve.outcome is Outcome.FEASIBLE
    assert conclusion.verification.reason == CheckReason.BETTER_POINT_KNOWN


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (Size(3, 1), "the source has 2 variables, and the solver was given 3"),
        (Size(2, 0), "the source has 1 constraints, and the solver was given 0"),
        (Size(2, 1, 1), "the source has 2 nonzeros, and the solver was given 1"),
        (Size(2, 1, 2, 1), "the source has 0 integers, and the solver was given 1"),
    ],
)
def test_a_reader_that_loses_a_part_of_the_model_is_found(given: Size, what: str) -> None:
    solve = optimal(1.0, Sense.MINIMIZE, x=1.0, y=0.0)
    conclusion = conclude(solve, exact(TINY), given=given, enumerated=False)
    assert (conclusion.solve.outcome, conclusion.solve.values) == (Outcome.ERROR, None)
    assert conclusion.verification.reason == CheckReason.MODELS_DIFFER
    assert conclusion.verification.message == what


class TestClaimsWithoutASolution:
    def claim(self, outcome: Outcome, text: str) -> Conclusion:
        return held(Solve(outcome, Reason(outcome), "", sense=Sense.MAXIMIZE), exact(text))

    def test_infeasible_is_proven_where_a_row_cannot_hold(self) -> None:
        text = "max\n x\nst\n r: x + y >= 9\nbounds\n x <= 4\n y <= 4\nend\n"
        verification = self.claim(Outcome.INFEASIBLE, text).verification
        assert (verification.verified, verification.reason) == (True, CheckReason.PROVEN)

    def test_infeasible_is_proven_where_no_integer_fits(self) -> None:
        text = "max\n x\nst\n r: x >= -9\nbounds\n 0.2 <= x <= 0.8\ngenerals\n x\nend\n"
        assert self.claim(Outcome.INFEASIBLE, text).verification.verified

    def test_infeasible_without_a_certificate_is_left_open(self) -> None:
        text = "max\n x\nst\n r: x + y >= 3\n s: x + 2 y <= 2\nend\n"
        conclusion = self.claim(Outcome.INFEASIBLE, text)
        assert conclusion.solve.outcome is Outcome.INFEASIBLE
        assert conclusion.verification.verified is None
        assert conclusion.verification.message == "not checked: no certificate of infeasibility"

    def test_unbounded_is_proven_by_a_variable_that_nothing_stops(self) -> None:
        conclusion = self.claim(Outcome.UNBOUNDED, "max\n x\nst\n r: x - y >= -1\nend\n")
        assert conclusion.verification.verified
        assert "variable x improves" in conclusion.verification.message

    def test_unbounded_without_a_certificate_is_left_open(self) -> None:
        text = "max\n x\nst\n r: x - y <= 1\n s: x + y >= 1\nend\n"
        verification = self.claim(Outcome.UNBOUNDED, text).verification
        assert (verification.verified, verification.reason) == (None, CheckReason.NO_CERTIFICATE)

    def test_nothing_found_is_nothing_to_check(self) -> None:
        solve = Solve(Outcome.UNKNOWN, Reason.TIME_LIMIT, "", sense=Sense.MINIMIZE)
        conclusion = held(solve, exact(TINY))
        assert conclusion.solve == solve
        assert conclusion.verification.reason == CheckReason.NOTHING_TO_CHECK


class TestEnumerations:
    BOTH: tuple[Solution, ...] = ({"a": 1, "b": 0}, {"a": 0, "b": 1})

    def enumerated(self, *pool: Solution) -> Conclusion:
        solve = replace(optimal(None, None, **self.BOTH[0]), pool=pool, solutions=len(pool))
        return held(solve, rebuild_cpsat(QUEENS.encode()), enumerated=True)

    def test_each_solution_is_checked_and_counted_once(self) -> None:
        conclusion = self.enumerated(*self.BOTH)
        assert conclusion.solve.outcome is Outcome.OPTIMAL
        assert conclusion.verification.checked.solutions == 2
        assert "in each of 2 solutions" in conclusion.verification.message

    def test_those_that_were_not_kept_are_counted(self) -> None:
        solve = replace(optimal(None, None, **self.BOTH[1]), pool=self.BOTH[:1], solutions=5)
        conclusion = held(solve, rebuild_cpsat(QUEENS.encode()), enumerated=True)
        assert "in each of 2 solutions; 3 more were counted" in conclusion.verification.message

    def test_a_single_answer_is_none_that_was_not_kept(self) -> None:
        solve = replace(optimal(None, None, **self.BOTH[0]), solutions=1)
        conclusion = held(solve, rebuild_cpsat(QUEENS.encode()), enumerated=True)
        assert conclusion.verification.verified
        assert "not kept" not in conclusion.verification.message

    def test_no_two_are_equal(self) -> None:
        conclusion = self.enumerated(*self.BOTH, self.BOTH[1])
        assert conclusion.solve.outcome is Outcome.ERROR
        assert conclusion.verification.reason == CheckReason.EQUAL_SOLUTIONS

    def test_one_that_is_wrong_spoils_them_all(self) -> None:
        conclusion = self.enumerated(*self.BOTH, {"a": 1, "b": 1})
        assert conclusion.solve.outcome is Outcome.ERROR
        assert conclusion.verification.reason == CheckReason.CONSTRAINT_VIOLATED


def test_what_cannot_be_checked_is_not_called_optimal() -> None:
    solve = optimal(1.0, Sense.MINIMIZE, x=1.0, y=0.0)
    conclusion = leave_unverified(solve, CheckReason.UNKNOWN_CONSTRAINT, "a new kind")
    assert (conclusion.solve.outcome, conclusion.solve.reason) == (
        Outcome.FEASIBLE,
        Reason.UNVERIFIED,
    )
    assert conclusion.verification.verified is None
    assert "a new kind" in conclusion.solve.message
