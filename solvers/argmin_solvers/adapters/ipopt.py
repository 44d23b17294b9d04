"""Ipopt, as casadi brings it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, ClassVar

import numpy as np

from argmin.api.answer import Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Floats,
    Settings,
    Solve,
    bad_option,
    unknown_option,
)
from argmin_solvers.adapters.casadi_program import Program, build_program
from argmin_solvers.adapters.option_policy import IPOPT, IPOPT_PROOF, guard, is_within
from argmin_solvers.adapters.outcome import judge_empty, judge_objective
from argmin_solvers.adapters.points.nonlinear_feasibility import Feasibility
from argmin_solvers.adapters.points.starting_point import move_inside
from argmin_solvers.adapters.scaling import power_to_one
from argmin_solvers.ampl.ipopt_version import VERSION
from argmin_solvers.errors import RunError
from argmin_solvers.models.evaluation import find_fault
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, is_small_objective
from argmin_solvers.process.log_capture import log
from argmin_solvers.progress.sink import ProgressSink

_LOOK_SECONDS = 0.25
_NO_VALUE = "Invalid_Number_Detected"

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
        contradiction = model.find_contradiction()
        if contradiction is not None:  # which Ipopt calls an invalid problem
            return judge_empty(Finding(Ending.INFEASIBLE, note=contradiction), model.sense)
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
        if self.status == "Diverging_Iterates":
            note += ": the objective may improve without end"
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

    Where a function of the model has no value at the start, it begins at a point nearby where all
    have one.

    Raises:
        RunError: UnknownOption; InvalidModel, where no such point is found; UnsupportedModel, for
            more equations than variables; SolverFailed, where Ipopt cannot even begin.
    """
    program = build_program(model)
    ended = _run(program, model, settings, stop, model.initial)
    if ended.status != _NO_VALUE or ended.iterations:
        return ended
    begun = ended.point.tolist()
    fault = find_fault(model, begun)
    if fault is None:
        return ended
    told = f"{fault.describe(model, begun)} has no value or no slope"
    inside = move_inside(model, begun)
    if inside is not None:
        log.info("%s: Ipopt begins at another point", told)
        ended = _run(program, model, settings, stop, inside)
    if inside is None or (ended.status == _NO_VALUE and not ended.iterations):
        raise RunError(
            Reason.INVALID_MODEL,
            f"{model.origin}: {told}: give the variables initial values where it has one, or bounds"
            " that keep them there",
        )
    return ended


def _run(
    program: Program,
    model: NonlinearModel,
    settings: Settings,
    stop: Event,
    start: Sequence[float],
) -> Ended:
    feasibility = Feasibility(model)
    # casadi keeps no reference to the watcher: it must live until the end
    watcher = program.watch(stop, _IterationTeller(model, feasibility, settings.progress).look)
    solver = _make_solver(program, watcher, settings, _objective_factor(model))
    result = solver(
        x0=start,
        lbx=model.lower,
        ubx=model.upper,
        lbg=model.row_lower,
        ubg=model.row_upper,
    )
    stats = solver.stats()
    status = str(stats["return_status"])
    _check_status(model, status)
    point = np.array(result["x"]).ravel()
    minimized, constraints = program.evaluate(point.tolist())
    direction = -1.0 if model.sense is Sense.MAXIMIZE else 1.0
    return Ended(
        status=status,
        point=point,
        objective=direction * minimized,
        multipliers=np.array(result["lam_g"]).ravel(),
        violation=feasibility.measure(constraints, point),
        iterations=int(stats.get("iter_count", 0)),
    )


def _check_status(model: NonlinearModel, status: str) -> None:
    if status == "Not_Enough_Degrees_Of_Freedom":
        raise RunError(
            Reason.UNSUPPORTED,
            f"{model.origin}: ipopt takes no model with more equations than variables, and this one"
            f" has {model.equations} equations and {len(model.variables)} variables: leave out"
            " those equations that follow from the others",
        )
    if status in ("Invalid_Problem_Definition", "Invalid_Option", "Unrecoverable_Exception"):
        raise RunError(Reason.SOLVER_FAILED, f"Ipopt failed: {_say(status)}")


class _IterationTeller:
    """Tells of the iterations, and now and then of a point that satisfies the constraints."""

    def __init__(
        self, model: NonlinearModel, feasibility: Feasibility, progress: ProgressSink
    ) -> None:
        self._feasibility = feasibility
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
        if self._feasibility.measure(constraints, point) <= FEASIBILITY_TOLERANCE:
            self._progress.tell(objective=self._direction * float(objective[0]))


def _objective_factor(model: NonlinearModel) -> float:
    """What Ipopt is to multiply a small linear objective with: it ends where gradients are 1e-8."""
    if not model.is_linear:
        return 1.0
    bounds = list(zip(model.lower, model.upper, strict=True))
    costs = (abs(float(c)) for at, c in model.goal.linear.items() if bounds[at][0] < bounds[at][1])
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
