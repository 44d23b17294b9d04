"""What is asked of a search, from the spec to the solver: limits, options, a pool of solutions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from argmin.api.base import ApiModel
from argmin.api.scalars import Duration, NonNegativeDecimal, OptionValue
from argmin.api.solve.solvers import SolverName


class Solver(ApiModel):
    """Which solver, and its own options."""

    name: SolverName | None = Field(
        default=None,
        description="Name of the solver. If left out: highs for linear models, ipopt for nonlinear"
        " ones, cp-sat for its own.",
    )
    options: dict[str, OptionValue] = Field(
        default_factory=dict,
        json_schema_extra={"maxProperties": 64},
        description="Options of the solver, by its own names. Unknown ones, and those that change"
        " the question, fail the job with UnknownOption.",
    )


class Limits(ApiModel):
    """When to stop the search with the best solution found."""

    time: Duration | None = Field(
        default=None,
        description="Wall-clock time of the search in one attempt, with its unit, such as 10m; no"
        " limit if left out.",
    )
    relative_gap: NonNegativeDecimal | None = Field(
        default=None,
        description="Stop once |objective - bound| / |objective| is at most this fraction, such as"
        " 0.01 in quotes; 0 if left out: search until proven optimal.",
    )
    absolute_gap: NonNegativeDecimal | None = Field(
        default=None,
        description="Stop once |objective - bound| is at most this, in units of the objective; 0 if"
        " left out.",
    )
    solutions: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Stop after this many improving solutions; no limit if left out."
    )


class SolutionPool(ApiModel):
    """More than one solution (CP-SAT)."""

    enumerate_all: bool = Field(
        default=False,
        description="Whether to find every solution of the model, in place of a best one.",
    )
    size: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Number of solutions that the result keeps; those beyond are only counted. If"
        " left out at most 100000, and at most 5 million values together.",
    )


class MetricPattern(ApiModel):
    """A pattern that finds a number in the program's output; the last match counts.

    The names `objective`, `bestBound`, `solutions` and `outcome` fill the status fields of those
    names; others are kept in `status.metrics`.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=63)] = Field(
        description="Name of the metric. objective, bestBound, outcome, sense and solutions fill"
        " the status fields of these names; others are kept in status.metrics."
    )
    regex: Annotated[str, Field(min_length=1, max_length=512)] = Field(
        description="Regular expression of Python's re whose first group is the value; the last"
        " match in the output counts."
    )
