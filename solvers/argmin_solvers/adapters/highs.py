"""HiGHS, through its Python API: callbacks keep the incumbent at limits and on SIGTERM."""

from __future__ import annotations

import re
import sys
import time
from importlib.metadata import version
from threading import Event
from typing import Any, ClassVar

import numpy as np

from argmin.api.answer import Reason
from argmin.api.solve.solvers import CAPABILITIES, SolverName
from argmin_solvers.adapters.base import (
    Basis,
    Ending,
    Finding,
    Settings,
    Solve,
    bad_option,
    parse_option,
    unknown_option,
)
from argmin_solvers.adapters.isolation.search import Apart
from argmin_solvers.adapters.option_policy import HIGHS, guard
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.adapters.points.feasibility import drop_basis
from argmin_solvers.adapters.presolve_retry import WithoutPresolve
from argmin_solvers.errors import RunError, SolverBrokeError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.progress.sink import ProgressSink

_TELL_SECONDS = 0.02
"""Between two looks at the bound: HiGHS asks thousands of times a second whether to stop."""

_LEAST_SMALL = 1e-12
"""The least that HiGHS takes for `small_matrix_value`, up to which coefficients are dropped."""
_NO_VERTEX = (
    "HiGHS ended near the optimum, at no vertex, which proves nothing: leave out"
    " spec.solver.options.solver and run_crossover"
)
_WITHOUT_PRESOLVE = WithoutPresolve(
    "presolve",
    "off",
    "proven optimal, without presolve: HiGHS had ended with an error as it undid its presolve",
)
_OWN_LIMIT = "HiGHS stopped: a limit in spec.solver.options was met"

_DEFAULT_SEED = CAPABILITIES[SolverName.HIGHS].default_seed


