"""SageMaker's jobs and S3 in memory, as their documentation describes them.

With the habits that matter here: the name of a job is taken for ever, a job is `InProgress` before
its container starts, a stopped job is `Stopping` for a while, outputs are stored when the container
has ended, the exit message is cut after a KiB, and a call may take effect though nobody hears so.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argmin.api.answer import RunReport
from argmin.aws.errors import (
    AwsError,
    InUseError,
    LimitExceededError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from argmin.aws.models import Access, LogEvent, LogPage, StoredObject
from argmin.backends.sagemaker import jobs
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus
from argmin.backends.sagemaker.jobs.processing import PROCESSING

ACCOUNT = "111122223333"
EXIT_MESSAGE_LIMIT = 1024


@dataclass
class Job:
    """One job."""

    request: Mapping[str, Any]
    created: datetime
    status: JobStatus = JobStatus.IN_PROGRESS
    started: datetime | None = None
    ended: datetime | None = None
    exit_message: str = ""
    failure_reason: str = ""
    noun: str = PROCESSING.noun

    @property
    def name(self) -> str:
        return str(self.request[f"{self.noun}Name"])

    @property
    def arn(self) -> str:
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.noun).lower()
        return f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{kind}/{self.name}"

    def describe(self) -> JobDescription:
        (job_type,) = (known for known in jobs.JOB_TYPES if known.noun == self.noun)
        return job_type.parse_description(self.answer())

    def answer(self) -> dict[str, Any]:
        """The response of Describe."""
        times = self.noun.removesuffix("Job")
        return {
            **self.request,
            f"{self.noun}Arn": self.arn,
            f"{self.noun}Status": self.status,
            "CreationTime": self.created,
            f"{times}StartTime": self.started,
            f"{times}EndTime": self.ended,
            "ExitMessage": self.exit_message,
            "FailureReason": self.failure_reason,
        }


@dataclass
class Fault:
    """What befalls the next call of an operation: before or after its effect."""

    operation: str
    error: AwsError
    takes_effect: bool = False


@dataclass
class Amazon:
    """One account: who calls it, and for whom, is recorded."""

    clock: Callable[[], datetime]
    on_write: Callable[[], None] = lambda: None
    all_jobs: dict[str, Job] = field(default_factory=dict)
    buckets: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)
    quota: int = 100
    streams: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    log_groups: set[str] = field(default_factory=set)
    """The groups of which a stream was looked for or read."""

    def jobs(self, access: Access) -> Amazon:
        self.accesses.append(access)
        return self

    def objects(self, access: Access) -> Amazon:
        self.accesses.append(access)
        return self

    def logs(self, access: Access) -> Amazon:
        self.accesses.append(access)
        return self

    # SageMaker.

    async def create_job(self, noun: str, request: Mapping[str, Any]) -> str:
        name = str(request[f"{noun}Name"])
        with self._call(f"Create{noun}", writes=True):
            if name in self.all_jobs:
                raise InUseError(f"job {name} already exists", f"sagemaker:Create{noun}")
            if len(self.live) >= self.quota:
                raise LimitExceededError("the AWS quota is used up", "ml.m5.large for processing")
            self.all_jobs[name] = Job(copy.deepcopy(request), self.clock(), noun=noun)
        return self.all_jobs[name].arn

    async def describe_job(self, noun: str, name: str) -> Mapping[str, Any]:
        with self._call(f"Describe{noun}"):
            return self._find(name).answer()

    async def stop_job(self, noun: str, name: str) -> None:
        with self._call(f"Stop{noun}", writes=True):
            job = self._find(name)
            if not job.status.is_over:
                job.status = JobStatus.STOPPING

    async def list_tags(self, arn: str) -> dict[str, str]:
        with self._call("ListTags"):
            job = self._find(arn.rpartition("/")[2])
            return {tag["Key"]: tag["Value"] for tag in job.request.get("Tags", ())}

    # S3.

    async def put_object(
        self,
        bucket: str,
        key: str,
        body: bytes,
        kms_key_id: str | None = None,
        *,
        only_new: bool = False,
    ) -> None:
        with self._call("PutObject", writes=True):
            if only_new and (bucket, key) in self.buckets:
                raise InUseError(f"s3://{bucket}/{key} is there", "s3:PutObject")
            self.buckets[bucket, key] = (body, self.clock())

    async def find_object(
        self, bucket: str, key: str, limit_bytes: int, since: datetime | None = None
    ) -> bytes | None:
        with self._call("GetObject"):
            found = self.buckets.get((bucket, key))
            is_older = found and since and found[1] < since
            if found and len(found[0]) > limit_bytes:
                raise TooLargeError(f"s3://{bucket}/{key} is too large", "s3:GetObject")
            return found[0] if found and not is_older else None

    async def head_object(self, bucket: str, key: str) -> StoredObject | None:
        with self._call("HeadObject"):
            found = self.buckets.get((bucket, key))
            return StoredObject(key, len(found[0]), last_modified=found[1]) if found else None

    # CloudWatch.

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        self.log_groups.add(group)
        with self._call("DescribeLogStreams"):
            return tuple(name for name in self.streams if name.startswith(prefix))

    async def read_tail(self, group: str, stream: str, limit: int) -> LogPage:
        self.log_groups.add(group)
        with self._call("GetLogEvents"):
            lines = self.streams[stream][-limit:]
            return LogPage(tuple(LogEvent(self.clock(), line) for line in lines), None)

    # What SageMaker does by itself.

    def start(self, name: str) -> None:
        self.all_jobs[name].started = self.clock()
        self.streams[f"{name}/algo-1-1767322800"] = []

    def say(self, name: str, line: str) -> None:
        """The container prints a line."""
        self.streams[f"{name}/algo-1-1767322800"].append(line)

    def end(
        self, name: str, exit_code: int, answer: RunReport | None, *, is_stored: bool = True
    ) -> None:
        """The container ends, and what it has left is stored."""
        job = self.all_jobs[name]
        text = answer.model_dump_json(by_alias=True, exclude_none=True) if answer else ""
        job.exit_message = text[:EXIT_MESSAGE_LIMIT]
        if answer and is_stored:
            self._store_answer(job, text)
        if job.status is JobStatus.STOPPING:
            job.status = JobStatus.STOPPED
        elif exit_code:
            job.status = JobStatus.FAILED
            job.failure_reason = f"AlgorithmError: , exit code: {exit_code}"
        else:
            job.status = JobStatus.COMPLETED
        job.ended = self.clock()

    def fail(self, name: str, failure_reason: str) -> None:
        """SageMaker itself gives up on a job."""
        job = self.all_jobs[name]
        job.status, job.failure_reason = JobStatus.FAILED, failure_reason
        job.ended = self.clock()

    def never_start(self, name: str) -> None:
        """A job that was stopped before its container started is stopped."""
        job = self.all_jobs[name]
        job.status, job.ended = JobStatus.STOPPED, self.clock()

    @property
    def live(self) -> list[Job]:
        return [job for job in self.all_jobs.values() if not job.status.is_over]

    def copy(self, clock: Callable[[], datetime], on_write: Callable[[], None]) -> Amazon:
        """The same account, to try something out."""
        return Amazon(
            clock,
            on_write,
            {name: copy.copy(job) for name, job in self.all_jobs.items()},
            dict(self.buckets),
            self.quota,
            {name: list(lines) for name, lines in self.streams.items()},
            list(self.faults),
        )

    def _find(self, name: str) -> Job:
        if name not in self.all_jobs:
            raise NotFoundError(f"there is no job {name}", "sagemaker:Describe")
        return self.all_jobs[name]

    def _store_answer(self, job: Job, text: str) -> None:
        result = job.describe().result_uri
        bucket, _, prefix = result.removeprefix("s3://").partition("/")
        self.buckets[bucket, f"{prefix}/answer.json"] = (text.encode(), self.clock())

    @contextmanager
    def _call(self, operation: str, *, writes: bool = False) -> Iterator[None]:
        self.calls.append(operation)
        fault = next((f for f in self.faults if f.operation == operation), None)
        if fault:
            self.faults.remove(fault)
        if fault and not fault.takes_effect:
            raise fault.error
        if writes:
            self.on_write()
        yield
        if fault:
            raise fault.error


def silence(operation: str, *, takes_effect: bool = False) -> Fault:
    """A call that nobody answers."""
    error = UnavailableError(f"no answer to {operation}", f"sagemaker:{operation}")
    return Fault(operation, error, takes_effect)
