"""Linear programs in doubles whose vertices exact certificates are computed from.

In the form A x + L z = 0 each row has logical variables z of its own: its activity, whose bounds
are the sides of the row, and where violations are allowed, one up and one down. What is basic at a
vertex then determines multipliers and point in exact numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argmin_solvers.adapters.base import Basis
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.linear import LinearModel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Logicals:
    """Variables that stand in one row each: the row, a coefficient of 1 or -1, cost and bounds."""

    row: NDArray[np.int64]
    coefficient: Floats
    cost: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Vertex:
    """Where the simplex method ended: one entry a column, structural ones first.

    `idle` are rows whose equation is itself basic: it holds without determining anything.
    """

    basic: Flags
    idle: Flags
    values: Floats = field(default_factory=lambda: np.zeros(0))
    objective: float = math.nan
    optimal: bool = False
    statuses: Any = field(repr=False, default=None)  # HiGHS's own, to go on from


@dataclass(frozen=True)
class Program:
    """minimise cost x over bounds and A x + L z = 0.

    `matrix` is A by columns: start, index, value.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    matrix: tuple[NDArray[np.int32], NDArray[np.int32], Floats]
    logicals: Logicals
    rows: int

    @property
    def structural(self) -> int:
        """How many columns are variables of the model."""
        return len(self.cost)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.cost) + len(self.logicals.row)

    def costs(self) -> Floats:
        """The cost of each column."""
        return np.concatenate([self.cost, self.logicals.cost])

    def bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper bound of each column."""
        lower = np.concatenate([self.lower, self.logicals.lower])
        return lower, np.concatenate([self.upper, self.logicals.upper])

    def solve(self, seconds: float, *, costs: Floats | None = None, start: Any = None) -> Vertex:
        """Run the simplex method, from the statuses of an earlier vertex where there are any.

        Without a start HiGHS's presolve is used first. `seconds` of wall-clock time.
        """
        import highspy

        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("solver", "simplex")
        highs.setOptionValue("time_limit", seconds)
        highs.setOptionValue("small_matrix_value", 1e-12)
        highs.setOptionValue("dual_feasibility_tolerance", 1e-9)
        highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
        highs.passModel(self._to_highs(self.costs() if costs is None else costs))
        if start is not None:
            highs.setOptionValue("presolve", "off")
            highs.setBasis(start)
        highs.run()
        return _read(highs)

    def _to_highs(self, costs: Floats) -> Any:
        import highspy

        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = costs
        lp.col_lower_, lp.col_upper_ = self.bounds()
        lp.row_lower_, lp.row_upper_ = np.zeros(self.rows), np.zeros(self.rows)
        start, index, value = self.matrix
        logicals = self.logicals
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        ends = start[-1] + np.arange(1, len(logicals.row) + 1)
        lp.a_matrix_.start_ = np.concatenate([start, ends]).astype(np.int32)
        lp.a_matrix_.index_ = np.concatenate([index, logicals.row]).astype(np.int32)
        lp.a_matrix_.value_ = np.concatenate([value, logicals.coefficient])
        return lp

    def start_from(self, basis: Basis) -> Any:
        """Statuses that a basis of the model's columns and rows stands for."""
        import highspy

        basic = np.concatenate([basis.columns, basis.rows])
        lower, upper = self.bounds()
        kinds = highspy.HighsBasisStatus
        near = np.where(np.isfinite(lower), int(kinds.kLower), int(kinds.kZero))
        near = np.where(~np.isfinite(lower) & np.isfinite(upper), int(kinds.kUpper), near)
        statuses = np.where(basic, int(kinds.kBasic), near[: len(basic)])
        start = highspy.HighsBasis()
        start.col_status = [kinds(int(status)) for status in statuses]
        start.row_status = [kinds.kLower] * self.rows
        start.valid = True
        return start


def build_program(model: ExactLinear) -> Program:
    """The relaxation of a model, minimising; integers may be fractions."""
    linear = model.to_linear()
    return _build(linear, _activities(linear))


def allow_violations(program: Program) -> Program:
    """The program whose rows may be violated, and whose objective is the sum of the violations."""
    rows, ones = np.arange(program.rows), np.ones(program.rows)
    old, endless = program.logicals, np.full(program.rows, np.inf)
    logicals = Logicals(
        row=np.concatenate([old.row, rows, rows]),
        coefficient=np.concatenate([old.coefficient, ones, -ones]),
        cost=np.concatenate([np.zeros(program.rows), ones, ones]),
        lower=np.concatenate([old.lower, 0 * ones, 0 * ones]),
        upper=np.concatenate([old.upper, endless, endless]),
    )
    return replace(program, cost=np.zeros(program.structural), logicals=logicals)


def recession(program: Program) -> Program:
    """The program of directions along which feasible points stay feasible, each within -1 and 1."""
    old = program.logicals
    lower, upper = _directions(old.lower, old.upper, np.inf)
    logicals = replace(old, lower=lower, upper=upper)
    lower, upper = _directions(program.lower, program.upper, 1.0)
    return replace(program, lower=lower, upper=upper, logicals=logicals)


def _directions(lower: Floats, upper: Floats, reach: float) -> tuple[Floats, Floats]:
    return np.where(np.isfinite(lower), 0.0, -reach), np.where(np.isfinite(upper), 0.0, reach)


def _build(linear: LinearModel, logicals: Logicals) -> Program:
    return Program(
        cost=-linear.cost if linear.maximizes else linear.cost,
        lower=linear.lower,
        upper=linear.upper,
        matrix=(linear.start, linear.index, linear.value),
        logicals=logicals,
        rows=linear.rows,
    )


def _activities(linear: LinearModel) -> Logicals:
    rows = linear.rows
    lower, upper = linear.row_lower, linear.row_upper
    return Logicals(np.arange(rows), -np.ones(rows), np.zeros(rows), lower, upper)


def _read(highs: Any) -> Vertex:
    import highspy

    basis, kinds = highs.getBasis(), highspy.HighsBasisStatus
    return Vertex(
        optimal=highs.getModelStatus() == highspy.HighsModelStatus.kOptimal and basis.valid,
        objective=highs.getInfo().objective_function_value,
        basic=np.array([status == kinds.kBasic for status in basis.col_status], dtype=np.bool_),
        idle=np.array([status == kinds.kBasic for status in basis.row_status], dtype=np.bool_),
        values=np.array(highs.getSolution().col_value),
        statuses=basis,
    )
