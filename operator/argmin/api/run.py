"""The run contract: what the operator tells a runner, the same in a pod and on a laptop.

A runner is started as `python -m argmin_solvers --document PATH`. It writes its `Answer` to the
termination message (`$ARGMIN_TERMINATION_LOG`), its files to `<root>/output/<name>`, and hands
its result to the intake when one is named. Exit codes: `argmin.api.outcome.ExitCode`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from argmin.api.common import ApiModel, DecimalText, OptionValue
from argmin.api.files import Output
from argmin.api.optimizationjob import MetricPattern, ModelFormat, SolutionPool, SolverName

ROOT = "/opt/ml/processing"
"""Where inputs and outputs are in a container, as on SageMaker Processing."""

DOCUMENT_INPUT = "argmin"
"""Name of the input that carries the job document: `<root>/input/argmin/job.json`."""
DOCUMENT_FILE = "job.json"
SOURCE_INPUT = "source"
"""Name of the input that carries the model or the program."""
RESULT_OUTPUT = "argmin"
"""Name of the output with argmin's own files: solution.json, run.log."""

SOLUTION_KEY = "solution.json.gz"
LOG_KEY = "run.log.gz"
OUTPUTS_KEY = "outputs.tar.gz"
RESULT_LIMIT_BYTES = 1024 * 1024 - 16 * 1024
"""Largest result, all parts compressed, that fits a ConfigMap beside its metadata."""

TERMINATION_LIMIT_BYTES = 4096

TOKEN_AUDIENCE = "argmin.dev"
TOKEN_PATH = "/var/run/secrets/argmin.dev/token"
"""File of the projected token of that audience, in a pod."""
INTAKE_PATH = "/v1/results"
"""The runner POSTs a `Delivery` here with its projected token as bearer."""


class RunModel(ApiModel):
    """The model to solve."""

    format: ModelFormat
    path: str = Field(description="Absolute path of the model file, as the runner sees it.")
    function: str = "build"
    solver: SolverName | None = None
    options: dict[str, OptionValue] = Field(default_factory=dict)
    solution_pool: SolutionPool | None = None


class RunScript(ApiModel):
    """The program to run."""

    path: str
    command: tuple[str, ...] = ("python",)
    args: tuple[str, ...] = ()
    metrics: tuple[MetricPattern, ...] = ()


class RunLimits(ApiModel):
    """Limits in plain units."""

    seconds: Annotated[float, Field(gt=0)] | None = None
    relative_gap: DecimalText | None = None
    absolute_gap: DecimalText | None = None
    solutions: int | None = None


class Intake(ApiModel):
    """Where to hand the result over."""

    url: str = Field(description="Base URL of the operator's intake service.")
    token_path: str = Field(description="File of the projected service-account token.")
    timeout_seconds: int = Field(
        default=3600, description="How long to keep trying while nobody answers."
    )


class RunDocument(ApiModel):
    """The job document."""

    version: int = 1
    name: str
    namespace: str = "default"
    uid: str = ""
    model: RunModel | None = None
    script: RunScript | None = None
    limits: RunLimits = Field(default_factory=RunLimits)
    threads: int = 1
    seed: int | None = None
    outputs: tuple[Output, ...] = ()
    root: str = ROOT
    intake: Intake | None = None


class Delivery(ApiModel):
    """A result on its way into the ConfigMap `<name>-result`: base64 of gzip parts by key."""

    owner: str = Field(description="Name of the OptimizationJob.")
    parts: dict[str, str] = Field(description="SOLUTION_KEY, LOG_KEY, OUTPUTS_KEY -> base64 text.")


def name_result(job_name: str) -> str:
    """Name of the ConfigMap that holds a job's result."""
    return f"{job_name}-result"
