"""What the tests and the emulator's process say to each other, under `/argmin-emulator/`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CONTROL_PATH = "/argmin-emulator"
ACCOUNT = "123456789012"
REGION = "us-east-1"
ADMINISTRATOR_KEY = "AKIAROOT"
"""And the account's number make the access key that may do everything in an account."""

INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."


class ControlModel(BaseModel):
    """Base: a field that nobody knows is a typing error in a test."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultKind(StrEnum):
    """What goes wrong."""

    THROTTLING = "throttling"
    INTERNAL_ERROR = "internal-error"
    UNAVAILABLE = "unavailable"
    RESET = "reset"
    HANG = "hang"
    EXPIRED_TOKEN = "expired-token"
    ACCESS_DENIED = "access-denied"


class Fault(ControlModel):
    """Something that goes wrong with the calls it matches."""

    kind: FaultKind
    service: str = Field(description="As in the signature: sagemaker, s3, sqs, sts; * for all.")
    operation: str = Field(default="*", description="CreateProcessingJob, say; * for all.")
    when: Literal["before", "after"] = Field(
        default="before", description="after: the call takes effect, and its answer is lost."
    )
    times: int | None = Field(default=None, description="How many calls; None: until cleared.")
    principal: str = Field(
        default="", description="Only calls whose principal's ARN contains this text."
    )
    seconds: float = Field(default=120, description="How long a hang lasts before it is a reset.")
    id: str = ""
    hits: int = 0


class Call(ControlModel):
    """One call that reached the emulator."""

    number: int
    time: datetime
    seconds: float
    service: str
    operation: str
    region: str
    account: str
    access_key: str
    principal: str = Field(description="ARN of the assumed role's session or of the user.")
    resource: str = Field(description="What it is about: a job's name, bucket/key, …; may be ''.")
    status: int = Field(description="HTTP status; 0: the connection was reset.")
    error: str = Field(description="AWS's error code, or ''.")
    fault: str = Field(description="Id of the fault that struck, or ''.")


class Job(ControlModel):
    """A processing job and how it was run."""

    name: str
    arn: str
    account: str
    region: str
    status: str
    runs_in: str = Field(
        description="image: the unpacked image; checkout: this checkout's .venv; simulated; or ''"
        " while nobody knows."
    )
    image: str
    failure_reason: str | None
    exit_message: str | None
    created: datetime
    started: datetime | None
    ended: datetime | None
    tags: dict[str, str]


class Events(ControlModel):
    """How state-change events travel."""

    lost: bool = False
    copies: int = 1
    delay_seconds: float = 0
    shuffled: bool = Field(
        default=False, description="Each waits a random part of the delay: they overtake others."
    )


class JobFailures(ControlModel):
    """Jobs that fail on the platform's side, whatever their container does."""

    times: int = 0
    reason: str = INTERNAL_ERROR


class Simulation(ControlModel):
    """How a job ends that runs no process."""

    seconds: float = 1
    exit_message: str = ""
    exit_code: int = 0
    stops: bool = Field(
        default=True, description="False: told to stop, it is Stopping until this is set."
    )
    log: str = Field(
        default="", description="A line that it logs every second; {n} counts them. '': no log."
    )
    outputs: dict[str, str] = Field(
        default_factory=dict, description="'OUTPUT NAME/relative/path' -> the file's text."
    )


class Settings(ControlModel):
    """What a test may change while the emulator runs."""

    execution: Literal["process", "simulated"] = "process"
    simulation: Simulation = Simulation()
    start_delay_seconds: float = 0
    concurrency: int = Field(default=4, description="Jobs at once; the others wait, InProgress.")
    stop_grace_seconds: float = Field(default=120, description="From SIGTERM to SIGKILL.")
    job_failures: JobFailures = JobFailures()
    quotas: dict[str, int] = Field(
        default_factory=dict,
        description="Quota of SageMaker, such as 'ml.m5.xlarge for processing job usage' -> limit.",
    )
    rates: dict[str, float] = Field(
        default_factory=dict,
        description="'sagemaker:CreateProcessingJob', 'sagemaker:*' (each operation of it) or '*'"
        " -> calls a second; more are throttled.",
    )
    events: Events = Events()
    checkout_images: tuple[str, ...] = Field(
        default=(), description="Further image references that stand for this checkout."
    )
    run_as_image_user: bool = Field(
        default=True, description="As AWS does; False: as root, whatever the image says."
    )
    iam: bool = Field(default=False, description="Whether policies are enforced.")
