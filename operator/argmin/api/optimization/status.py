"""The status of an OptimizationJob."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from argmin.api.answer import (
    METRICS_LIMIT,
    OUTPUTS_LIMIT,
    Metric,
    Outcome,
    OutputFile,
    Sense,
    Verification,
)
from argmin.api.backend import AttemptStatus, BackendFields
from argmin.api.base import ApiModel, list_map
from argmin.api.meta import Condition
from argmin.api.progress import SearchProgress
from argmin.api.scalars import DecimalText, Name, Timestamp
from argmin.api.solve.proof import Proof
from argmin.api.storage import StoredResult


class SolutionRef(ApiModel):
    """Where the full result is kept: a ConfigMap that the job owns, or a folder of a store."""

    config_map: Name | None = Field(
        default=None,
        description="Name of the ConfigMap that has the result, in the same namespace.",
    )
    key: Name | None = Field(
        default=None, description="Key of the solution (gzip JSON) in its binaryData."
    )
    s3: StoredResult | None = Field(
        default=None, description="Folder of a bucket that has the result, in place of a ConfigMap."
    )


class State(StrEnum):
    """One word for people and printer columns; never read by the code."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    FAILED = "Failed"
    STALLED = "Stalled"


OLDER_NAMES = {"runs": "attempts", "job": "runName"}
"""What fields of a status were called before: read as what they are now.

No rule writes them; the report of an engine error leaves what it finds.
"""


def rename_older(status: Any) -> Any:
    """A status as it was written, with its fields under their names of today."""
    if not isinstance(status, dict) or not OLDER_NAMES.keys() & status.keys():
        return status
    renamed = {OLDER_NAMES[name]: status[name] for name in OLDER_NAMES if name in status}
    kept = {name: value for name, value in status.items() if name not in OLDER_NAMES}
    return renamed | kept


def _keep_older(schema: dict[str, Any]) -> None:
    """The API server drops what its schema does not name, also as it reads what it has stored."""
    for older, name in OLDER_NAMES.items():
        description = f"Older name of {name}: read, and never written."
        schema["properties"][older] = {**schema["properties"][name], "description": description}


class OptimizationJobStatus(BackendFields):
    """What is known about the job; the answer is that of the last attempt that had one."""

    model_config = ConfigDict(json_schema_extra=_keep_older)

    observed_generation: int | None = Field(
        default=None, description="metadata.generation that this status is about."
    )
    state: State | None = Field(
        default=None,
        description="Summary of the conditions for people; scripts read the conditions.",
    )
    outcome: Outcome | None = Field(
        default=None,
        description="What is known about the model: Optimal is proven, Feasible is a solution"
        " without that proof, Unknown is neither a solution nor a proof. Infeasible and Unbounded"
        " are answers, Error is none.",
    )
    sense: Sense | None = Field(default=None, description="Direction of the objective.")
    objective: DecimalText | None = Field(
        default=None,
        description="Objective of the best solution found; absent where there is none.",
    )
    best_bound: DecimalText | None = Field(
        default=None,
        description="Best known bound on the objective; absent where there is none. The one that is"
        " proven is proof.bound.",
    )
    gap: DecimalText | None = Field(
        default=None,
        description="Relative gap, |objective - bestBound| / |objective|, as a fraction; absent"
        " without a bound.",
    )
    solver: Annotated[str, Field(max_length=63)] | None = Field(
        default=None, description="Solver that ran the search; absent for a script."
    )
    solver_version: Annotated[str, Field(max_length=63)] | None = Field(
        default=None, description="Version of that solver."
    )
    nodes: int | None = Field(
        default=None,
        description="Nodes of branch and bound (CP-SAT: branches); absent where the solver counts"
        " none.",
    )
    solutions: int | None = Field(
        default=None,
        description="Number of improving solutions found; with solutionPool.enumerateAll, of all"
        " solutions.",
    )
    solve_seconds: DecimalText | None = Field(
        default=None, description="Wall-clock time of the search or program, in seconds."
    )
    seed: int | None = Field(
        default=None,
        description="Random seed that the solver used; absent where it has none or its default has"
        " no number.",
    )
    threads: int | None = Field(default=None, description="Number of threads that the solver used.")
    model_digest: Annotated[str, Field(max_length=80)] | None = Field(
        default=None, description="SHA-256 of the source file, as sha256:HEX."
    )
    result_digest: Annotated[str, Field(max_length=80)] | None = Field(
        default=None,
        description="SHA-256 over outcome, objective, metrics and variables; equal for equal"
        " answers wherever they were computed.",
    )
    # Limits of the schema alone: a status that an older argmin wrote is read with all it has.
    metrics: tuple[Metric, ...] = Field(
        default=(),
        json_schema_extra={"maxItems": METRICS_LIMIT},
        description="Numbers that a script reported; the first ones where there are many. The"
        " result has all of them.",
    )
    run_name: Name | None = Field(
        default=None,
        description="Name of the run of the current spec, and of its Job in the cluster.",
    )
    start_time: Timestamp | None = Field(
        default=None, description="When the first attempt started; UTC."
    )
    completion_time: Timestamp | None = Field(
        default=None, description="When the job completed or failed; UTC."
    )
    active_since: Timestamp | None = Field(
        default=None,
        description="Start of the period of running time that counts now; absent while the job is"
        " suspended, waits in a queue, or is over.",
    )
    active_seconds: int | None = Field(
        default=None,
        description="Running time used before activeSince, in seconds."
        " spec.activeDeadlineSeconds limits the sum of this and the time since activeSince.",
    )
    attempts: Annotated[tuple[AttemptStatus, ...], Field(max_length=128)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
        description="Attempts of the current run, oldest first, also after their pods are gone; at"
        " most 128 are kept.",
    )
    solution_ref: SolutionRef | None = Field(
        default=None,
        description="Where the result is kept; absent as long as none was delivered.",
    )
    verification: Verification | None = Field(
        default=None,
        description="Result of the check of the answer against the model, apart from the solver.",
    )
    proof: Proof | None = Field(
        default=None, description="How well the answer is proven; absent without an answer."
    )
    progress: SearchProgress | None = Field(
        default=None,
        description="Last report of the running search; absent when it has ended.",
    )
    outputs: tuple[OutputFile, ...] = Field(
        default=(),
        json_schema_extra={**list_map("name"), "maxItems": OUTPUTS_LIMIT},
        description="Outputs that were kept, by their names in spec.outputs.",
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        json_schema_extra=list_map("type"),
        description="Conditions of the job: Complete, Failed, Suspended, Reconciling and Stalled,"
        " and Verified at the end. Complete or Failed is True once the job has ended.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, status: Any) -> Any:
        return rename_older(status)
