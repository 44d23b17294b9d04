"""What is solved, and how: a model with its solver, or a program."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.scalars import Duration, NonNegativeDecimal, OptionValue
from argmin.api.sources import Source


class SolverName(StrEnum):
    """The solvers argmin brings."""

    CBC = "cbc"
    GLPK = "glpk"
    HIGHS = "highs"
    SCIP = "scip"
    CP_SAT = "cp-sat"
    IPOPT = "ipopt"
    SCIPY = "scipy"


class ModelFormat(StrEnum):
    """How a model is written."""

    MPS = "mps"
    LP = "lp"
    CP_SAT = "cp-sat"
    NL = "nl"
    PYTHON = "python"


_LINEAR = (SolverName.CBC, SolverName.GLPK, SolverName.HIGHS, SolverName.SCIP, SolverName.SCIPY)
FORMAT_SOLVERS: dict[ModelFormat, tuple[SolverName, ...]] = {
    ModelFormat.MPS: _LINEAR,
    ModelFormat.LP: _LINEAR,
    ModelFormat.CP_SAT: (SolverName.CP_SAT,),
    ModelFormat.NL: (*_LINEAR, SolverName.IPOPT),
    ModelFormat.PYTHON: tuple(SolverName),
}
"""Which solvers take which format; for `python` the runner looks at the model it was given."""


def format_rule(model_format: ModelFormat) -> Rule:
    """A rule of the spec: which solvers take a format."""
    solvers = [str(s) for s in FORMAT_SOLVERS[model_format]]
    return Rule(
        cel=f"!(has(self.model) && self.model.format == '{model_format}' && has(self.solver)"
        f" && has(self.solver.name)) || self.solver.name in {solvers}",
        message=f"format {model_format} is solved by {', '.join(solvers)}:"
        " choose one of these as spec.solver.name, or leave it out",
        holds=lambda s: (
            not (s.model and s.model.format is model_format and s.solver.name)
            or s.solver.name in FORMAT_SOLVERS[model_format]
        ),
    )


SOURCE_IS_FILE = Rule(
    cel="!has(self.source.s3) || has(self.source.s3.key)",
    message="source.s3 names one file: write its key",
    holds=lambda m: m.source.s3 is None or m.source.s3.key is not None,
)
"""Of a model and of a script: a folder is an input."""


class Model(ApiModel):
    """A model in a declared format; argmin solves it."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.format == 'python' || !has(self.function)",
            message="function is for format python only: remove it",
            holds=lambda m: m.format is ModelFormat.PYTHON or m.function is None,
        ),
        Rule(
            cel="!has(self.source.persistentVolumeClaim)"
            " || (has(self.source.persistentVolumeClaim.path)"
            " && self.source.persistentVolumeClaim.path.size() > 0)",
            message="source.persistentVolumeClaim.path names the model file inside the volume",
            holds=lambda m: (
                m.source.persistent_volume_claim is None
                or m.source.persistent_volume_claim.path != ""
            ),
        ),
        SOURCE_IS_FILE,
    )

    format: ModelFormat = Field(
        description="Format of the source: mps, lp, cp-sat (protocol buffer), nl (AMPL), or"
        " python, a file with a function that returns the model."
    )
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)] | None = (
        Field(
            default=None,
            description="Name of the function that returns the model, for format python only;"
            " build if left out.",
        )
    )
    source: Source = Field(
        description="Where the model file comes from: exactly one source. The run mounts or fetches"
        " it, never the operator."
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


class Script(ApiModel):
    """A program of the user's own, run as SageMaker's script mode runs it."""

    RULES: ClassVar[tuple[Rule, ...]] = (SOURCE_IS_FILE,)

    source: Source = Field(
        description="Where the program file comes from: exactly one source. The run mounts or"
        " fetches it, never the operator."
    )
    command: Annotated[
        tuple[Annotated[str, Field(max_length=1024)], ...], Field(min_length=1, max_length=16)
    ] = Field(
        default=("python",),
        description="Command that runs the file, before its path: command… FILE args….",
    )
    args: Annotated[tuple[Annotated[str, Field(max_length=4096)], ...], Field(max_length=128)] = (
        Field(default=(), description="Arguments after the path of the file; none if left out.")
    )
    metrics: Annotated[tuple[MetricPattern, ...], Field(max_length=32)] = Field(
        default=(),
        description="Patterns that find numbers in the program's output, for programs that do not"
        " call argmin_solvers.report.",
    )


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
