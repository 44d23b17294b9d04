"""Ipopt, as casadi brings it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, ClassVar

import numpy as np

from argmin.api.optimizationjob import SolverName
from argmin.api.outcome import Reason, Sense
from argmin_solvers.adapters.feasibility import find_violation
from argmin_solvers.adapters.interface import (
    Ending,
    Finding,
    Floats,
    Limit,
    Settings,
    Solve,
    bad_option,
    unknown_option,
)
from argmin_solvers.adapters.nlprogram import Program, build_program
from argmin_solvers.adapters.optionguard import IPOPT, IPOPT_PROOF, guard, is_within
from argmin_solvers.adapters.scaling import power_to_one
from argmin_solvers.adapters.verdict import judge_empty, judge_objective
from argmin_solvers.failure import RunError
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.tolerances import FEASIBILITY_TOLERANCE, is_small_objective

VERSION = "3.14.19"
"""Of the library inside casadi 3.8.2, as its banner states it; casadi has no call that tells."""

_LOOK_SECONDS = 0.25

_COMMON_OPTIONS = (
    "tol", "max_iter", "max_cpu_time", "max_wall_time", "print_level", "linear_solver",
    "mu_strategy", "hessian_approximation", "acceptable_tol", "acceptable_iter",
    "constr_viol_tol", "dual_inf_tol", "compl_inf_tol", "bound_relax_factor", "mu_init",
    "nlp_scaling_method", "warm_start_init_point", "honor_original_bounds",
    "fixed_variable_treatment", "obj_scaling_factor", "max_soc", "expect_infeasible_problem",
)  # fmt: skip


class Ipopt:
    """Ipopt: continuous nonlinear models, to local optimality."""

    name: ClassVar = SolverName.IPOPT
    takes: ClassVar[tuple[type, ...]] = (NonlinearModel,)
    limits: ClassVar = frozenset({Limit.TIME})
    default_seed: ClassVar[int | None] = None
    parallel: ClassVar = False
    stoppable: ClassVar = True

    def version(self) -> str:
        """The version of Ipopt."""
        import casadi  # noqa: F401 - loaded here, so that it does not count as solving

        return VERSION

    def refusal(self, model: NonlinearModel) -> str | None:
        """Why the model cannot be solved, where it has integers."""
        if model.integers:
            return f"cannot take a nonlinear model with {model.integers} integer variables"
        return None

    def solve(self, model: NonlinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve to a local optimum; a linear program, to its optimum."""
        for name, value in settings.options.items():
            guard("ipopt", IPOPT, name, value)
        ended = run_ipopt(model, settings, stop)
        finding = ended.finding(model)
        if finding.ending is Ending.PROVEN and not is_within(IPOPT_PROOF, settings.options):
            finding = replace(finding, ending=Ending.LOCALLY_OPTIMAL)
        if finding.values is None:
            return judge_empty(finding, model.sense)
        values = dict(zip(model.names, finding.values.tolist(), strict=True))
        return judge_objective(
            finding,
            sense=model.sense,
            objective=ended.objective,
            bound=ended.objective if finding.ending is Ending.PROVEN else None,
            values=values,
        )


@dataclass(frozen=True)
class Ended:
    """How Ipopt ended: its own status, the last point, objective and multipliers there."""

    status: str
    point: Floats
    objective: float
    multipliers: Floats
    violation: float
    iterations: int

    @property
    def is_feasible(self) -> bool:
        """Whether the point satisfies the constraints within the tolerance."""
        return bool(np.isfinite(self.point).all()) and self.violation <= FEASIBILITY_TOLERANCE

    def finding(self, model: NonlinearModel) -> Finding:
        """What the end means for the model."""
        ending = _ENDINGS.get(self.status, Ending.STOPPED)
        note = f"Ipopt stopped: {_say(self.status)}" if ending is Ending.STOPPED else ""
        if ending is Ending.LOCALLY_OPTIMAL and not self.is_feasible:
            ending = Ending.STOPPED
            note = f"Ipopt ended at a point that violates a constraint by {self.violation:.1e}"
        if ending is Ending.LOCALLY_OPTIMAL and model.is_linear:
            ending = Ending.PROVEN
        if self.status == "Infeasible_Problem_Detected":
            if model.has_linear_constraints:  # a convex set: no feasible point elsewhere either
                return Finding(Ending.INFEASIBLE)
            note = "Ipopt converged to a point of local infeasibility: the model may be infeasible"
        found = self.is_feasible and np.isfinite(self.objective)
        return Finding(ending, values=self.point if found else None, note=note)


_ENDINGS = {
    "Solve_Succeeded": Ending.LOCALLY_OPTIMAL,
    "Maximum_CpuTime_Exceeded": Ending.TIME_LIMIT,
    "Maximum_WallTime_Exceeded": Ending.TIME_LIMIT,
    "User_Requested_Stop": Ending.INTERRUPTED,
}


