"""Solves a declared model: load, choose the solver, solve under supervision, report."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from argmin.api.answer import ExitCode, Outcome, Reason, RunReport, SolveResult
from argmin.api.run import RunDocument
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import CAPABILITIES
from argmin.api.task import SolveTask
from argmin_solvers.adapters import choose_adapter
from argmin_solvers.adapters.base import Adapter, Settings, Solution, Solve
from argmin_solvers.errors import EXIT_CODES, RunError, is_fault
from argmin_solvers.models import load_model
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.numerics import decimal_text, gap_text
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import log
from argmin_solvers.progress.channels import open_channel
from argmin_solvers.progress.reporter import Reporter
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.proof.judgement import Circumstances, Judged, judge_proof
from argmin_solvers.result.run_result import RunResult, model_digest
from argmin_solvers.script.environment import search_path
from argmin_solvers.text import read_source, shorten
from argmin_solvers.verify.check import check_solve

STOP_GRACE_SECONDS = 20.0
"""How long a solver may take to stop once it is asked to; a pod has 60 s from SIGTERM in all."""
OVERRUN_SECONDS = 5.0
"""How far past the time limit a solver may run before it is asked to stop."""
_POLL_SECONDS = 0.1


def run_model(
    document: RunDocument, declared: SolveTask, interruption: Interruption, workdir: Path
) -> RunResult:
    """Solve the model of a job document.

    Raises:
        RunError: there is no answer: the model, an option or the solver failed.
    """
    source = read_source(Path(declared.path))
    os.environ["PATH"] = search_path()  # where Pyomo looks for executables
    with interruption.breaking():
        model = _load(declared)
        settings = _settings(document, declared, workdir)
        adapter = choose_adapter(model, declared.solver, settings)
        version = adapter.version()
    log.info("model %s: %s", Path(declared.path).name, model.summary())
    log.info("solver %s %s", adapter.name, version)
    began = time.monotonic()
    progress = ProgressSink(model.sense)
    with Reporter(progress, open_channel(document)):
        supervision = Supervision(adapter, interruption)
        solve = supervision.solve(model, replace(settings, progress=progress))
    seconds = time.monotonic() - began
    if solve.reason is Reason.INTERRUPTED and solve.values is None:
        raise RunError(Reason.INTERRUPTED, "interrupted before a solution was found")
    under = Circumstances(adapter.name, seconds, workdir, settings.threads)
    judged = _judge(declared, model, solve, under, interruption)
    result = _result(judged).model_copy(
        update={
            "solver": str(adapter.name),
            "solver_version": version,
            "solve_seconds": decimal_text(round(seconds, 3)),
            "model_digest": model_digest(source),
        }
    )
    report = RunReport(
        succeeded=judged.solve.outcome is not Outcome.ERROR,
        reason=judged.solve.reason,
        message=shorten(judged.solve.message, 1024),
        seed=_seed(adapter, settings),
        threads=settings.threads if CAPABILITIES[adapter.name].parallel else 1,
        result=result,
    )
    history = progress.history(judged.solve.objective, judged.solve.best_bound, seconds)
    return replace(_report(declared, judged, report), history=history)


def _judge(
    declared: SolveTask,
    model: Any,
    solve: Solve,
    under: Circumstances,
    interruption: Interruption,
) -> Judged:
    """Hold what was found against the model, and prove it as well as was asked for."""
    conclusion = check_solve(declared, model, solve, interruption.stop)
    log.info("check: %s (%s)", conclusion.verification.message, conclusion.verification.reason)
    return judge_proof(declared, model, conclusion, under, interruption.stop)


def _report(declared: SolveTask, judged: Judged, report: RunReport) -> RunResult:
    solve = judged.solve
    return RunResult(
        report,
        exit_code=EXIT_CODES[solve.reason] if solve.outcome is Outcome.ERROR else ExitCode.OK,
        variables=None if solve.values is None else _support(solve.values),
        pool=_trim(solve.pool, declared),
        certificate=judged.certificate,
    )


def _load(declared: SolveTask) -> Any:
    """The model; refused where a pool is asked of it, and it turns out not to be CP-SAT's."""
    model, pool = load_model(declared), declared.solution_pool
    if pool is None or pool == SolutionPool() or isinstance(model, CpSatModel):
        return model
    field = "enumerateAll" if pool.enumerate_all else "size"
    raise RunError(
        Reason.UNSUPPORTED,
        f"spec.solutionPool.{field} needs a CP-SAT model, and this is a {model.DESCRIPTION}: write"
        " it as an OR-Tools CpModel for spec.solver.name: cp-sat, or remove spec.solutionPool",
    )


def _trim(pool: tuple[Solution, ...], declared: SolveTask) -> tuple[Solution, ...]:
    """The solutions that were asked for: of an enumeration more are kept, to be checked."""
    size = declared.solution_pool.size if declared.solution_pool else None
    return tuple(map(_support, pool[:size]))


