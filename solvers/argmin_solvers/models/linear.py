"""The checked representation of a linear or mixed-integer linear model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from argmin.api.answer import Reason, Sense
from argmin_solvers.errors import RunError
from argmin_solvers.numerics import PROOF_TOLERANCE, exact_sum, objective_unit

FARTHEST = 1e9
"""How far a variable without end is thought to move at most."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Flags = NDArray[np.bool_]

INFINITE = 1e20
"""Bounds of at least this size mean: no bound. The convention of HiGHS and SCIP."""


@dataclass(frozen=True)
class LinearModel:
    """minimise or maximise cost·x + offset, row_lower <= A x <= row_upper, lower <= x <= upper.

    `start` (columns + 1), `index` and `value` (nonzeros) hold A by columns. Vectors over columns:
    `cost`, `lower`, `upper`, `integer`, `column_names`; over rows: `row_lower`, `row_upper`,
    `row_names`.
    """

    DESCRIPTION: ClassVar[str] = "linear model"

    origin: str  # what messages call the model: its file or function
    sense: Sense
    offset: float
    cost: Floats
    lower: Floats
    upper: Floats
    integer: Flags
    column_names: Sequence[str]
    row_lower: Floats
    row_upper: Floats
    row_names: Sequence[str]
    start: Integers
    index: Integers
    value: Floats

    @property
    def columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """Number of constraints."""
        return len(self.row_lower)

    @property
    def integers(self) -> int:
        """Number of integer variables."""
        return int(self.integer.sum())

    @property
    def maximizes(self) -> bool:
        """Whether larger objectives are better."""
        return self.sense is Sense.MAXIMIZE

    def summary(self) -> str:
        """One line for the log."""
        return (
            f"{self.sense.lower()}: {self.rows} rows, {self.columns} columns"
            f" ({self.integers} integers), {len(self.value)} nonzeros"
        )

    def objective_at(self, values: Floats) -> float:
        """The objective at a point (one value a column), in decimal arithmetic."""
        support = np.flatnonzero((values != 0) & (self.cost != 0))
        return exact_sum(
            zip(self.cost[support].tolist(), values[support].tolist(), strict=True), self.offset
        )

    @property
    def largest_cost(self) -> float:
        """The largest coefficient, without its sign, of a variable that is not fixed."""
        return float(np.abs(self.cost[self.lower < self.upper]).max(initial=0.0))

    @property
    def smallest_cost(self) -> float:
        """The smallest coefficient, without its sign, that matters; infinite where none does.

        One matters where its variable can move the objective by more than a proof leaves open.
        """
        costs, reach = np.abs(self.cost), np.minimum(self.upper - self.lower, FARTHEST)
        return float(costs[costs * reach > PROOF_TOLERANCE].min(initial=np.inf))

    def unit_at(self, values: Floats) -> float:
        """What counts as 1 beside the objective at a point: less than that where it is small.

        Each variable that is neither fixed nor zero has a term, of its coefficient at least.
        """
        counts = (self.lower < self.upper) & (values != 0)
        terms = np.abs(self.cost[counts]) * np.maximum(1.0, np.abs(values[counts]))
        return objective_unit(float(terms.max(initial=0.0)) or self.largest_cost)

    def without_objective(self) -> LinearModel:
        """The same constraints, nothing to minimise: is there any solution at all?"""
        return replace(self, sense=Sense.MINIMIZE, cost=np.zeros(self.columns), offset=0.0)

    def with_row(self, name: str, coefficients: Floats, upper: float) -> LinearModel:
        """The same model with one more constraint: coefficients · x <= upper."""
        entries = np.flatnonzero(coefficients)
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        order = np.argsort(np.concatenate([column, entries]), kind="stable")
        counts = np.diff(self.start) + (coefficients != 0)
        return replace(
            self,
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, upper),
            row_names=[*self.row_names, name],
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            index=np.append(self.index, np.full(len(entries), self.rows))[order].astype(np.int32),
            value=np.append(self.value, coefficients[entries])[order],
        )

    def plain(self) -> LinearModel:
        """The same model in the form every solver reads alike: minimising, without a constant.

        A maximisation's objective is negated. A constant becomes the cost of one more variable,
        the last, which is fixed at 1: so relative gaps are those of the whole objective.
        """
        direction = -1.0 if self.maximizes else 1.0
        plain = replace(self, sense=Sense.MINIMIZE, cost=direction * self.cost, offset=0.0)
        if self.offset == 0:
            return plain
        return replace(
            plain,
            cost=np.append(plain.cost, direction * self.offset),
            lower=np.append(self.lower, 1.0),
            upper=np.append(self.upper, 1.0),
            integer=np.append(self.integer, False),
            column_names=[*self.column_names, "constant"],
            start=np.append(self.start, self.start[-1]),
        )


