"""What this process has seen of processing jobs, and which of them somebody hinted at.

In memory only: a process that starts anew asks SageMaker once about each job that is under way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argmin.aws.models import JobHint, ProcessingJob, ProcessingStatus
from argmin.backends.sagemaker_progress import LogReading
from argmin.backends.sagemaker_sighting import Sighting
from argmin.plan import Key

DOUBT = timedelta(seconds=60)
"""How long a call that was not answered may still take effect."""
MOST_JOBS = 10_000
"""How many jobs are kept in mind; who was not looked at for longest is forgotten first."""

Wake = Callable[[Key], None]
"""Has an object looked at now."""


@dataclass
class Entry:
    """What is known of one job."""

    owner: Key
    sighting: Sighting | None = None
    hints: int = 0
    """How often somebody hinted at it."""
    heeded: int = 0
    """How many of these hints came before it was last looked at."""
    is_told: bool = False
    """Whether events of it come."""
    looked_at: datetime | None = None
    """When it was last asked for, or created."""
    look_at: datetime | None = None
    """When to ask for the job again; `None`: at once."""
    read_at: datetime | None = None
    """When to read on in its log; `None`: never."""
    log: LogReading = field(default_factory=LogReading)
    unsure_until: datetime | None = None
    """Until then a job may appear that is not there: a call to create it may be under way."""
    document: str = ""
    """Digest of its document, as this process has stored it."""

    @property
    def is_hinted(self) -> bool:
        """Whether somebody hinted at it since it was last looked at."""
        return self.hints != self.heeded

    def may_be_of(self, hint: JobHint) -> bool:
        """Whether a hint is at this job, and not at one of that name somewhere else."""
        job = self.sighting.job if self.sighting else None
        return job is None or hint.arn in ("", job.arn)

    def knows(self, hint: JobHint) -> bool:
        """Whether a hint says what is known already."""
        job = self.sighting.job if self.sighting else None
        return job is not None and (job.status == hint.status or job.status.is_over)

    def expects(self, hint: JobHint) -> bool:
        """Whether a hint says no more than what comes of the call that is to be made, or is."""
        return self.sighting is None and hint.status == ProcessingStatus.IN_PROGRESS

    def must_look(self, now: datetime) -> bool:
        """Whether it is time to ask for the job."""
        if self.sighting is None or self.look_at is None or self.is_hinted:
            return True
        return now >= self.look_at

    def trusts_events(self, job: ProcessingJob) -> bool:
        """Whether its end will be heard of: its events come, and where it runs, its log goes on."""
        return self.is_told and (self.log.has_news or job.processing_start_time is None)

    def must_read(self, now: datetime) -> bool:
        """Whether it is time to read on in its log."""
        return self.read_at is not None and now >= self.read_at

    def is_unsure(self, now: datetime) -> bool:
        """Whether a job that is not there may still appear.

        Nobody here knows at first: a process before this one may have called a moment ago.
        """
        if self.unsure_until is None:
            self.unsure_until = now + DOUBT
        return now < self.unsure_until


class Board:
    """Entries by the names of jobs."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._wake: Wake = _wake_nobody

    def connect(self, wake: Wake) -> None:
        """Have `wake` called for the owner of each job that is hinted at."""
        self._wake = wake

    def open(self, job_name: str, owner: Key) -> Entry:
        """The entry of a job, made where there is none."""
        entry = self._entries.setdefault(job_name, Entry(owner))
        self._entries.move_to_end(job_name)
        if len(self._entries) > MOST_JOBS:
            self._entries.popitem(last=False)
        return entry

    def find(self, job_name: str) -> Entry | None:
        """The entry of a job, if somebody has opened it."""
        return self._entries.get(job_name)

    def hear(self, hint: JobHint) -> None:
        """A hint: its job is looked at soon, unless it says what is known already.

        Hints come twice, late and in any order; a job that nobody here knows is somebody else's.
        """
        entry = self._entries.get(hint.name)
        if entry is None or not entry.may_be_of(hint):
            return
        entry.is_told = True
        if entry.knows(hint):
            return
        if not entry.expects(hint):
            entry.hints += 1
        self._wake(entry.owner)

    def doubt_all(self) -> None:
        """Events may have been lost: every job that is not over is looked at soon."""
        for entry in self._entries.values():
            if entry.sighting and entry.sighting.is_live:
                entry.hints += 1
                self._wake(entry.owner)


def _wake_nobody(_key: Key) -> None:
    return None
