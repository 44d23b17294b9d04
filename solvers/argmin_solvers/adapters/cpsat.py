"""CP-SAT, through OR-Tools' Python API, with enumeration of all solutions."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any, ClassVar

import numpy as np

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import CAPABILITIES, SolverName
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Settings,
    Solution,
    Solve,
    bad_option,
    unknown_option,
)
from argmin_solvers.adapters.option_policy import CP_SAT, CP_SAT_ENUMERATING, guard
from argmin_solvers.adapters.outcome import (
    REASONS,
    judge_empty,
    judge_objective,
    name_own_tolerance,
)
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.numerics import NOISE, objective_unit

_POLL_SECONDS = 0.1
_UNKNOWN_BOUND = 2.0**62
"""Before CP-SAT knows anything it reports the end of its integers."""


class CpSat:
    """CP-SAT: constraint programming models."""

    name: ClassVar = SolverName.CP_SAT
    takes: ClassVar[tuple[type, ...]] = (CpSatModel,)

    def version(self) -> str:
        """The version of OR-Tools."""
        import ortools

        return str(ortools.__version__)

    def refusal(self, model: CpSatModel) -> str | None:
        """None: CP-SAT takes each of its models."""
        return None

    def solve(self, model: CpSatModel, settings: Settings, stop: Event) -> Solve:
        """Solve, or enumerate.

        Raises:
            RunError: UnsupportedModel, for the enumeration of a model with an objective.
        """
        from ortools.sat.python import cp_model

        enumerating = settings.pool is not None and settings.pool.enumerate_all
        if enumerating and model.has_objective:
            raise RunError(
                Reason.UNSUPPORTED,
                "spec.solutionPool.enumerateAll: the model has an objective, and CP-SAT"
                " enumerates models without one: remove the objective, or bound it as a"
                " constraint",
            )
        solver = cp_model.CpSolver()
        _apply(solver.parameters, settings, enumerating, objective_unit(model.largest_cost))
        collector = _Collector(model, settings)
        solver.best_bound_callback = collector.take_bound
        watcher = Thread(target=collector.watch, args=(solver, stop), daemon=True)
        watcher.start()
        try:
            status = solver.solve(model.model, collector.callback)
        finally:
            collector.done.set()
            watcher.join()
        solve = _judge(model, solver, status, collector, enumerating)
        return name_own_tolerance(solve, settings)


def _apply(parameters: Any, settings: Settings, enumerating: bool, unit: float) -> None:
    parameters.log_search_progress = True
    default = CAPABILITIES[SolverName.CP_SAT].default_seed
    parameters.random_seed = default if settings.seed is None else settings.seed
    parameters.num_workers = 1 if enumerating else settings.threads
    parameters.enumerate_all_solutions = enumerating
    if settings.seconds is not None:
        parameters.max_time_in_seconds = settings.seconds
    # CP-SAT stops at an absolute gap of 1e-4 by default and calls that optimal: not a proof.
    parameters.relative_gap_limit = settings.relative_gap or 0.0
    parameters.absolute_gap_limit = settings.absolute_gap or 0.0
    if unit < 1:  # else CP-SAT rounds the doubles of an objective to multiples of about 1e-6
        parameters.mip_wanted_precision = NOISE * unit
    guards = CP_SAT_ENUMERATING if enumerating else CP_SAT
    for name, value in settings.options.items():
        _check_option(name, value)
        guard("cp-sat", guards, name, value)
        parameters.merge_text_format(f"{name}: {value}")


def _check_option(name: str, value: str | int) -> None:
    from google.protobuf import text_format
    from ortools.sat import sat_parameters_pb2

    parameters = sat_parameters_pb2.SatParameters()
    fields = parameters.DESCRIPTOR.fields_by_name
    if name not in fields:
        raise unknown_option("cp-sat", name, fields)
    try:
        text_format.Parse(f"{name}: {value}", parameters)
    except text_format.ParseError as error:
        expected = str(error).split(" : ", 1)[-1].splitlines()[0]
        raise bad_option("cp-sat", name, value, f"what its parameter does ({expected})") from None
    if [field.name for field, _ in parameters.ListFields()] != [name]:
        raise bad_option("cp-sat", name, value, "one value")


class _Collector:
    """Gathers solutions as they are found, and stops the solver at limits of our own."""

    def __init__(self, model: CpSatModel, settings: Settings) -> None:
        from ortools.sat.python import cp_model

        self._has_objective = model.has_objective
        self.done = Event()
        self.interrupted = False
        self.solutions = 0
        capacity = _capacity(settings.pool, len(model.names))
        self.kept: deque[tuple[int, ...]] = deque(maxlen=capacity)
        self.limit = settings.solutions
        self._progress = settings.progress
        self._keep_first = settings.pool is not None and settings.pool.enumerate_all
        collector = self

        class Callback(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
            """Called by CP-SAT with each solution."""

            def on_solution_callback(self) -> None:
                collector.take(self.response_proto.solution)
                collector.tell(self)
                if collector.limit is not None and collector.solutions >= collector.limit:
                    self.stop_search()

        self.callback = Callback()

    def take(self, solution: Sequence[int]) -> None:
        """Count a solution; keep the first of an enumeration, else the last, which are best."""
        self.solutions += 1
        if not (self._keep_first and len(self.kept) == self.kept.maxlen):
            self.kept.append(tuple(solution))

    def tell(self, found: Any) -> None:
        """Tell of a solution, which is better than those before it where there is an objective."""
        if self._has_objective:
            self._progress.tell(
                objective=found.objective_value,
                nodes=found.num_branches,
                solutions=self.solutions,
            )
            self.take_bound(found.best_objective_bound)
        else:  # of an enumeration there may be very many
            self._progress.tell(solutions=self.solutions)

    def take_bound(self, bound: float) -> None:
        """Tell of a better bound."""
        if self._has_objective and abs(bound) < _UNKNOWN_BOUND:
            self._progress.tell(bound=bound)

    def watch(self, solver: Any, stop: Event) -> None:
        """Stop the solver once `stop` is set; asked again, as it may not have begun."""
        while not self.done.wait(_POLL_SECONDS):
            if stop.is_set():
                self.interrupted = True
                solver.stop_search()


KEPT_SOLUTIONS = 100_000
"""So many solutions of an enumeration are kept to be checked, however few are asked for."""
KEPT_VALUES = 5_000_000
"""Fewer are kept where they would have more values than this together, as all are in memory."""


def _capacity(pool: SolutionPool | None, variables: int) -> int:
    """How many solutions to keep; those beyond are only counted."""
    if pool is None:
        return 0
    if pool.size is not None and not pool.enumerate_all:
        return pool.size
    unasked = min(KEPT_SOLUTIONS, max(1, KEPT_VALUES // max(1, variables)))
    return max(pool.size or 0, unasked)


def _judge(
    model: CpSatModel, solver: Any, status: Any, collector: _Collector, enumerating: bool
) -> Solve:
    from ortools.sat.python import cp_model

    if status == cp_model.MODEL_INVALID:
        raise _invalid(model, solver)
    if status == cp_model.INFEASIBLE:
        return judge_empty(Finding(Ending.INFEASIBLE), model.sense)
    ending = _ending(solver, status == cp_model.OPTIMAL, collector)
    if status == cp_model.UNKNOWN:
        return judge_empty(Finding(ending, bound=_bound(model, solver)), model.sense)
    values = list(solver.response_proto.solution)
    pool = tuple(_named(model, solution) for solution in collector.kept)
    finding = Finding(
        ending,
        values=np.array(values, dtype=np.float64),
        nodes=solver.num_branches,
        solutions=max(1, collector.solutions),
        pool=pool if enumerating else pool[::-1],
    )
    sense = model.sense
    if sense is None:
        return _judge_satisfied(finding, _named(model, values), enumerating)
    return judge_objective(
        finding,
        sense=sense,
        objective=model.objective_at(values),
        bound=_bound(model, solver),
        values=_named(model, values),
        unit=model.unit_at(values),
    )


def _invalid(model: CpSatModel, solver: Any) -> RunError:
    """CP-SAT calls a model invalid where its parameters are, too."""
    fault = model.model.validate()
    if fault:
        return RunError(Reason.INVALID_MODEL, f"{model.origin}: {fault}")
    return RunError(
        Reason.UNKNOWN_OPTION, f"spec.solver.options: cp-sat refuses them: {solver.solution_info()}"
    )


def _ending(solver: Any, proven: bool, collector: _Collector) -> Ending:
    if proven:
        return Ending.PROVEN
    if collector.interrupted:
        return Ending.INTERRUPTED
    if collector.limit is not None and collector.solutions >= collector.limit:
        return Ending.SOLUTION_LIMIT
    # CP-SAT does not tell which of its limits it met, and stops a little before that of time.
    near = 0.9 * solver.parameters.max_time_in_seconds
    return Ending.TIME_LIMIT if solver.wall_time >= near else Ending.STOPPED


def _bound(model: CpSatModel, solver: Any) -> float | None:
    if not model.has_objective:
        return None
    bound = float(solver.best_objective_bound)
    return bound if np.isfinite(bound) and abs(bound) < _UNKNOWN_BOUND else None


def _judge_satisfied(finding: Finding, values: Solution, enumerating: bool) -> Solve:
    """A model without objective: done when a solution, or each of them, is found."""
    reason, message = REASONS[finding.ending]
    outcome = Outcome.FEASIBLE
    if finding.ending is Ending.PROVEN:
        outcome, reason = Outcome.OPTIMAL, Reason.OPTIMAL
        message = "a solution was found; the model has no objective"
        if enumerating:
            message = f"all {finding.solutions} solutions were found"
        if enumerating and finding.solutions == 1:
            message = "the only solution was found"
    return Solve(
        outcome,
        reason,
        message,
        values=values,
        pool=finding.pool,
        nodes=finding.nodes,
        solutions=finding.solutions,
    )


def _named(model: CpSatModel, values: Any) -> Solution:
    return dict(zip(model.names, values, strict=True))
