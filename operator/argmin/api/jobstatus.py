"""The status of an OptimizationJob."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.common import ApiModel, Condition, DecimalText, Name, Timestamp, list_map
from argmin.api.outcome import (
    METRICS_LIMIT,
    OUTPUTS_LIMIT,
    Metric,
    Outcome,
    OutputFile,
    Sense,
    Verification,
)
from argmin.api.progress import Progress
from argmin.api.storage import StoredResult


class RunStatus(ApiModel):
    """One attempt."""

    name: Name = Field(description="Name of the pod, or of the SageMaker job.")
    node: Annotated[str, Field(max_length=253)] | None = None
    phase: Annotated[str, Field(max_length=32)] | None = None
    exit_code: int | None = None
    reason: Annotated[str, Field(max_length=128)] | None = None
    message: Annotated[str, Field(max_length=1024)] | None = None
    start_time: Timestamp | None = None
    finish_time: Timestamp | None = None


class SolutionRef(ApiModel):
    """Where the full result is kept: a ConfigMap that the job owns, or a folder of a store."""

    config_map: Name | None = Field(
        default=None, description="Name of the ConfigMap, in the same namespace."
    )
    key: Name | None = Field(
        default=None, description="Key of the solution (gzip JSON) in its binaryData."
    )
    s3: StoredResult | None = None


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
    # Limits of the schema alone: a status that an older argmin wrote is read with all it has.
    metrics: tuple[Metric, ...] = Field(default=(), json_schema_extra={"maxItems": METRICS_LIMIT})
    job: Name | None = Field(default=None, description="The child Job of the current spec.")
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None
    active_since: Timestamp | None = Field(
        default=None,
        description="Since when running time counts now; absent while the job is suspended, waits"
        " in a queue, or is over.",
    )
    active_seconds: int | None = Field(
        default=None,
        description="Running time used before activeSince, in seconds."
        " spec.activeDeadlineSeconds limits the sum of this and the time since activeSince.",
    )
    runs: Annotated[tuple[RunStatus, ...], Field(max_length=128)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    solution_ref: SolutionRef | None = None
    verification: Verification | None = None
    progress: Progress | None = Field(
        default=None, description="Where the search stands; while it runs."
    )
    backend: BackendName | None = Field(default=None, description="Where the run is executed.")
    sage_maker: SageMakerStatus | None = None
    outputs: tuple[OutputFile, ...] = Field(
        default=(),
        json_schema_extra={**list_map("name"), "maxItems": OUTPUTS_LIMIT},
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        json_schema_extra=list_map("type"),
    )
