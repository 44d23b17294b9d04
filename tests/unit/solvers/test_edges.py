"""Linear models and options at the edge of what solvers take: tiny, empty, stopped at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.optimizationjob import SolverName
from argmin.api.outcome import Outcome, Reason
from tests.unit.solvers.problems import mps, solve


@pytest.mark.parametrize(
    ("solver", "options"),
    [
        (SolverName.HIGHS, {"mip_max_nodes": "0"}),
        (SolverName.HIGHS, {"mip_max_leaves": "0"}),
        (SolverName.SCIP, {"limits/solutions": "0"}),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else part,
)
def test_a_limit_of_the_solvers_own_met_before_a_solution_leaves_the_answer_unknown(
    solver: SolverName, options: dict[str, str], tmp_path: Path
) -> None:
    result = solve(solver, mps("egout"), tmp_path, options=options)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)
    assert result.message


@pytest.mark.parametrize(
    ("solver", "options", "reason"),
    [
        (SolverName.HIGHS, {"mip_max_leaves": "1"}, Reason.SOLVER_STOPPED),
        (SolverName.HIGHS, {"mip_max_improving_sols": "1"}, Reason.SOLUTION_LIMIT),
        (SolverName.SCIP, {"limits/primal": "2000"}, Reason.SOLVER_STOPPED),
        (SolverName.SCIP, {"limits/solutions": "1"}, Reason.SOLUTION_LIMIT),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else part,
)
def test_only_a_number_of_solutions_is_called_one(
    solver: SolverName, options: dict[str, str], reason: Reason, tmp_path: Path
) -> None:
    result = solve(solver, mps("lseu"), tmp_path, options=options)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, reason)
