"""The OptimizationJob: an optimization model or program, solved once, with an honest answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.common import (
    ApiModel,
    Condition,
    DecimalText,
    Duration,
    EnvVar,
    LocalReference,
    Name,
    NonNegativeDecimal,
    OptionValue,
    Resources,
    Rule,
    ShortName,
    Source,
    Timestamp,
    Toleration,
    list_map,
)
from argmin.api.files import OUTPUTS_APART, Input, Output
from argmin.api.outcome import Metric, Outcome, OutputFile, Sense

MOST_SECONDS = 2**31 - 1
"""What Kubernetes itself takes for the seconds of a Job."""

KIND = "OptimizationJob"
PLURAL = "optimizationjobs"
SHORT_NAME = "opt"


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
    ModelFormat.NL: (SolverName.IPOPT,),
    ModelFormat.PYTHON: tuple(SolverName),
}
"""Which solvers take which format; for `python` the runner looks at the model it was given."""


def _format_rule(model_format: ModelFormat) -> Rule:
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
    )

    format: ModelFormat = Field(description="How the model is written.")
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)] | None = (
        Field(
            default=None,
            description="python only: the function that returns the model; `build` if left out.",
        )
    )
    source: Source


class MetricPattern(ApiModel):
    """A pattern that finds a number in the program's output; the last match counts.

    The names `objective`, `bestBound`, `solutions` and `outcome` fill the status fields of those
    names; others are kept in `status.metrics`.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=63)]
    regex: Annotated[str, Field(min_length=1, max_length=512)] = Field(
        description="Regular expression (Python's re) whose first group is the value."
    )


class Script(ApiModel):
    """A program of the user's own, run as SageMaker's script mode runs it."""

    source: Source
    command: Annotated[
        tuple[Annotated[str, Field(max_length=1024)], ...], Field(min_length=1, max_length=16)
    ] = Field(default=("python",), description="What runs the file: `command… FILE args…`.")
    args: Annotated[tuple[Annotated[str, Field(max_length=4096)], ...], Field(max_length=128)] = ()
    metrics: Annotated[tuple[MetricPattern, ...], Field(max_length=32)] = ()


class Solver(ApiModel):
    """Which solver, and its own options."""

    name: SolverName | None = Field(
        default=None, description="Left out: chosen by the model's format or type."
    )
    options: dict[str, OptionValue] = Field(
        default_factory=dict,
        json_schema_extra={"maxProperties": 64},
        description="The solver's own options by its own names; unknown ones are refused.",
    )


class Limits(ApiModel):
    """When to stop the search with the best solution found."""

    time: Duration | None = Field(default=None, description="Time of the search, such as 10m.")
    relative_gap: NonNegativeDecimal | None = Field(
        default=None, description="Stop at |objective - bound| / |objective| at or below this."
    )
    absolute_gap: NonNegativeDecimal | None = Field(
        default=None, description="Stop at |objective - bound| at or below this."
    )
    solutions: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Stop after this many improving solutions."
    )


class SolutionPool(ApiModel):
    """More than one solution (CP-SAT)."""

    enumerate_all: bool = Field(default=False, description="Find every solution of the model.")
    size: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="How many solutions to keep in the result; all where left out."
    )