def _support(solution: Solution) -> Solution:
    return {name: value for name, value in solution.items() if value}


def _settings(document: RunDocument, declared: SolveTask, workdir: Path) -> Settings:
    limits = declared.limits
    return Settings(
        workdir=workdir,
        seconds=limits.time.total_seconds() if limits.time else None,
        relative_gap=None if limits.relative_gap is None else float(limits.relative_gap),
        absolute_gap=None if limits.absolute_gap is None else float(limits.absolute_gap),
        solutions=limits.solutions,
        threads=document.threads,
        seed=document.seed,
        options=declared.options,
        pool=declared.solution_pool,
    )


def _seed(adapter: Adapter, settings: Settings) -> int | None:
    can = CAPABILITIES[adapter.name]
    if not can.seeded:
        return None
    return can.default_seed if settings.seed is None else settings.seed


def _result(judged: Judged) -> SolveResult:
    solve = judged.solve
    objective, bound = solve.objective, solve.best_bound
    both = objective is not None and bound is not None
    return SolveResult(
        outcome=solve.outcome,
        sense=solve.sense,
        objective=None if objective is None else decimal_text(objective),
        best_bound=None if bound is None else decimal_text(bound),
        gap=gap_text(objective, bound) if both else None,  # type: ignore[arg-type]
        nodes=solve.nodes,
        solutions=solve.solutions,
        verification=judged.verification,
        proof=judged.proof,
    )


class Supervision:
    """Runs a solver in a thread, so that signals and overrun limits are seen while it works."""

    def __init__(
        self,
        adapter: Adapter,
        interruption: Interruption,
        *,
        grace_seconds: float = STOP_GRACE_SECONDS,
        overrun_seconds: float = OVERRUN_SECONDS,
    ) -> None:
        self._adapter = adapter
        self._is_stoppable = CAPABILITIES[adapter.name].stoppable
        self._interruption = interruption
        self._grace = grace_seconds
        self._overrun = overrun_seconds
        self._stop = threading.Event()
        self._done = threading.Event()
        self._outcome: Solve | BaseException | None = None

    def solve(self, model: Any, settings: Settings) -> Solve:
        """Solve until the end, the limit or a request to stop.

        Raises:
            RunError: what the adapter raised; Interrupted, where the solver did not stop in
                time or failed over it; SolverFailed for any other error.
        """
        threading.Thread(target=self._work, args=(model, settings), daemon=True).start()
        over = None if settings.seconds is None else settings.seconds + self._overrun
        reason = self._wait_for_end(over)
        if reason is not None:
            log.info("stopping the solver: %s", reason)
            self._stop.set()
            if not (self._is_stoppable and self._done.wait(self._grace)):
                return self._abandon(reason)
            if self._failed():  # the stop is the cause: a retry would not mend it
                return self._give_up(reason, f"{self._adapter.name} failed as it was stopped")
        solve = self._take()
        if reason is Reason.TIME_LIMIT and solve.reason is Reason.INTERRUPTED:
            return replace(solve, reason=reason, message="stopped at the time limit")
        return solve

    def _work(self, model: Any, settings: Settings) -> None:
        try:
            self._outcome = self._adapter.solve(model, settings, self._stop)
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._outcome = error
        finally:
            self._done.set()

    def _wait_for_end(self, over: float | None) -> Reason | None:
        began = time.monotonic()
        while not self._done.wait(_POLL_SECONDS):
            if self._interruption.stop.is_set():
                return Reason.INTERRUPTED
            if over is not None and time.monotonic() - began > over:
                return Reason.TIME_LIMIT
        return None

    def _abandon(self, reason: Reason) -> Solve:
        what = f"{self._adapter.name} did not stop within {self._grace:g} s of being asked to"
        if not self._is_stoppable:
            what = f"{self._adapter.name} cannot be stopped from outside"
        return self._give_up(reason, what)

    def _failed(self) -> bool:
        outcome = self._outcome
        if isinstance(outcome, RunError):
            return outcome.reason is Reason.SOLVER_FAILED
        return isinstance(outcome, Exception)

    def _give_up(self, reason: Reason, what: str) -> Solve:
        if isinstance(self._outcome, BaseException):
            log.info("it said: %s", self._outcome)
        if reason is Reason.INTERRUPTED:
            raise RunError(Reason.INTERRUPTED, f"{what}; what it found is lost")
        return Solve(Outcome.UNKNOWN, Reason.TIME_LIMIT, f"{what}, at its time limit")

    def _take(self) -> Solve:
        outcome = self._outcome
        if isinstance(outcome, Solve):
            return outcome
        if isinstance(outcome, RunError):
            raise outcome
        raise RunError(
            Reason.SOLVER_FAILED,
            f"{self._adapter.name}: {type(outcome).__name__}: {outcome}",
            permanent=is_fault(outcome),
        ) from outcome