def _say(status: str) -> str:
    return status.replace("_", " ").lower()


def run_ipopt(
    model: NonlinearModel,
    settings: Settings,
    stop: Event,
) -> Ended:
    """Run Ipopt until it ends or `stop` is set.

    Raises:
        RunError: UnknownOption; SolverFailed, where Ipopt cannot even begin.
    """
    program = build_program(model)
    # casadi keeps no reference to the watcher: it must live until the end
    watcher = program.watch(stop, _IterationTeller(model, settings.progress).look)
    solver = _make_solver(program, watcher, settings, _objective_factor(model))
    result = solver(
        x0=model.initial,
        lbx=model.lower,
        ubx=model.upper,
        lbg=model.row_lower,
        ubg=model.row_upper,
    )
    stats = solver.stats()
    status = str(stats["return_status"])
    if status in ("Invalid_Problem_Definition", "Invalid_Option", "Unrecoverable_Exception"):
        raise RunError(Reason.SOLVER_FAILED, f"Ipopt failed: {_say(status)}")
    point = np.array(result["x"]).ravel()
    direction = -1.0 if model.sense is Sense.MAXIMIZE else 1.0
    return Ended(
        status=status,
        point=point,
        objective=direction * float(result["f"]),
        multipliers=np.array(result["lam_g"]).ravel(),
        violation=_violation(model, np.array(result["g"]).ravel(), point),
        iterations=int(stats.get("iter_count", 0)),
    )


class _IterationTeller:
    """Tells of the iterations, and now and then of a point that satisfies the constraints."""

    def __init__(self, model: NonlinearModel, progress: ProgressSink) -> None:
        self._model = model
        self._progress = progress
        self._direction = -1.0 if model.sense is Sense.MAXIMIZE else 1.0
        self._iterations = 0
        self._looked_at = 0.0

    def look(self, state: Sequence[Any]) -> None:
        """Look at an iteration; to check its point costs something, so not at each of them."""
        self._iterations += 1
        self._progress.tell(iterations=self._iterations)
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        point, objective, constraints = (np.array(part).ravel() for part in state[:3])
        if _violation(self._model, constraints, point) <= FEASIBILITY_TOLERANCE:
            self._progress.tell(objective=self._direction * float(objective[0]))


def _violation(model: NonlinearModel, constraints: Floats, point: Floats) -> float:
    """The largest violation, by the scales of the check."""
    return max(
        find_violation(constraints, np.array(model.row_lower), np.array(model.row_upper)),
        find_violation(point, np.array(model.lower), np.array(model.upper)),
    )


def _objective_factor(model: NonlinearModel) -> float:
    """What Ipopt is to multiply a small linear objective with: it ends where gradients are 1e-8."""
    if not model.is_linear:
        return 1.0
    bounds = list(zip(model.lower, model.upper, strict=True))
    costs = (abs(c) for at, c in model.objective.linear.items() if bounds[at][0] < bounds[at][1])
    largest = max(costs, default=0.0)
    return math.ldexp(1.0, power_to_one(largest)) if is_small_objective(largest) else 1.0


def _make_solver(program: Program, watcher: Any, settings: Settings, factor: float) -> Any:
    import casadi

    options = {
        "print_time": False,
        "iteration_callback": watcher,
        "ipopt": {"obj_scaling_factor": factor, **_ipopt_options(settings)},
    }
    nlp = {"x": program.variables, "f": program.minimized, "g": program.constraints}
    try:
        return casadi.nlpsol("ipopt", "ipopt", nlp, options)
    except RuntimeError as error:
        for name, value in settings.options.items():
            _check_option(name, value)
        raise RunError(Reason.SOLVER_FAILED, f"Ipopt cannot begin: {_last_line(error)}") from None


def _ipopt_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.seconds is not None:
        options["max_wall_time"] = settings.seconds
    return options | {name: _typed(value) for name, value in settings.options.items()}


def _typed(value: str | int) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _check_option(name: str, value: str | int) -> None:
    """Try an option by itself: Ipopt does not tell which of several it refuses.

    Raises:
        RunError: UnknownOption, naming the option.
    """
    import casadi

    x = casadi.SX.sym("x")
    try:
        casadi.nlpsol("probe", "ipopt", {"x": x, "f": x * x}, {"ipopt": {name: _typed(value)}})
    except RuntimeError as error:
        if "No such IPOPT option" in str(error):
            raise unknown_option("ipopt", name, _COMMON_OPTIONS) from None
        raise bad_option("ipopt", name, value, "another value, which its log states") from None


def _last_line(error: RuntimeError) -> str:
    return str(error).strip().splitlines()[-1][:300]
