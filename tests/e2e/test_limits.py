"""A limit stops a search that would not end: the answer is feasible, with an honest gap."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.jobs import await_jobs, message_of, model_job, script_job, status_of
from tests.e2e.programs import FRUITLESS, MARKET_SPLIT, STUBBORN
from tests.kubectl import Kubectl, Object, holds

SOLVERS = ("cbc", "glpk", "highs", "scip")


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    limits = {"time": "4s"}
    shared.apply(
        *(model_job(solver, "python", MARKET_SPLIT, solver, limits=limits) for solver in SOLVERS),
        script_job("stubborn", STUBBORN, limits=limits),
        script_job("fruitless", FRUITLESS, limits=limits),
    )
    return await_jobs(shared, [*SOLVERS, "stubborn", "fruitless"])


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_hard_model_ends_at_its_time_limit_with_objective_bound_and_gap(
    jobs: dict[str, Object], solver: str
) -> None:
    job = jobs[solver]
    assert holds(job, "Complete")
    assert message_of(job, "Complete") == "TimeLimit: stopped at the time limit"
    assert status_of(job, "outcome", "sense") == {"outcome": "Feasible", "sense": "Minimize"}
    objective, bound, gap = (
        Decimal(job["status"][field]) for field in ("objective", "bestBound", "gap")
    )
    assert 0 <= bound < objective
    assert gap == pytest.approx((objective - bound) / objective)
    assert "solutionRef" in job["status"]


def test_a_program_that_ignores_sigterm_is_killed_after_its_time_limit(
    jobs: dict[str, Object],
) -> None:
    job = jobs["stubborn"]
    assert holds(job, "Complete")
    assert message_of(job, "Complete") == "TimeLimit: the program was stopped at the time limit"
    assert status_of(job, "outcome", "objective") == {"outcome": "Feasible", "objective": "7.0"}


def test_a_program_without_an_objective_at_its_time_limit_is_unknown(
    jobs: dict[str, Object],
) -> None:
    assert holds(jobs["fruitless"], "Complete")
    assert status_of(jobs["fruitless"], "outcome", "objective") == {
        "outcome": "Unknown",
        "objective": None,
    }
