"""The judge: what solvers claim against what their numbers show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.adapters.base import Ending, Finding, Settings
from argmin_solvers.adapters.outcome import judge_linear, name_own_tolerance
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from tests.solvers.problems import linear

TEXT = "{sense}\n 0.35 x + 0.5 y\nSubject To\n x + y <= 3000\n x + y >= 10\nGenerals\n x y\nEnd\n"


@pytest.fixture
def smallest(tmp_path: Path) -> LinearModel:
    return linear(TEXT.format(sense="Minimize"), tmp_path)


@pytest.fixture
def largest(tmp_path: Path) -> LinearModel:
    return linear(TEXT.format(sense="Maximize"), tmp_path)


def found(ending: Ending, bound: float | None = None, **more: object) -> Finding:
    return Finding(ending, values=np.array([10.0, 0.0]), bound=bound, **more)  # type: ignore[arg-type]


def test_optimal_needs_a_bound_that_meets_the_objective(smallest: LinearModel) -> None:
    solve = judge_linear(smallest, found(Ending.PROVEN, bound=3.5))
    assert (solve.outcome, solve.objective, solve.best_bound) == (Outcome.OPTIMAL, 3.5, 3.5)


def test_a_claim_of_optimality_within_a_gap_is_feasible(smallest: LinearModel) -> None:
    solve = judge_linear(smallest, found(Ending.PROVEN, bound=3.4))
    assert (solve.outcome, solve.reason) == (Outcome.FEASIBLE, Reason.GAP_LIMIT)
    assert solve.best_bound == 3.4


@pytest.mark.parametrize(("bound", "proven"), [(3e-8, True), (2.9e-8, False)])
def test_the_bound_of_a_small_objective_has_to_meet_it_as_nearly(
    bound: float, proven: bool, tmp_path: Path
) -> None:
    model = linear("min\n 3e-9 x + 5e-9 y\nst\n x + y >= 10\ngenerals\n x y\nend\n", tmp_path)
    solve = judge_linear(model, found(Ending.PROVEN, bound=bound))
    assert (solve.outcome is Outcome.OPTIMAL) is proven


def test_a_gap_that_nobody_allowed_is_the_solvers_own(
    smallest: LinearModel, tmp_path: Path
) -> None:
    solve = judge_linear(smallest, found(Ending.PROVEN, bound=3.4))
    own = name_own_tolerance(solve, Settings(tmp_path, absolute_gap=0.0))
    assert (own.outcome, own.reason, own.best_bound) == (
        Outcome.FEASIBLE,
        Reason.SOLVER_STOPPED,
        3.4,
    )
    assert name_own_tolerance(solve, Settings(tmp_path, relative_gap=0.05)) == solve


def test_a_time_limit_is_feasible_even_where_the_solver_says_more(smallest: LinearModel) -> None:
    solve = judge_linear(smallest, found(Ending.TIME_LIMIT, bound=1.0))
    assert (solve.outcome, solve.reason) == (Outcome.FEASIBLE, Reason.TIME_LIMIT)


def test_a_time_limit_with_a_closed_gap_is_optimal(smallest: LinearModel) -> None:
    solve = judge_linear(smallest, found(Ending.TIME_LIMIT, bound=3.5))
    assert (solve.outcome, solve.reason) == (Outcome.OPTIMAL, Reason.OPTIMAL)


def test_rounding_noise_in_bound_and_values_does_not_show(smallest: LinearModel) -> None:
    finding = Finding(
        Ending.PROVEN, values=np.array([9.999999999, -1e-12]), bound=3.4999999999999996
    )
    solve = judge_linear(smallest, finding)
    assert (solve.objective, solve.best_bound) == (3.5, 3.5)
    assert solve.values == {"x": 10.0, "y": 0.0}


@pytest.mark.parametrize(("sense", "bound"), [(Sense.MINIMIZE, 4.0), (Sense.MAXIMIZE, 3.0)])
def test_a_bound_on_the_wrong_side_proves_nothing(
    sense: Sense, bound: float, smallest: LinearModel, largest: LinearModel
) -> None:
    model = smallest if sense is Sense.MINIMIZE else largest
    solve = judge_linear(model, found(Ending.PROVEN, bound=bound))
    assert (solve.outcome, solve.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert solve.best_bound is None
    assert "contradicts its solution" in solve.message


@pytest.mark.parametrize("bound", [np.inf, -np.inf, np.nan])
def test_an_infinite_bound_is_no_bound(bound: float, smallest: LinearModel) -> None:
    solve = judge_linear(smallest, found(Ending.TIME_LIMIT, bound=bound))
    assert (solve.outcome, solve.best_bound) == (Outcome.FEASIBLE, None)


def test_a_limit_without_solution_is_unknown(smallest: LinearModel) -> None:
    solve = judge_linear(smallest, Finding(Ending.TIME_LIMIT, bound=1.0))
    assert (solve.outcome, solve.objective, solve.best_bound) == (Outcome.UNKNOWN, None, 1.0)


def test_infeasible_and_unbounded_are_answers(smallest: LinearModel) -> None:
    assert judge_linear(smallest, Finding(Ending.INFEASIBLE)).outcome is Outcome.INFEASIBLE
    assert judge_linear(smallest, Finding(Ending.UNBOUNDED)).outcome is Outcome.UNBOUNDED


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        (found(Ending.PROVEN, claimed=float("nan")), "the solver's objective is NaN"),
        (found(Ending.PROVEN, claimed=-3.5), "objective is -3.5, but its values give 3.5"),
        (Finding(Ending.PROVEN, values=np.array([np.nan, 0.0])), "gives x the value nan"),
        (Finding(Ending.PROVEN, values=np.array([9.5, 0.5])), "integer variable x the value 9.5"),
        (Finding(Ending.PROVEN), "says proven but gave no solution"),
    ],
)
def test_numbers_that_contradict_each_other_are_an_error(
    finding: Finding, message: str, smallest: LinearModel
) -> None:
    with pytest.raises(RunError, match=message) as caught:
        judge_linear(smallest, finding)
    assert caught.value.reason is Reason.SOLVER_FAILED
