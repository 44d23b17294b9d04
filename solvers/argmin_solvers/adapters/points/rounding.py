"""Integers that are whole only within a solver's tolerance, made whole without breaking a row.

A binary of 5e-7 is 0 to a solver, and lets a big coefficient of 1e7 pass 5 units. Rounded, the
answer is none. So the integers are fixed at their rounded values and the rest is solved again;
where that costs something, the search is split at the variable that is the cause, as in branch and
bound, until every integer is one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np

from argmin_solvers.adapters.base import Ending, Finding, Floats, LinearSolver, Settings
from argmin_solvers.adapters.points.feasibility import is_solution, violations_of_rows
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.numerics import INTEGRALITY_TOLERANCE, PROOF_TOLERANCE
from argmin_solvers.process.log_capture import log

_MOST_SEARCHES = 30
"""After the first one; a model whose integers all trickle is not to be solved for ever."""
_LAST_SECONDS = 5.0
"""For the one search that follows a request to stop, or the time limit."""
_WHOLE = 1e-11
"""What is nearer to an integer was rounded by arithmetic, not by a tolerance."""
_LIMITS = (Ending.INTERRUPTED, Ending.TIME_LIMIT, Ending.SOLUTION_LIMIT, Ending.STOPPED)


def find_no_integer(model: LinearModel) -> str | None:
    """The first integer variable between whose bounds there is no integer, in words."""
    lower, upper = model.lower - INTEGRALITY_TOLERANCE, model.upper + INTEGRALITY_TOLERANCE
    for at in np.flatnonzero(model.integer & (np.ceil(lower) > np.floor(upper)))[:1].tolist():
        sides = f"its bounds {model.lower[at]} and {model.upper[at]}"
        return f"variable {model.column_names[at]} is integer, and no integer is between {sides}"
    return None


def find_indivisible(model: LinearModel) -> str | None:
    """The first equation of integers that no integers hold, in words.

    Branch and bound never ends on one whose variables have no bounds.
    """
    largest = 2.0**53
    side, columns = model.row_lower, np.repeat(np.arange(model.columns), np.diff(model.start))
    whole = (side == model.row_upper) & (np.abs(side) < largest) & (np.rint(side) == side)
    fit = model.integer[columns] & (np.rint(model.value) == model.value)
    whole[model.index[~(fit & (np.abs(model.value) < largest))]] = False
    used = whole[model.index]
    divisors = np.zeros(model.rows, dtype=np.int64)
    np.gcd.at(divisors, model.index[used], model.value[used].astype(np.int64))
    for at in np.flatnonzero(whole & (divisors > 1)).tolist():
        if int(side[at]) % int(divisors[at]):
            what = f"{divisors[at]}, which divides its coefficients, does not divide {side[at]:g}"
            return f"constraint {model.row_names[at]} is of integers, and {what}"
    return None


def settle_integers(
    solver: LinearSolver, model: LinearModel, settings: Settings, stop: Event
) -> Finding:
    """Search, and search again where a solution does not survive that its integers are rounded."""
    began = time.monotonic()
    finding = solver.search(model, settings, stop)
    if not _is_broken(model, finding):
        return finding
    log.info("rounded to integers, the solution breaks a constraint: it is settled")
    ends = None if settings.seconds is None else began + settings.seconds
    return _Settlement(solver, settings, stop, ends).settle(model, finding)


def _is_broken(model: LinearModel, finding: Finding) -> bool:
    """Whether the integers are near integers, and rounded they leave the solution no solution."""
    values = finding.values
    if values is None or not model.integers or not np.isfinite(values).all():
        return False
    if len(values) != model.columns:
        return False
    rounded = _round(model, values)
    if (np.abs(rounded - values) > INTEGRALITY_TOLERANCE).any():
        return False  # wrong, and told so by whoever judges
    return not is_solution(model, rounded)


def _round(model: LinearModel, values: Floats) -> Floats:
    return np.where(model.integer, np.round(values), values)


@dataclass
class _Settlement:
    """The searches by which the integers of one finding are made whole."""

    solver: LinearSolver
    settings: Settings
    stop: Event
    ends: float | None  # on the monotonic clock
    searches: int = field(default=0)

    def settle(self, model: LinearModel, finding: Finding) -> Finding:
        """What the search found, with integers that are integers."""
        fixed = self._fix(model, finding)
        if fixed is not None and self._is_as_good(model, fixed, finding):
            return fixed
        halves = self._split(model, finding)
        return _unite(model, finding, [fixed, *halves] if fixed is not None else halves)

    def _fix(self, model: LinearModel, finding: Finding) -> Finding | None:
        """The best solution with the integers as they are rounded; None where there is none."""
        assert finding.values is not None
        at = np.round(finding.values)
        fixed = replace(
            model,
            lower=np.where(model.integer, at, model.lower),
            upper=np.where(model.integer, at, model.upper),
            integer=np.zeros(model.columns, dtype=np.bool_),
        )
        found = self._search(fixed, at_any_rate=True)
        if found is None or found.values is None or not is_solution(fixed, found.values):
            return None
        return replace(finding, values=_round(model, found.values), claimed=found.claimed)

    def _is_as_good(self, model: LinearModel, fixed: Finding, finding: Finding) -> bool:
        """Whether the solution is as good as the one that was claimed."""
        assert fixed.values is not None
        assert finding.values is not None
        now, before = model.objective_at(fixed.values), model.objective_at(finding.values)
        loss = before - now if model.maximizes else now - before
        return loss <= PROOF_TOLERANCE * max(1.0, abs(before))

    def _split(self, model: LinearModel, finding: Finding) -> list[Finding]:
        """The value of the integer that counts, and what is on both sides of it, each searched."""
        assert finding.values is not None
        at = _find_cause(model, finding.values)
        if at is None:
            return [_leave(finding)]
        value = float(np.round(finding.values[at]))
        sides = ((value, value), (model.lower[at], value - 1.0), (value + 1.0, model.upper[at]))
        parts = [_narrow(model, at, low, high) for low, high in sides if low <= high]
        return [self._explore(part) or _leave(finding) for part in parts]

    def _explore(self, model: LinearModel) -> Finding | None:
        found = self._search(model)
        if found is None or not _is_broken(model, found):
            return found
        return self.settle(model, found)

    def _search(self, model: LinearModel, *, at_any_rate: bool = False) -> Finding | None:
        """Search once more, where searches and time are left, or `at_any_rate` briefly."""
        left = math.inf if self.ends is None else self.ends - time.monotonic()
        is_over = self.stop.is_set() or left <= 0 or self.searches >= _MOST_SEARCHES
        if is_over and not at_any_rate:
            return None
        self.searches += 1
        if is_over:
            return self.solver.search(model, replace(self.settings, seconds=_LAST_SECONDS), Event())
        seconds = None if math.isinf(left) else left
        return self.solver.search(model, replace(self.settings, seconds=seconds), self.stop)


def _find_cause(model: LinearModel, values: Floats) -> int | None:
    """The integer variable that is farthest from an integer.

    Where the solver rounded them all itself: the one with the largest coefficient in the constraint
    that is broken most. Fixed ones are no cause.
    """
    free = model.integer & (model.lower < model.upper)
    distance = np.where(free, np.abs(np.round(values) - values), 0.0)
    if distance.max(initial=0.0) > _WHOLE:
        return int(np.argmax(distance))
    columns = np.repeat(np.arange(model.columns), np.diff(model.start))
    counts = (model.index == _find_broken(model, values)) & free[columns]
    if not counts.any():
        return None
    return int(columns[np.argmax(np.where(counts, np.abs(model.value), 0.0))])


def _find_broken(model: LinearModel, values: Floats) -> int:
    """The row that the rounded values violate most; -1 where there are no rows."""
    worst = violations_of_rows(model, _round(model, values))
    return int(np.argmax(worst)) if len(worst) else -1


def _narrow(model: LinearModel, at: int, low: float, high: float) -> LinearModel:
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[at], upper[at] = low, high
    return replace(model, lower=lower, upper=upper)


def _leave(finding: Finding) -> Finding:
    """What is known of a part that could not be settled: its bound."""
    over = finding.ending if finding.ending in _LIMITS else Ending.STOPPED
    return replace(finding, ending=over, values=None, claimed=None)


def _unite(model: LinearModel, whole: Finding, parts: Sequence[Finding]) -> Finding:
    """What the parts of a search tell of the whole: the best solution, and the weakest bound."""
    best = _find_best(model, parts)
    unsettled = [part for part in parts if part.ending in _LIMITS]
    is_infeasible = all(part.ending is Ending.INFEASIBLE for part in parts)
    ending = unsettled[0].ending if unsettled else whole.ending
    if is_infeasible:
        return Finding(Ending.INFEASIBLE, nodes=whole.nodes)
    return replace(
        whole,
        ending=ending,
        values=None if best is None else best.values,
        claimed=None if best is None else best.claimed,
        bound=_unite_bounds(model, parts, whole),
        solutions=whole.solutions if best is not None else 0,
        note=_describe(model, whole) if unsettled else "",
    )


def _find_best(model: LinearModel, parts: Sequence[Finding]) -> Finding | None:
    solved = [part for part in parts if part.values is not None]
    direction = -1.0 if model.maximizes else 1.0
    return min(
        solved,
        key=lambda part: direction * model.objective_at(_values(model, part)),
        default=None,
    )


def _values(model: LinearModel, part: Finding) -> Floats:
    assert part.values is not None
    return _round(model, part.values)


def _unite_bounds(model: LinearModel, parts: Sequence[Finding], whole: Finding) -> float | None:
    """The weakest bound of the parts; that of a part which is proven is its objective."""
    bounds = []
    for part in parts:
        if part.ending is Ending.INFEASIBLE:
            continue
        bound = part.bound
        if bound is None and part.ending is Ending.PROVEN and part.values is not None:
            bound = model.objective_at(_values(model, part))
        if bound is None:
            return whole.bound
        bounds.append(bound)
    if not bounds:
        return whole.bound
    return max(bounds) if model.maximizes else min(bounds)


def _describe(model: LinearModel, whole: Finding) -> str:
    """Why the integers could not be made whole, for whoever wrote the model."""
    assert whole.values is not None
    row = _find_broken(model, whole.values)
    largest = float(np.abs(model.value[model.index == row]).max(initial=0.0))
    return (
        "rounded to integers, the solver's solution breaks the constraint"
        f" {model.row_names[row]}, whose coefficients go up to {largest:.3g} (a big M): write"
        " smaller ones, so that the solver's tolerances count for less"
    )
