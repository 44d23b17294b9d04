"""A second look at an answer, by a solver of another family."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from threading import Event
from typing import Protocol, cast

import numpy as np

from argmin.api.answer import Outcome
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Ending, Finding, Settings, Solution
from argmin_solvers.adapters.scaling import search_scaled
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.proof.certificate import find_step, minimised, round_bound
from argmin_solvers.proof.question import Correction, Question

ORDER = (SolverName.SCIP, SolverName.HIGHS, SolverName.CBC, SolverName.GLPK)
"""Which solver is asked first, where the job names none."""
LINEAR = (*ORDER, SolverName.SCIPY)
"""Who takes linear models at all."""
_TAKES_CUT_OFF = (SolverName.SCIP,)
_SAFE_STEP = 1e-4
"""A cut-off row is used where it is this far, relatively, from the answer: beyond tolerances."""


class Searcher(Protocol):
    """Runs a solver on a model in doubles."""

    def __call__(self, solver: SolverName, model: LinearModel, settings: Settings) -> Finding:
        """Search.

        Raises:
            RunError: the solver failed, or is not installed.
        """
        ...


def search(solver: SolverName, model: LinearModel, settings: Settings) -> Finding:
    """Search in this process."""
    adapter = cast(_Adapter, load_adapter(solver))
    return search_scaled(adapter.search, model, settings, Event())


class _Adapter(Protocol):
    search: Callable[[LinearModel, Settings, Event], Finding]


@dataclass(frozen=True)
class Look:
    """What a second solver says of an answer.

    `confirms` where it proved that there is nothing better; `bound` on the minimised objective.
    """

    solver: SolverName
    confirms: bool
    said: str
    bound: Fraction | None = None
    correction: Correction | None = None
    contradicts: bool = False


def choose_solvers(question: Question) -> Sequence[SolverName]:
    """Who may look again, in order: of another family than the solver of the answer."""
    if question.second is not None:
        fits = question.second in LINEAR and question.is_other_family(question.second)
        return (question.second,) if fits else ()
    return tuple(solver for solver in ORDER if question.is_other_family(solver))


def look_again(
    question: Question, solver: SolverName, seconds: float, searcher: Searcher = search
) -> Look:
    """Have a solver search the model for anything better than the answer."""
    settings = Settings(workdir=question.workdir, seconds=seconds, threads=question.threads)
    optimum = question.outcome is Outcome.OPTIMAL
    model, has_row = question.given, False
    if optimum:
        model, settings, has_row = _cut_off(question, settings, solver)
    elif question.outcome is Outcome.INFEASIBLE:
        model = model.without_objective()
    try:
        finding = searcher(solver, model, settings)
    except RunError as error:
        return Look(solver, False, f"{solver} failed: {error.message}")
    return _interpret(question, solver, finding, has_row=has_row)


def _cut_off(
    question: Question, settings: Settings, solver: SolverName
) -> tuple[LinearModel, Settings, bool]:
    """The model and settings by which only better points count, and whether by a row.

    Where the objective goes in steps, half a step below the answer is beyond the tolerances of
    solvers. Elsewhere a solver that takes no cut-off is told how close its bound has to come.
    """
    model, step = question.given, find_step(question.model)
    size = max(question.unit, abs(float(question.objective or 0)))
    in_steps = step is not None and step / 2 >= _SAFE_STEP * size
    side = question.target + question.tolerance - step / 2 if step and in_steps else question.target
    settings = replace(settings, absolute_gap=float(question.tolerance) / 2)
    if solver in _TAKES_CUT_OFF:
        return model, replace(settings, cutoff=float(side)), False
    if not in_steps:
        return model, settings, False
    direction = -1.0 if model.maximizes else 1.0
    right = float(side) - direction * model.offset
    return model.with_row("cut-off", direction * model.cost, right), settings, True


def _interpret(question: Question, solver: SolverName, finding: Finding, *, has_row: bool) -> Look:
    if finding.values is not None:
        look = _judge_point(question, solver, finding)
        if look is not None:
            return look
    if finding.ending in (Ending.INFEASIBLE, Ending.UNBOUNDED, Ending.DUAL_INFEASIBLE):
        return _judge_ending(question, solver, finding.ending)
    if question.outcome is not Outcome.OPTIMAL or has_row:
        return Look(solver, False, f"{solver} ended without a proof ({finding.ending})")
    return _judge_bound(question, solver, finding)


def _judge_ending(question: Question, solver: SolverName, ending: Ending) -> Look:
    """What it means that a solver found no optimum; unbounded is only what has a point."""
    said = f"{solver} says {ending}"
    if question.outcome is Outcome.UNBOUNDED:
        if ending is Ending.INFEASIBLE:
            return Look(solver, False, said, contradicts=True)
        has_point = ending is Ending.UNBOUNDED or question.values is not None
        return Look(solver, has_point, said)
    if ending is Ending.INFEASIBLE:
        what = "a better point" if question.outcome is Outcome.OPTIMAL else "any point"
        return Look(solver, True, f"{solver} proved that there is not {what}")
    return Look(solver, False, said, contradicts=ending is Ending.UNBOUNDED)


def _judge_bound(question: Question, solver: SolverName, finding: Finding) -> Look:
    """Hold the bound of a solver that searched the whole model against the answer."""
    claimed = finding.bound
    if claimed is None and finding.ending is Ending.PROVEN:
        claimed = finding.claimed
    if claimed is None or not math.isfinite(claimed):
        return Look(solver, False, f"{solver} ended without a proof ({finding.ending})")
    bound = _trust(question, minimised(question.model, Fraction(claimed)))
    if bound >= question.target:
        return Look(solver, True, f"{solver} proved the bound {claimed!r}", bound=bound)
    done = finding.ending in (Ending.PROVEN, Ending.GAP_LIMIT)
    said = f"{solver} says that {claimed!r} is the optimum" if done else ""
    return Look(
        solver,
        False,
        said or f"{solver} proved only the bound {claimed!r} ({finding.ending})",
        contradicts=done,
    )


def _trust(question: Question, bound: Fraction) -> Fraction:
    """A bound in doubles, raised to the next value of the objective where rounding is not why."""
    return max(bound, round_bound(question.model, bound - question.tolerance))


def _judge_point(question: Question, solver: SolverName, finding: Finding) -> Look | None:
    """What a point of a second solver means; None where it is none, or no better."""
    point = name_point(question, finding)
    if point is None:
        return None
    assessment = question.model.assess([point])[0]
    if assessment.violation is not None or assessment.objective is None:
        return None
    objective = Fraction(assessment.objective)
    if question.outcome is Outcome.OPTIMAL:
        if minimised(question.model, objective) >= question.target:
            return None
        said = f"{solver} found a point with the objective {float(objective)!r}"
    elif question.outcome is Outcome.INFEASIBLE:
        said = f"{solver} found a point that satisfies all constraints"
    elif finding.ending in (Ending.PROVEN, Ending.GAP_LIMIT):
        said = f"{solver} says that {float(objective)!r} is the optimum"
    else:
        return None
    return Look(solver, False, said, correction=Correction(point, solver, said), contradicts=True)


def name_point(question: Question, finding: Finding) -> Solution | None:
    """The values of a finding by name, integers rounded; None where they are no numbers."""
    assert finding.values is not None
    values = np.asarray(finding.values, dtype=np.float64)
    if len(values) != question.given.columns or not np.isfinite(values).all():
        return None
    values = np.where(question.given.integer, np.round(values), values) + 0.0
    return dict(zip(question.given.column_names, values.tolist(), strict=True))
