"""Processing jobs as SageMaker knows them: a request, a state, an ending."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.aws.control import Job

IN_PROGRESS = "InProgress"
COMPLETED = "Completed"
FAILED = "Failed"
STOPPING = "Stopping"
STOPPED = "Stopped"
TERMINAL = frozenset({COMPLETED, FAILED, STOPPED})

# A job that says nothing about it may run for a day.
DEFAULT_MAX_RUNTIME = {"MaxRuntimeInSeconds": 86400}


@dataclass(frozen=True)
class Ending:
    """How a job ended."""

    status: str
    failure_reason: str | None = None
    exit_message: str | None = None


@dataclass
class ProcessingJob:
    """One job; only its own thread changes it, except for the order to stop."""

    request: Mapping[str, Any]
    arn: str
    account: str
    region: str
    tags: dict[str, str]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = IN_PROGRESS
    started: datetime | None = None
    ending: Ending | None = None
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    runs_in: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    kill: threading.Event = field(default_factory=threading.Event)
    """The emulator itself ends: no time for a farewell."""
    thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """Unique in an account and region."""
        return str(self.request["ProcessingJobName"])

    @property
    def image(self) -> str:
        """The reference of the image, as the request has it."""
        return str(self.request["AppSpecification"]["ImageUri"])

    @property
    def cluster(self) -> Mapping[str, Any]:
        """Instance type and count, and the volume."""
        found: Mapping[str, Any] = self.request["ProcessingResources"]["ClusterConfig"]
        return found

    @property
    def terminal(self) -> bool:
        """Whether nothing will happen any more."""
        return self.status in TERMINAL

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeProcessingJob."""
        answer = {key: value for key, value in self.request.items() if key != "Tags"}
        answer.setdefault("StoppingCondition", DEFAULT_MAX_RUNTIME)
        answer |= {
            "ProcessingJobArn": self.arn,
            "ProcessingJobStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "ProcessingStartTime": self.started,
            "ProcessingEndTime": self.ended,
            "ExitMessage": self.ending and self.ending.exit_message,
            "FailureReason": self.ending and self.ending.failure_reason,
        }
        return {key: value for key, value in answer.items() if value is not None}

    def summarize(self) -> dict[str, Any]:
        """The entry of ListProcessingJobs."""
        wanted = (
            "ProcessingJobName",
            "ProcessingJobArn",
            "CreationTime",
            "LastModifiedTime",
            "ProcessingEndTime",
            "ProcessingJobStatus",
            "FailureReason",
            "ExitMessage",
        )
        described = self.describe()
        return {key: described[key] for key in wanted if key in described}

    def report(self) -> Job:
        """The job for the control API."""
        return Job(
            name=self.name,
            arn=self.arn,
            account=self.account,
            region=self.region,
            status=self.status,
            runs_in=self.runs_in,
            image=self.image,
            failure_reason=self.ending and self.ending.failure_reason,
            exit_message=self.ending and self.ending.exit_message,
            created=self.created,
            started=self.started,
            ended=self.ended,
            tags=self.tags,
        )


class Places:
    """How many jobs run at once; the number may change at any time."""

    def __init__(self, limit: int = 4) -> None:
        self._changed = threading.Condition()
        self._limit = limit
        self._taken = 0

    def limit(self, limit: int) -> None:
        """Set the number."""
        with self._changed:
            self._limit = limit
            self._changed.notify_all()

    @contextmanager
    def take(self, stop: threading.Event) -> Iterator[bool]:
        """Hold a place; false where the job was stopped before there was one."""
        with self._changed:
            while self._taken >= self._limit and not stop.is_set():
                self._changed.wait()
            granted = not stop.is_set()
            self._taken += granted
        try:
            yield granted
        finally:
            with self._changed:
                self._taken -= granted
                self._changed.notify_all()

    def look_again(self) -> None:
        """Wake the jobs that wait: one of them may have been stopped."""
        with self._changed:
            self._changed.notify_all()


class Jobs:
    """All jobs of all accounts and regions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, str, str], ProcessingJob] = {}
        self.places = Places()
        self.admission = threading.Lock()
        """Held from the look at names and quotas until the job is in."""

    def add(self, job: ProcessingJob) -> None:
        """Keep a new job, under a name that is free."""
        with self._lock:
            self._jobs[(job.account, job.region, job.name)] = job

    def find(self, account: str, region: str, name: str) -> ProcessingJob | None:
        """The job of that name."""
        with self._lock:
            return self._jobs.get((account, region, name))

    def list(self) -> list[ProcessingJob]:
        """All of them, oldest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.created)

    def count_instances(self, account: str, region: str, instance_type: str | None = None) -> int:
        """Instances of jobs that are not over, of one type or of all."""
        return sum(
            int(job.cluster["InstanceCount"])
            for job in self.list()
            if not job.terminal
            and (job.account, job.region) == (account, region)
            and instance_type in (None, job.cluster["InstanceType"])
        )

    def end_all(self, timeout_seconds: float = 10) -> None:
        """Kill what runs, and forget every job."""
        end = time.monotonic() + timeout_seconds
        jobs = self.list()
        for job in jobs:
            job.kill.set()
            job.stop.set()
        self.places.look_again()
        for job in jobs:
            if job.thread:
                job.thread.join(max(0.0, end - time.monotonic()))
        with self._lock:
            self._jobs.clear()
