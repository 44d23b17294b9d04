"""The cache of observed jobs, and of hints (events) that they have changed.

In memory only: after a restart the process describes each job that has not ended once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from argmin.aws.models import Access, JobHint
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus, JobType
from argmin.backends.sagemaker.observation import JobObservation
from argmin.backends.sagemaker.progress import LogReading
from argmin.plan import Key

UNCERTAIN_PERIOD = timedelta(seconds=60)
"""How long a call without a response may still take effect."""
MOST_JOBS = 10_000
"""Maximum number of jobs; the least recently used is dropped first."""

Wake = Callable[[Key], None]
"""Adds the key of an owner to the work queue."""


@dataclass(frozen=True)
class JobKey:
    """What identifies a job: names are unique within a type, an account and a region."""

    noun: str
    """Name of its type in SageMaker's API."""
    name: str
    region: str
    account: str
    """Empty for that of the process."""


@dataclass
class Entry:
    """What is cached of one job."""

    owner: Key
    observed: JobObservation | None = None
    hints: int = 0
    """Number of hints so far."""
    hints_handled: int = 0
    """Number of those hints that came before it was last described."""
    has_events: bool = False
    """Whether events of it have been received."""
    looked_at: datetime | None = None
    """When it was last described, or created."""
    look_at: datetime | None = None
    """When to describe it again; `None`: at once."""
    read_at: datetime | None = None
    """When to read its log again; `None`: never."""
    log: LogReading = field(default_factory=LogReading)
    uncertain_until: datetime | None = None
    """Until then a job that does not exist may appear: an earlier create call may take effect."""
    is_absent: bool = False
    """Whether it cannot exist: this process announced it, and AWS refused to create it."""
    document: str = ""
    """Digest of the document that this process has stored for it."""

    @property
    def is_hinted(self) -> bool:
        """Whether there is a hint since it was last described."""
        return self.hints != self.hints_handled

    def may_be_of(self, hint: JobHint) -> bool:
        """Whether a hint is for this job, and not for one of that name in another account."""
        job = self.observed.job if self.observed else None
        return job is None or hint.arn in ("", job.arn)

    def knows(self, hint: JobHint) -> bool:
        """Whether a hint's state has been observed already."""
        job = self.observed.job if self.observed else None
        return job is not None and (job.status == hint.status or job.status.is_over)

    def expects(self, hint: JobHint) -> bool:
        """Whether a hint reports only the creation by this process's own pending call."""
        return self.observed is None and hint.status == JobStatus.IN_PROGRESS

    def must_look(self, now: datetime) -> bool:
        """Whether the job is due to be described."""
        if self.observed is None or self.look_at is None or self.is_hinted:
            return True
        return now >= self.look_at

    def trusts_events(self, job: JobDescription) -> bool:
        """Whether events can be relied on: they are received, and a running job's log advances."""
        return self.has_events and (self.log.has_news or job.start_time is None)

    def must_read(self, now: datetime) -> bool:
        """Whether its log is due to be read."""
        return self.read_at is not None and now >= self.read_at

    def creation_uncertain(self, now: datetime) -> bool:
        """Whether a job that does not exist may still appear.

        This is so at first, since an earlier process may have called a moment ago.
        """
        if self.uncertain_until is None:
            self.uncertain_until = now + UNCERTAIN_PERIOD
        return now < self.uncertain_until


class JobCache:
    """Entries by job."""

    def __init__(self, region: str = "") -> None:
        """`region` is that of the process, for calls without one."""
        self._region = region
        self._entries: OrderedDict[JobKey, Entry] = OrderedDict()
        self._wake: Wake = _ignore

    def connect(self, wake: Wake) -> None:
        """Set the callback for the owner of each job with a new hint."""
        self._wake = wake

    def open(self, job_type: JobType, job_name: str, access: Access, owner: Key) -> Entry:
        """The entry of a job, created if there is none."""
        key = self._key_of(job_type, job_name, access)
        entry = self._entries.setdefault(key, Entry(owner))
        self._entries.move_to_end(key)
        if len(self._entries) > MOST_JOBS:
            self._entries.popitem(last=False)
        return entry

    def find(self, job_type: JobType, job_name: str, access: Access) -> Entry | None:
        """The entry of a job, if there is one."""
        return self._entries.get(self._key_of(job_type, job_name, access))

    def record_hint(self, hint: JobHint) -> None:
        """Record a hint: its job is described soon, unless that state was observed already.

        Hints may be duplicated, late and out of order; those for unknown jobs are ignored.
        """
        entry = self._find_hinted(hint)
        if entry is None or not entry.may_be_of(hint):
            return
        entry.has_events = True
        if entry.knows(hint):
            return
        if not entry.expects(hint):
            entry.hints += 1
        self._wake(entry.owner)

    def hint_at_all(self) -> None:
        """Record a hint for every job that has not ended: events may have been lost."""
        for entry in self._entries.values():
            if entry.observed and entry.observed.is_live:
                entry.hints += 1
                self._wake(entry.owner)

    def _find_hinted(self, hint: JobHint) -> Entry | None:
        """The entry of a hint's job; a job of the process's own account is kept without one."""
        key = JobKey(hint.job_type, hint.name, hint.region or self._region, hint.account)
        return self._entries.get(key) or self._entries.get(replace(key, account=""))

    def _key_of(self, job_type: JobType, job_name: str, access: Access) -> JobKey:
        return JobKey(job_type.noun, job_name, access.region or self._region, access.account)


def _ignore(_key: Key) -> None:
    return None
