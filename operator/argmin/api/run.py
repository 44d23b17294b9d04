"""The run contract: what the operator tells a runner, the same in a pod and on a laptop.

A runner is started as `python -m argmin_solvers --document PATH`. It writes its `Answer` to the
termination message (`$ARGMIN_TERMINATION_LOG`), its files to `<root>/output/<name>`, and hands
its result to a store or to the intake when one is named. Exit codes:
`argmin.api.answer.ExitCode`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import FailFast, Field

from argmin.api.base import GROUP, ApiModel
from argmin.api.files import Output
from argmin.api.scalars import Count
from argmin.api.storage import Region, S3Object, S3Store
from argmin.api.task import Task

ROOT = "/opt/ml/processing"
"""Where inputs and outputs are in a container, the same on every backend that has one."""

DOCUMENT_INPUT = "argmin"
"""Name of the input that carries the job document: `<root>/input/argmin/job.json`."""
DOCUMENT_FILE = "job.json"
SOURCE_INPUT = "source"
"""Name of the input that carries the model or the program."""
RESULT_OUTPUT = "argmin"
"""Name of the output with argmin's own files: solution.json, proof.json, run.log."""


class PartKey(StrEnum):
    """The parts of a result, by their keys in its ConfigMap."""

    SOLUTION = "solution.json.gz"
    LOG = "run.log.gz"
    OUTPUTS = "outputs.tar.gz"
    PROOF = "proof.json.gz"


SOLUTION_KEY = PartKey.SOLUTION.value
LOG_KEY = PartKey.LOG.value
OUTPUTS_KEY = PartKey.OUTPUTS.value
PROOF_KEY = PartKey.PROOF.value
LABEL_OWNER_UID = f"{GROUP}/owner-uid"
ANNOTATION_POD = f"{GROUP}/pod"
"""On the ConfigMap of a result: the pod that delivered it."""
RESULT_LIMIT_BYTES = 1024 * 1024 - 16 * 1024
"""Largest result, all parts compressed, that fits a ConfigMap beside its metadata."""

ANSWER_FILE = "answer.json"
SOLUTION_FILE = "solution.json"
PROOF_FILE = "proof.json"
LOG_FILE = "run.log"
INVENTORY_FILE = "inventory.json"
OUTPUTS_FOLDER = "outputs"
"""Names in the folder of a result; the answer is written last, and makes the others whole."""

TERMINATION_LIMIT_BYTES = 4096
EXIT_MESSAGE_LIMIT_BYTES = 1024
"""Outside of pods: an answer that is longer is cut there, and whole in its file."""

CREDENTIALS_ROOT = "/var/run/secrets/argmin.dev/s3"
"""Each Secret with credentials is a folder here, and each of its keys a file."""

TOKEN_AUDIENCE = "argmin.dev"
TOKEN_PATH = "/var/run/secrets/argmin.dev/token"
"""File of the projected token of that audience, in a pod."""
PROGRESS_PATH = "/v1/progress"
"""The runner POSTs a `ProgressReport` here while it works."""
INTAKE_PATH = "/v1/results"
"""The runner POSTs a `Delivery` here with its projected token as bearer."""


class Intake(ApiModel):
    """Where to hand the result over."""

    url: str = Field(description="Base URL of the operator's intake service.")
    token_path: str = Field(description="File of the projected service-account token.")
    timeout_seconds: int = Field(
        default=3600, description="How long to keep trying while nobody answers."
    )


class ProgressChannel(StrEnum):
    """How a runner tells where its search stands."""

    NONE = "none"
    INTAKE = "intake"  # by HTTP, to the operator
    LOG = "log"  # in lines of its output, which others read
    FILE = "file"  # in `<root>/progress.jsonl`


class InlineFile(ApiModel):
    """A file that the document itself carries; the runner writes it before it starts."""

    path: str = Field(description="Relative to `<root>/input`, such as `source/model.lp`.")
    text: str | None = None
    base64: str | None = Field(default=None, description="Instead of text, where it is none.")


class Download(ApiModel):
    """An input that the runner fetches."""

    name: str = Field(description="Name of the input.")
    source: S3Object
    path: str = Field(description="Absolute path of the file (key) or of the folder (prefix).")


class Upload(ApiModel):
    """An output that the runner brings away."""

    name: str = Field(description="Name of the output.")
    path: str = Field(description="Absolute path of its folder.")
    target: S3Store = Field(description="The folder's place in the store.")


class Transfers(ApiModel):
    """What the runner moves to and from object stores; elsewhere the platform does it."""

    downloads: tuple[Download, ...] = ()
    uploads: tuple[Upload, ...] = ()
    result: S3Store | None = Field(
        default=None, description="The folder that takes solution, log and, last, the answer."
    )
    region: Region | None = Field(default=None, description="Where a place names none.")
    credentials_root: str = CREDENTIALS_ROOT


class RunDocument(ApiModel):
    """The job document."""

    version: int = 1
    name: str
    namespace: str = "default"
    uid: str = ""
    run: str = Field(default="", description="Name of the run.")
    task: Task
    threads: int = 1
    seed: int | None = None
    outputs: tuple[Output, ...] = ()
    root: str = ROOT
    intake: Intake | None = None
    progress: ProgressChannel = ProgressChannel.NONE
    files: tuple[InlineFile, ...] = ()
    transfers: Transfers = Field(default_factory=Transfers)
    answer_limit_bytes: int = Field(
        default=TERMINATION_LIMIT_BYTES, description="Of the termination message."
    )


class StoredFile(ApiModel):
    """One file of a result."""

    path: str = Field(description="Relative to the folder of the result.")
    bytes: Count
    digest: str = Field(description="`sha256:` and the digest of its content.")


class Inventory(ApiModel):
    """All files of a result, the answer among them: what else a folder holds is of another run."""

    version: int = 1
    # So many files may be wrong that their errors alone would fill the memory.
    files: Annotated[tuple[StoredFile, ...], FailFast()] = ()


class Delivery(ApiModel):
    """A result on its way into the ConfigMap `<run>-result`: base64 of gzip parts by key."""

    owner: str = Field(max_length=253, description="Name of the custom resource.")
    parts: dict[PartKey, str] = Field(description="Base64 text by key.")


def name_result(run: str) -> str:
    """Name of the ConfigMap that holds a run's result: no other run has it, of whatever kind."""
    return f"{run}-result"


def name_former_result(owner: str) -> str:
    """Name of the ConfigMap that held the result of an object's last run before it was by run."""
    return f"{owner}-result"
