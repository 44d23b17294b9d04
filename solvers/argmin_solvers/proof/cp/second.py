"""A second search by CP-SAT, without presolve and symmetry: another way to the same solver's word.

Most of its wrong answers came from what it does to a model before it searches. What this search
finds is a proof against the first one; what it does not find is none.
"""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.proof.cp.claim import Claim, CpProof, is_better, name, order
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.verify.cpsat import CpSatOriginal

BY = "cp-sat without presolve"
MOST_MISSING = 1000
_SEED = 8191
_LEAST = -(2**63)
_POLL_SECONDS = 0.1


def search_again(
    model: CpSatModel, original: CpSatOriginal, solve: Solve, claim: Claim, clock: Clock
) -> CpProof | None:
    """Let CP-SAT look again, with other parameters, for what a claim says there is not.

    Returns:
        The word of the same solver, or a solution that refutes it; None where the time is over.
    """
    if clock.left() <= 0:
        return None
    if claim is Claim.ALL:
        return _count_again(model, original, solve, clock)
    again = model.model.clone()
    if claim is Claim.BEST and solve.values is not None:
        _ask_for_better(again.proto, order(original, solve.values))
    solver = _make_solver(clock)
    status = _run(solver, again, None, clock)
    from ortools.sat.python import cp_model

    if status == cp_model.INFEASIBLE:
        return _tell(claim)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return _judge(original, solve, claim, list(solver.response_proto.solution), status)


def _judge(
    original: CpSatOriginal, solve: Solve, claim: Claim, values: list[int], status: Any
) -> CpProof | None:
    """What a point says that CP-SAT came to."""
    from ortools.sat.python import cp_model

    point = name(original, values)
    if original.assess([point])[0].violation is not None:
        return None
    if claim is Claim.EMPTY:
        message = "CP-SAT says infeasible, and without presolve it found a solution"
        return CpProof(ProofLevel.CLAIMED, message, by=BY, better=point)
    assert solve.values is not None
    if is_better(original, point, solve.values):
        message = "CP-SAT says optimal, and without presolve it found a better solution"
        return CpProof(ProofLevel.CLAIMED, message, by=BY, better=point)
    return _tell(claim) if status == cp_model.OPTIMAL else None


def _ask_for_better(proto: Any, values: list[int]) -> None:
    """Add that the objective is better than at a point; one of doubles is optimised once more."""
    if proto.has_floating_point_objective():
        return
    objective = proto.objective
    references, factors = list(objective.vars), list(objective.coeffs)
    total = sum(
        factor * (values[at] if at >= 0 else -values[-at - 1])
        for factor, at in zip(factors, references, strict=True)
    )
    linear = proto.constraints.add().linear
    linear.vars.extend(references)
    linear.coeffs.extend(factors)
    linear.domain.extend([_LEAST, total - 1])


def _tell(claim: Claim) -> CpProof:
    found = {
        Claim.EMPTY: "no solution either",
        Claim.BEST: "nothing better",
        Claim.ALL: "the same solutions and no other",
    }[claim]
    message = (
        f"a second search by CP-SAT, without presolve and symmetry, found {found}; it is the same"
        " solver's word"
    )
    return CpProof(ProofLevel.CLAIMED, message, by=BY)


def _count_again(
    model: CpSatModel, original: CpSatOriginal, solve: Solve, clock: Clock
) -> CpProof | None:
    from ortools.sat.python import cp_model

    pool = solve.pool or (() if solve.values is None else (solve.values,))
    kept = {tuple(order(original, point)) for point in pool}
    claimed = solve.solutions or len(kept)
    strangers: list[list[int]] = []
    counts = {"met": 0, "others": 0}

    class Callback(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        """Counts solutions, and keeps those that were not kept before."""

        def on_solution_callback(self) -> None:
            values = tuple(self.response_proto.solution)
            if values in kept:
                counts["met"] += 1
                return
            counts["others"] += 1
            if len(strangers) < MOST_MISSING:
                strangers.append(list(values))

    solver = _make_solver(clock)
    solver.parameters.enumerate_all_solutions = True
    status = _run(solver, model.model.clone(), Callback(), clock)
    total = counts["met"] + counts["others"]
    if counts["others"] > max(0, claimed - len(kept)):
        return _tell_more(original, claimed, [name(original, values) for values in strangers])
    if status == cp_model.OPTIMAL and total == claimed and counts["met"] == len(kept):
        return _tell(Claim.ALL)
    return None


def _tell_more(original: CpSatOriginal, claimed: int, strangers: list[Solution]) -> CpProof | None:
    judged = zip(strangers, original.assess(strangers), strict=True)
    missing = tuple(point for point, found in judged if found.violation is None)
    if not missing:
        return None
    return CpProof(
        ProofLevel.CLAIMED,
        f"CP-SAT says that it found all {claimed} solutions, and without presolve it found others",
        by=BY,
        better=missing[0],
        missing=missing,
    )


def _make_solver(clock: Clock) -> Any:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = clock.left()
    parameters.num_workers = 1
    parameters.random_seed = _SEED
    parameters.cp_model_presolve = False
    parameters.cp_model_probing_level = 0
    parameters.symmetry_level = 0
    parameters.relative_gap_limit = 0.0
    parameters.absolute_gap_limit = 0.0
    return solver


def _run(solver: Any, model: Any, callback: Any, clock: Clock) -> Any:
    """The status of a search that ends once the clock is stopped."""
    done = Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            if clock.stop.is_set():
                solver.stop_search()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return solver.solve(model, callback)
    finally:
        done.set()
        watcher.join()
