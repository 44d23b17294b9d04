"""Solves one model by argmin's own way of a run: read, choose, supervise, check, prove."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import ModelFormat, SolverName
from argmin.api.task import SolveTask
from argmin_solvers.adapters import choose_adapter
from argmin_solvers.adapters.base import Settings, Solve
from argmin_solvers.errors import RunError
from argmin_solvers.models import load_model
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.proof.judgement import Circumstances, Judged, judge_proof
from argmin_solvers.solve.run import Supervision
from argmin_solvers.verify import check
from argmin_solvers.verify.reload import rebuild
from tests.hunt.asking import Claim, Question, Told
from tests.hunt.inprocess import stay_in_process
from tests.hunt.writing import Format

SECONDS = 5.0
"""For one solve: the models are small, and one that takes longer is a finding of its own."""


def answer(question: Question, format_: Format, path: Path, workdir: Path) -> Told:
    """What argmin tells of the model in a file; `workdir` is the solver's own folder."""
    began = time.monotonic()
    try:
        with stay_in_process():
            told = _solve(question, format_, path, workdir)
    except RunError as error:
        told = Told(
            question.name,
            Outcome.ERROR,
            str(error.reason),
            error.message,
            refused=error.reason is Reason.UNSUPPORTED,
        )
    except Exception as error:  # noqa: BLE001 - whatever a run raises is a finding
        told = Told(question.name, Outcome.ERROR, "Traceback", f"{type(error).__name__}: {error}")
    return replace(told, seconds=time.monotonic() - began)


def _solve(question: Question, format_: Format, path: Path, workdir: Path) -> Told:
    declared = SolveTask(
        format=ModelFormat(format_.value),
        path=str(path),
        solver=SolverName(question.solver),
        options=dict(question.options),
        solution_pool=SolutionPool(enumerate_all=True) if question.enumerate_all else None,
    )
    model = _read_once(load_model, declared)
    settings = Settings(
        workdir=workdir,
        seconds=SECONDS,
        options=declared.options,
        pool=declared.solution_pool,
    )
    adapter = choose_adapter(model, declared.solver, settings)
    solve = Supervision(adapter, Interruption()).solve(model, settings)
    with patch.object(check, "rebuild", lambda declared: _read_once(rebuild, declared)):
        conclusion = check.check_solve(declared, model, solve, Event())
    under = Circumstances(adapter.name, _SOLVE_SECONDS, workdir)
    judged = judge_proof(declared, model, conclusion, under, Event())
    return _tell(question, solve, judged)


_SOLVE_SECONDS = 0.1
"""What a solve is said to have taken: the time for its proof is the least there is."""
_read: dict[Any, tuple[bytes, Any]] = {}


def _read_once(read: Callable[[SolveTask], Any], declared: SolveTask) -> Any:
    """What is read of a file of linear models: once for all solvers that are asked about it."""
    if declared.format is ModelFormat.CP_SAT:
        return read(declared)
    content, key = Path(declared.path).read_bytes(), (read, declared.format)
    if key not in _read or _read[key][0] != content:
        _read[key] = content, read(declared)
    return _read[key][1]


def _tell(question: Question, solve: Solve, judged: Judged) -> Told:
    told, proof = judged.solve, judged.proof
    return Told(
        question.name,
        told.outcome,
        str(told.reason),
        told.message,
        told.objective,
        told.best_bound,
        told.values,
        Claim(solve.outcome, solve.objective, solve.best_bound),
        None if proof is None else proof.level,
        "" if proof is None or proof.by is None else proof.by,
        told.solutions,
        enumerated=question.enumerate_all and told.outcome is Outcome.OPTIMAL,
    )
