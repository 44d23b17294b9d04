"""The judgement on what a solver found: the one place that calls something optimal.

Solvers and the layers above them overclaim: they say optimal at a time limit, flip the sign of a
bound, read a maximisation as a minimisation. Here the objective is computed from the values, the
bound is held against it, and `Optimal` is said only where the two meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Floats,
    LinearSolver,
    Settings,
    Solution,
    Solve,
)
from argmin_solvers.adapters.points.feasibility import is_solution
from argmin_solvers.adapters.points.rounding import (
    find_indivisible,
    find_no_integer,
    settle_integers,
)
from argmin_solvers.adapters.scaling import find_faintest, search_scaled
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel, find_crossing
from argmin_solvers.numerics import (
    CLAIM_TOLERANCE,
    INTEGRALITY_TOLERANCE,
    PROOF_TOLERANCE,
    is_noise,
    is_small_objective,
)
from argmin_solvers.progress.sink import ProgressSink

REASONS: dict[Ending, tuple[Reason, str]] = {
    Ending.PROVEN: (Reason.GAP_LIMIT, "stopped within the gap that was allowed"),
    Ending.LOCALLY_OPTIMAL: (
        Reason.LOCALLY_OPTIMAL,
        "converged to a local optimum; no bound proves that none is better",
    ),
    Ending.TIME_LIMIT: (Reason.TIME_LIMIT, "stopped at the time limit"),
    Ending.GAP_LIMIT: (Reason.GAP_LIMIT, "stopped within the gap that was allowed"),
    Ending.SOLUTION_LIMIT: (Reason.SOLUTION_LIMIT, "stopped at the number of solutions"),
    Ending.INTERRUPTED: (Reason.INTERRUPTED, "interrupted"),
    Ending.STOPPED: (Reason.SOLVER_STOPPED, "the solver stopped without a proof"),
}


def solve_linear(
    solver: LinearSolver, model: LinearModel, settings: Settings, stop: Event
) -> Solve:
    """Search, tell infeasible from unbounded where the solver does not, and judge."""
    crossing = find_crossing(model) or find_no_integer(model) or find_indivisible(model)
    if crossing is not None:
        return judge_empty(Finding(Ending.INFEASIBLE, note=crossing), model.sense)
    if not model.columns:
        return judge_linear(model, _settle_empty(model))

    def search(scaled: LinearModel, given: Settings, stop: Event) -> Finding:
        return settle_integers(solver, scaled, given, stop)

    finding = search_scaled(search, model, settings, stop)
    if finding.ending is Ending.DUAL_INFEASIBLE:
        finding = _tell_apart(solver, model, settings, stop)
    solve = judge_linear(model, finding)
    doubt = _find_doubt(model, settings)
    return _doubt(solve, doubt) if doubt else name_own_tolerance(solve, settings)


def _find_doubt(model: LinearModel, settings: Settings) -> str:
    """Why no solver can prove an optimum of such costs; empty where one can."""
    largest = model.largest_cost
    if settings.options and is_small_objective(largest):
        return (
            f"the largest coefficient of the objective is {largest:.3g}, too small for the"
            " tolerances of solvers: multiply the objective by a power of ten, or leave out"
            " spec.solver.options, and it is done for you"
        )
    faintest = find_faintest(model, settings)
    if faintest is not None:
        return (
            f"the coefficients of the objective go from {faintest:.3g} to {largest:.3g}, and the"
            " tolerances of solvers see no such difference: bring them nearer to each other"
        )
    return ""


def _doubt(solve: Solve, message: str) -> Solve:
    """What a solver calls optimal by tolerances that see nothing of some costs is a solution."""
    if solve.outcome is not Outcome.OPTIMAL:
        return solve
    return replace(
        solve,
        outcome=Outcome.FEASIBLE,
        reason=Reason.SOLVER_STOPPED,
        message=message,
        best_bound=None,
    )


def name_own_tolerance(solve: Solve, settings: Settings) -> Solve:
    """Where a solver stops at a gap that nobody allowed, say so."""
    allowed = settings.relative_gap or settings.absolute_gap or settings.options
    if allowed or solve.reason is not Reason.GAP_LIMIT:
        return solve
    message = (
        "the solver calls it optimal by its own tolerances, and its bound leaves a gap: multiply"
        " an objective of small numbers by a power of ten"
    )
    return replace(solve, reason=Reason.SOLVER_STOPPED, message=message)


def _settle_empty(model: LinearModel) -> Finding:
    """A model without variables, of which solvers tell each another tale: it is its constant."""
    values = np.zeros(0)
    if is_solution(model, values):
        return Finding(Ending.PROVEN, values=values, solutions=1)
    return Finding(Ending.INFEASIBLE)


def _tell_apart(
    solver: LinearSolver, model: LinearModel, settings: Settings, stop: Event
) -> Finding:
    # No objective, no ray to follow: a solution of the constraints makes the model unbounded.
    # Nor does it tell anything of the objective that was asked for: nobody listens.
    relaxed = replace(settings, relative_gap=None, absolute_gap=None, progress=ProgressSink())
    finding = solver.search(model.without_objective(), relaxed, stop)
    if finding.values is not None:
        return Finding(Ending.UNBOUNDED, nodes=finding.nodes)
    if finding.ending is Ending.DUAL_INFEASIBLE:  # nothing can be unbounded here any more
        return Finding(Ending.INFEASIBLE, nodes=finding.nodes)
    return replace(finding, bound=None)


def judge_linear(model: LinearModel, finding: Finding) -> Solve:
    """The honest result of a search on a linear model.

    Raises:
        RunError: SolverFailed, where the solver's own numbers contradict each other.
    """
    if finding.values is None:
        return judge_empty(finding, model.sense)
    values = _clean(model, finding.values)
    objective = model.objective_at(values)
    _check_claim(model, objective, finding.claimed)
    bound = finding.bound
    if bound is None and finding.ending is Ending.PROVEN:
        bound = objective
    return judge_objective(
        finding,
        sense=model.sense,
        objective=objective,
        bound=bound,
        values=_named(model, values),
        unit=model.unit_at(values),
    )


def judge_empty(finding: Finding, sense: Sense | None) -> Solve:
    """The result of a search that brought no solution."""
    known = Solve(
        Outcome.UNKNOWN,
        Reason.SOLVER_STOPPED,
        "",
        sense=sense,
        nodes=finding.nodes,
        solutions=0,
    )
    if finding.ending is Ending.INFEASIBLE:
        return replace(
            known,
            outcome=Outcome.INFEASIBLE,
            reason=Reason.INFEASIBLE,
            message=finding.note or "no solution satisfies all constraints",
        )
    if finding.ending is Ending.UNBOUNDED:
        return replace(
            known,
            outcome=Outcome.UNBOUNDED,
            reason=Reason.UNBOUNDED,
            message=finding.note or "the objective can be improved without end",
            solutions=None,
        )
    if finding.ending in (Ending.PROVEN, Ending.GAP_LIMIT, Ending.SOLUTION_LIMIT):
        raise RunError(
            Reason.SOLVER_FAILED,
            f"the solver says {finding.ending} but gave no solution",
            permanent=True,
        )
    reason, what = REASONS.get(finding.ending, REASONS[Ending.STOPPED])
    return replace(
        known,
        reason=reason,
        message=finding.note or f"{what}, before any solution was found",
        best_bound=finding.bound,
    )


def judge_objective(
    finding: Finding,
    *,
    sense: Sense,
    objective: float,
    bound: float | None,
    values: Solution,
    unit: float = 1.0,
) -> Solve:
    """The result of a search that brought a solution with this objective and bound."""
    standing = hold_against(objective, bound, sense is Sense.MAXIMIZE, unit)
    solve = Solve(
        Outcome.FEASIBLE,
        *REASONS.get(finding.ending, REASONS[Ending.STOPPED]),
        sense=sense,
        objective=objective,
        best_bound=standing.bound,
        values=values,
        pool=finding.pool,
        nodes=finding.nodes,
        solutions=finding.solutions,
        basis=finding.basis,
    )
    if standing.contradictory:
        return replace(
            solve,
            reason=Reason.SOLVER_STOPPED,
            message=f"the solver's bound {bound} contradicts its solution: it proves nothing",
        )
    if standing.proven:
        return replace(
            solve,
            outcome=Outcome.OPTIMAL,
            reason=Reason.OPTIMAL,
            message=finding.note or "proven optimal",
        )
    return replace(solve, message=finding.note or solve.message)


@dataclass(frozen=True)
class Standing:
    """What a bound says beside an objective: `bound` as it may be reported."""

    bound: float | None
    proven: bool = False
    contradictory: bool = False


def hold_against(
    objective: float, bound: float | None, maximizes: bool, unit: float = 1.0
) -> Standing:
    """Hold a bound against an objective: it proves it, leaves a gap, or contradicts it.

    `unit` is that of the objective, by which absolute tolerances are multiplied.
    """
    if bound is None or not np.isfinite(bound):
        return Standing(None)
    if is_noise(objective, bound, unit):
        return Standing(objective, proven=True)
    if abs(objective - bound) <= PROOF_TOLERANCE * unit:
        return Standing(bound, proven=True)
    beaten = objective > bound if maximizes else objective < bound
    return Standing(None, contradictory=True) if beaten else Standing(bound)


def _clean(model: LinearModel, values: Floats) -> Floats:
    """The values with integers that are integers.

    Raises:
        RunError: SolverFailed, for NaN and for integer variables that are far from integers.
    """
    if len(values) != model.columns:
        raise RunError(
            Reason.SOLVER_FAILED,
            f"the solver gives {len(values)} values, and the model has {model.columns} variables",
            permanent=True,
        )
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise RunError(
            Reason.SOLVER_FAILED,
            f"the solver gives {model.column_names[at]} the value {values[at]}",
            permanent=True,
        )
    rounded = np.where(model.integer, np.round(values), values)
    far = np.flatnonzero(np.abs(rounded - values) > INTEGRALITY_TOLERANCE)
    if len(far):
        raise RunError(
            Reason.SOLVER_FAILED,
            f"the solver gives the integer variable {model.column_names[int(far[0])]}"
            f" the value {values[far[0]]}",
            permanent=True,
        )
    return rounded + 0.0


def _check_claim(model: LinearModel, objective: float, claimed: float | None) -> None:
    if claimed is None:
        return
    if np.isnan(claimed):
        raise RunError(Reason.SOLVER_FAILED, "the solver's objective is NaN", permanent=True)
    scale = max(1.0, abs(objective), float(np.abs(model.cost).max(initial=0.0)))
    if abs(objective - claimed) > CLAIM_TOLERANCE * scale:
        raise RunError(
            Reason.SOLVER_FAILED,
            f"the solver's objective is {claimed}, but its values give {objective}",
            permanent=True,
        )


def _named(model: LinearModel, values: Floats) -> Solution:
    return dict(zip(model.column_names, values.tolist(), strict=True))
