"""What is solved, and how: a model with its solver, or a program."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.solve.request import MetricPattern
from argmin.api.solve.solvers import (
    CAPABILITIES,
    FORMAT_SOLVERS,
    Limit,
    ModelFormat,
    SolverName,
    list_keepers,
)
from argmin.api.sources import Source


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


def limit_rule(limit: Limit) -> Rule:
    """A rule of the spec: which solvers stop at a limit."""
    keepers = list_keepers(limit)
    field = {Limit.RELATIVE_GAP: "relative_gap", Limit.ABSOLUTE_GAP: "absolute_gap"}.get(
        limit, str(limit)
    )
    return Rule(
        cel="!(has(self.solver) && has(self.solver.name) && has(self.limits)"
        f" && has(self.limits.{limit})) || self.solver.name in {keepers}",
        message=f"spec.limits.{limit} is kept by {', '.join(keepers)}: choose one of these as"
        f" spec.solver.name, or remove spec.limits.{limit}",
        holds=lambda s: (
            s.solver.name is None or getattr(s.limits, field) is None or s.solver.name in keepers
        ),
    )


LIMIT_RULES = tuple(
    limit_rule(limit) for limit in Limit if len(list_keepers(limit)) < len(SolverName)
)
"""Limits that not every solver keeps."""

_POOL_SOLVERS = [str(name) for name in SolverName if CAPABILITIES[name].pool]
_POOL_FORMATS = [str(ModelFormat.CP_SAT), str(ModelFormat.PYTHON)]

POOL_RULES = (
    Rule(
        cel="!(has(self.model) && has(self.solver) && has(self.solver.name)"
        f" && !(self.solver.name in {_POOL_SOLVERS}) && has(self.solutionPool))",
        message=f"spec.solutionPool needs spec.solver.name: {' or '.join(_POOL_SOLVERS)}",
        holds=lambda s: (
            s.solution_pool is None or s.solver.name is None or s.solver.name in _POOL_SOLVERS
        ),
    ),
    Rule(
        cel="!(has(self.model) && has(self.solutionPool)) || (has(self.solver)"
        f" && has(self.solver.name)) || self.model.format in {_POOL_FORMATS}",
        message="spec.solutionPool needs a model that cp-sat solves: format"
        f" {' or '.join(_POOL_FORMATS)}; remove it, or write the model for OR-Tools' CP-SAT",
        holds=lambda s: (
            not (s.model and s.solution_pool)
            or s.solver.name is not None
            or s.model.format in _POOL_FORMATS
        ),
    ),
)
"""More than one solution is kept only by solvers that have a pool."""

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


class Script(ApiModel):
    """A program of the user's own, run by its command line."""

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
