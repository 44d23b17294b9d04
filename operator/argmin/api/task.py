"""What a run does: a union of tasks by `kind`, to which each new sort of work adds a class."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from argmin.api.base import ApiModel
from argmin.api.scalars import OptionValue
from argmin.api.solve.proof import ProofRequest
from argmin.api.solve.request import Limits, MetricPattern, SolutionPool
from argmin.api.solve.solvers import ModelFormat, SolverName


class SolveTask(ApiModel):
    """Solve a model."""

    FIELD: ClassVar[str] = "spec.model"
    """The field of a spec that the source comes from, for messages."""

    kind: Literal["solve"] = "solve"
    format: ModelFormat
    path: str = Field(description="Absolute path of the model file, as the runner sees it.")
    function: str = "build"
    solver: SolverName | None = None
    options: dict[str, OptionValue] = Field(default_factory=dict)
    limits: Limits = Field(default_factory=Limits)
    solution_pool: SolutionPool | None = None
    proof: ProofRequest | None = None


class ProgramTask(ApiModel):
    """Run a program of the user's own."""

    FIELD: ClassVar[str] = "spec.script"
    """The field of a spec that the source comes from, for messages."""

    kind: Literal["program"] = "program"
    path: str = Field(description="Absolute path of the program, as the runner sees it.")
    command: tuple[str, ...] = ("python",)
    args: tuple[str, ...] = ()
    metrics: tuple[MetricPattern, ...] = ()
    limits: Limits = Field(
        default_factory=Limits, description="Of these, `time` holds for a program."
    )


Task = Annotated[SolveTask | ProgramTask, Field(discriminator="kind")]