def build_linear(  # noqa: PLR0913 - the parts of a linear model, by keyword
    *,
    origin: str,
    sense: Sense,
    offset: float,
    cost: Any,
    bounds: tuple[Any, Any],
    integer: Any,
    column_names: Sequence[str],
    row_bounds: tuple[Any, Any],
    row_names: Sequence[str],
    matrix: tuple[Any, Any, Any],
) -> LinearModel:
    """Bring arrays or lists into a checked `LinearModel`; `matrix` is (start, index, value).

    Raises:
        RunError: InvalidModel, for NaN, infinite coefficients and impossible bounds.
    """
    start, index, value = matrix
    model = LinearModel(
        origin=origin,
        sense=sense,
        offset=float(offset),
        cost=_floats(cost),
        lower=_floats(bounds[0]),
        upper=_floats(bounds[1]),
        integer=np.asarray(integer, dtype=np.bool_),
        column_names=column_names,
        row_lower=_floats(row_bounds[0]),
        row_upper=_floats(row_bounds[1]),
        row_names=row_names,
        start=np.asarray(start, dtype=np.int32),
        index=np.asarray(index, dtype=np.int32),
        value=_floats(value),
    )
    _check(model)
    for side in (model.lower, model.upper, model.row_lower, model.row_upper):
        side[side >= INFINITE] = np.inf
        side[side <= -INFINITE] = -np.inf
    return model


def _floats(values: Any) -> Floats:
    return np.array(values, dtype=np.float64)


def _check(model: LinearModel) -> None:
    if not np.isfinite(model.offset):
        raise _invalid(model, f"the objective's constant is {model.offset}")
    _check_finite(model, model.cost, model.column_names, "the objective coefficient of {name}")
    if not np.isfinite(model.value).all():
        at = int(np.flatnonzero(~np.isfinite(model.value))[0])
        column = int(np.searchsorted(model.start, at, side="right")) - 1
        row, name = model.row_names[model.index[at]], model.column_names[column]
        raise _invalid(model, f"the coefficient of {name} in {row} is {model.value[at]}")
    _check_bounds(model, model.lower, model.upper, model.column_names, "variable")
    _check_bounds(model, model.row_lower, model.row_upper, model.row_names, "constraint")


def _check_finite(model: LinearModel, values: Floats, names: Sequence[str], what: str) -> None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise _invalid(model, f"{what.format(name=names[wrong[0]])} is {values[wrong[0]]}")


def _check_bounds(
    model: LinearModel, lower: Floats, upper: Floats, names: Sequence[str], what: str
) -> None:
    # Written so that NaN fails too: every comparison with NaN is false.
    wrong = np.flatnonzero(~((lower < INFINITE) & (upper > -INFINITE)))
    if len(wrong):
        at = wrong[0]
        sides = f"lower bound {lower[at]} and upper bound {upper[at]}"
        why = ", as those of 1e20 and more are infinite"
        raise _invalid(model, f"{what} {names[at]} has {sides}: no number is between them{why}")


def find_crossing(model: LinearModel) -> str | None:
    """The first variable or constraint between whose sides there is no number, in words.

    Such a model is infeasible, which is an answer; solvers call it an error.
    """
    for what, names, lower, upper in (
        ("variable", model.column_names, model.lower, model.upper),
        ("constraint", model.row_names, model.row_lower, model.row_upper),
    ):
        for at in np.flatnonzero(lower > upper)[:1].tolist():
            sides = f"lower bound {lower[at]} above its upper bound {upper[at]}"
            return f"{what} {names[at]} has its {sides}"
    return None


def _invalid(model: LinearModel, what: str) -> RunError:
    return RunError(Reason.INVALID_MODEL, f"{model.origin}: {what}")


def unique_names(names: Iterable[str], origin: str, what: str) -> list[str]:
    """The names as a list.

    Raises:
        RunError: InvalidModel, where two are equal: their values could not be told apart.
    """
    listed = list(names)
    if len(set(listed)) < len(listed):
        seen: set[str] = set()
        twice = next(name for name in listed if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise RunError(
            Reason.INVALID_MODEL, f"{origin}: two {what} are named {twice}: give each its own name"
        )
    return listed