class Highs:
    """HiGHS: linear and mixed-integer linear models."""

    name: ClassVar = SolverName.HIGHS
    takes: ClassVar[tuple[type, ...]] = (LinearModel,)

    def version(self) -> str:
        """The version of the HiGHS library, which need not be loaded for it."""
        return version("highspy")

    def refusal(self, model: LinearModel) -> str | None:
        """None: HiGHS takes every linear model."""
        return None

    def solve(self, model: LinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve a linear model, in a process of its own where OR-Tools is in this one."""
        solver = Apart(self.name) if _is_foreign_here() else self
        return solve_linear(solver, model, settings, stop)

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Run HiGHS and tell what it found; where it fails, once more without its presolve."""
        return _WITHOUT_PRESOLVE.search(
            lambda settings: self._run(model, settings, stop), settings, stop
        )

    def _run(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        import highspy

        highs = highspy.Highs()
        _apply(highs, settings)
        _keep_small(highs, model)
        if highs.passModel(_to_highs(model)) == highspy.HighsStatus.kError:
            raise RunError(
                Reason.INVALID_MODEL, f"{model.origin}: HiGHS refuses the model; its log says why"
            )
        watcher = _Watcher(highs, settings.progress, stop) if model.integers else None
        if watcher is None:
            _watch_iterations(highs, settings.progress, stop)
        if highs.run() == highspy.HighsStatus.kError:
            raise SolverBrokeError("HiGHS ended with an error; its log says why")
        finding = _read(highs, model, watcher.improving if watcher else None)
        return finding if model.integers else drop_basis(model, finding)


def _is_foreign_here() -> bool:
    """Whether the user's model loaded OR-Tools: its libraries and those of HiGHS clash."""
    return "ortools" in sys.modules


def _apply(highs: Any, settings: Settings) -> None:
    options: dict[str, Any] = {
        "threads": settings.threads,
        "random_seed": CAPABILITIES[SolverName.HIGHS].default_seed
        if settings.seed is None
        else settings.seed,
        # HiGHS stops at gaps of 1e-4 and 1e-6 by default and calls that optimal: not a proof.
        "mip_rel_gap": settings.relative_gap or 0.0,
        "mip_abs_gap": settings.absolute_gap or 0.0,
    }
    if settings.seconds is not None:
        options["time_limit"] = settings.seconds
    if settings.solutions is not None:
        options["mip_max_improving_sols"] = settings.solutions
    for name, value in options.items():
        highs.setOptionValue(name, value)
    for name, text in settings.options.items():
        _set_option(highs, name, text)


def _keep_small(highs: Any, model: LinearModel) -> None:
    """Have HiGHS keep the coefficients that it would take for zeros, where there are any.

    Else its threshold stays: presolve cleans what rounding leaves by the same one.
    """
    sizes = np.abs(model.value)
    threshold = highs.getOptionValue("small_matrix_value")[1]
    if ((sizes > _LEAST_SMALL) & (sizes <= threshold)).any():
        highs.setOptionValue("small_matrix_value", _LEAST_SMALL)


def _set_option(highs: Any, name: str, text: str | int) -> None:
    import highspy

    status, current = highs.getOptionValue(name)
    if status != highspy.HighsStatus.kOk:
        known = [option for option in dir(highs.getOptions()) if not option.startswith("_")]
        raise unknown_option("highs", name, known)
    guard("highs", HIGHS, name, text)
    value = parse_option("highs", name, text, type(current))
    if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
        raise bad_option("highs", name, text, "a value in the range its log states")


def _to_highs(model: LinearModel) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.columns, model.rows
    lp.sense_ = highspy.ObjSense.kMaximize if model.maximizes else highspy.ObjSense.kMinimize
    lp.offset_ = model.offset
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.start, model.index
    lp.a_matrix_.value_ = model.value
    if model.integers:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in model.integer]
    return lp


class _Watcher:
    """Stops HiGHS when asked, and tells of its search.

    `improving` has the objective of each better solution.
    """

    def __init__(self, highs: Any, progress: ProgressSink, stop: Event) -> None:
        self.improving: list[float] = []
        self._progress = progress
        self._stop = stop
        self._told_at = 0.0
        highs.cbMipInterrupt += self._check
        highs.cbMipImprovingSolution += self._improve

    def _check(self, event: Any) -> None:
        if self._stop.is_set():
            event.interrupt()
        now = time.monotonic()
        if now - self._told_at < _TELL_SECONDS:
            return
        self._told_at = now
        found = event.data_out
        self._progress.tell(bound=found.mip_dual_bound, nodes=found.mip_node_count)

    def _improve(self, event: Any) -> None:
        found = event.data_out
        self.improving.append(found.objective_function_value)
        self._progress.tell(
            objective=found.objective_function_value,
            bound=found.mip_dual_bound,
            nodes=found.mip_node_count,
            solutions=len(self.improving),
        )


_ITERATION = re.compile(r"^\s*(\d+)\s+[-+]?\d\S*\s")
"""A line of the log of the simplex or the interior point method; its objective proves nothing."""


def _watch_iterations(highs: Any, progress: ProgressSink, stop: Event) -> None:
    """Stop a linear program when asked, and tell its iterations.

    HiGHS asks at each of them, which may take but 20 µs: so they are told by the log alone.
    """

    def check(event: Any) -> None:
        if stop.is_set():
            event.interrupt()

    def read(event: Any) -> None:
        match = _ITERATION.match(event.message)
        if match is not None:
            progress.tell(iterations=int(match[1]))

    highs.cbSimplexInterrupt += check
    highs.cbIpmInterrupt += check
    highs.cbLogging += read


def _read(highs: Any, model: LinearModel, improving: list[float] | None) -> Finding:
    import highspy

    info = highs.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solutions = (len(improving) if improving else 0) or int(feasible)
    ending, note = _ending(highs, model, solutions)
    return Finding(
        ending,
        values=np.array(highs.getSolution().col_value) if feasible else None,
        claimed=info.objective_function_value if feasible else None,
        bound=_finite(info.mip_dual_bound) if model.integers else None,
        nodes=max(0, info.mip_node_count) if model.integers else None,
        solutions=solutions,
        note=note,
        basis=None if model.integers else _basis(highs),
    )


def _basis(highs: Any) -> Basis | None:
    """The basis at which a linear program ended, where it is a whole one."""
    import highspy

    known = highs.getBasis()
    if not known.valid:
        return None
    basic = highspy.HighsBasisStatus.kBasic
    columns = np.array([status == basic for status in known.col_status], dtype=np.bool_)
    rows = np.array([status == basic for status in known.row_status], dtype=np.bool_)
    return Basis(columns, rows) if columns.sum() + rows.sum() == len(rows) else None


def _ending(highs: Any, model: LinearModel, solutions: int) -> tuple[Ending, str]:
    """How HiGHS ended, and what there is to say of it."""
    import highspy

    status = highs.getModelStatus()
    ending = _endings().get(status, Ending.STOPPED)
    if ending is Ending.STOPPED:
        return ending, f"HiGHS stopped: {highs.modelStatusToString(status).lower()}"
    # Limits of nodes and leaves have the same status.
    wanted = highs.getOptionValue("mip_max_improving_sols")[1]
    if ending is Ending.SOLUTION_LIMIT and solutions < max(1, wanted):
        return Ending.STOPPED, _OWN_LIMIT
    # First-order methods, and interior points without crossover, end within a tolerance of the gap.
    no_basis = highs.getInfo().basis_validity == highspy.BasisValidity.kBasisValidityInvalid
    if ending is Ending.PROVEN and no_basis and not model.integers:
        return Ending.STOPPED, _NO_VERTEX
    return ending, ""


def _endings() -> dict[Any, Ending]:
    import highspy

    status = highspy.HighsModelStatus
    return {
        status.kOptimal: Ending.PROVEN,
        status.kInfeasible: Ending.INFEASIBLE,
        status.kUnbounded: Ending.DUAL_INFEASIBLE,
        status.kUnboundedOrInfeasible: Ending.DUAL_INFEASIBLE,
        status.kTimeLimit: Ending.TIME_LIMIT,
        status.kSolutionLimit: Ending.SOLUTION_LIMIT,
        status.kInterrupt: Ending.INTERRUPTED,
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