class OptimizationJobSpec(ApiModel):
    """What to solve, how, and with what."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.script) != has(self.model)",
            message="a job has exactly one of spec.model (argmin solves it) and spec.script"
            " (your own program): write one of them",
            holds=lambda s: (s.script is None) != (s.model is None),
        ),
        *(_format_rule(f) for f in ModelFormat if f is not ModelFormat.PYTHON),
        Rule(
            cel="!(has(self.script) && has(self.solver))",
            message="spec.solver is for spec.model: a script chooses its solver itself",
            holds=lambda s: s.script is None or s.solver == Solver(),
        ),
        Rule(
            cel="!(has(self.script) && has(self.solutionPool))",
            message="spec.solutionPool is for spec.model: a script keeps its solutions itself",
            holds=lambda s: s.script is None or s.solution_pool is None,
        ),
        Rule(
            cel="!(has(self.model) && has(self.solver) && has(self.solver.name)"
            " && self.solver.name != 'cp-sat' && has(self.solutionPool))",
            message="spec.solutionPool needs spec.solver.name: cp-sat",
            holds=lambda s: s.solution_pool is None or s.solver.name in (None, SolverName.CP_SAT),
        ),
        OUTPUTS_APART,
    )

    model: Model | None = None
    script: Script | None = None
    solver: Solver = Field(default_factory=Solver)
    limits: Limits = Field(default_factory=Limits)
    threads: Annotated[int, Field(ge=1, le=512)] | None = Field(
        default=None, description="Threads of the solver; the CPU limit where left out."
    )
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = Field(
        default=None, description="Random seed of the solver, recorded in the answer."
    )
    solution_pool: SolutionPool | None = None
    inputs: Annotated[tuple[Input, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    outputs: Annotated[tuple[Output, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    image: Annotated[str, Field(min_length=1, max_length=512)] | None = Field(
        default=None,
        description="Image of the run; argmin's solver image where left out."
        " An image of your own is built from it.",
    )
    image_pull_secrets: Annotated[tuple[LocalReference, ...], Field(max_length=8)] = ()
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64)] = ()
    resources: Resources = Field(default_factory=Resources)
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, json_schema_extra={"maxProperties": 32}
    )
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    priority_class_name: Name | None = None
    suspend: bool = Field(default=False, description="Hold the job; a running solve is stopped.")
    active_deadline_seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] | None = Field(
        default=None,
        description="Total running time allowed, over all attempts; it survives suspension.",
    )
    backoff_limit: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="How often a failed run is tried again. Node loss does not count."
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=MOST_SECONDS)] | None = Field(
        default=None, description="Delete the object this long after it finished."
    )


class RunStatus(ApiModel):
    """One attempt."""

    name: Name = Field(description="Name of the pod.")
    node: Annotated[str, Field(max_length=253)] | None = None
    phase: Annotated[str, Field(max_length=32)] | None = None
    exit_code: int | None = None
    reason: Annotated[str, Field(max_length=128)] | None = None
    message: Annotated[str, Field(max_length=1024)] | None = None
    start_time: Timestamp | None = None
    finish_time: Timestamp | None = None


class SolutionRef(ApiModel):
    """Where the full result is kept: a ConfigMap that the job owns."""

    config_map: Name = Field(description="Name of the ConfigMap, in the same namespace.")
    key: Name = Field(description="Key of the solution (gzip JSON) in its binaryData.")


class State(StrEnum):
    """One word for people and printer columns; never read by the code."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    FAILED = "Failed"
    STALLED = "Stalled"


class OptimizationJobStatus(ApiModel):
    """What is known about the job; the answer is that of the last attempt that had one."""

    observed_generation: int | None = None
    state: State | None = Field(default=None, description="Summary for people.")
    outcome: Outcome | None = None
    sense: Sense | None = None
    objective: DecimalText | None = None
    best_bound: DecimalText | None = None
    gap: DecimalText | None = None
    solver: Annotated[str, Field(max_length=63)] | None = None
    solver_version: Annotated[str, Field(max_length=63)] | None = None
    nodes: int | None = None
    solutions: int | None = None
    solve_seconds: DecimalText | None = None
    seed: int | None = None
    threads: int | None = None
    model_digest: Annotated[str, Field(max_length=80)] | None = None
    result_digest: Annotated[str, Field(max_length=80)] | None = None
    metrics: tuple[Metric, ...] = ()
    job: Name | None = Field(default=None, description="The child Job of the current spec.")
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None
    active_since: Timestamp | None = Field(
        default=None, description="Since when the current period of activity counts."
    )
    active_seconds: int | None = Field(
        default=None, description="Seconds of the periods of activity before that one."
    )
    runs: Annotated[tuple[RunStatus, ...], Field(max_length=128)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    solution_ref: SolutionRef | None = None
    outputs: tuple[OutputFile, ...] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        json_schema_extra=list_map("type"),
    )


class Metadata(ApiModel):
    """The part of `ObjectMeta` that argmin reads."""

    name: Name
    namespace: Name = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None


class OptimizationJob(ApiModel):
    """An optimization model or program as a custom resource: solved once, with an honest answer."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.metadata.name.size() <= 63",
            message="metadata.name is carried as a label of the pods: use at most 63 characters",
            holds=lambda j: len(j.metadata.name) <= 63,
        ),
    )

    api_version: str = "argmin.dev/v1alpha1"
    kind: str = KIND
    metadata: Metadata
    spec: OptimizationJobSpec
    status: OptimizationJobStatus = Field(default_factory=OptimizationJobStatus)


__all__ = [
    "FORMAT_SOLVERS",
    "KIND",
    "PLURAL",
    "SHORT_NAME",
    "Limits",
    "Metadata",
    "MetricPattern",
    "Model",
    "ModelFormat",
    "OptimizationJob",
    "OptimizationJobSpec",
    "OptimizationJobStatus",
    "RunStatus",
    "Script",
    "ShortName",
    "SolutionPool",
    "SolutionRef",
    "Solver",
    "SolverName",
    "State",
]
