"""What this process has seen of processing jobs, and which of them somebody hinted at.

In memory only: a process that starts anew asks SageMaker once about each job that is under way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argmin.aws.models import JobHint
from argmin.backends.sagemaker_sighting import Sighting
from argmin.plan import Key

MOST_JOBS = 10_000
"""How many jobs are kept in mind; who was not looked at for longest is forgotten first."""

Wake = Callable[[Key], None]
"""Has an object looked at now."""


@dataclass
class _Entry:
    owner: Key
    sighting: Sighting | None = None
    is_hinted: bool = False
    is_told: bool = False
    """SageMaker itself has said so: what we conclude from our own calls may be refined."""
    unsure_until: datetime | None = None
    """A call was not answered: until then a job may appear that was not there."""


class Board:
    """Sightings by the names of jobs."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._wake: Wake = _wake_nobody

    def connect(self, wake: Wake) -> None:
        """Have `wake` called for the owner of each job that is hinted at."""
        self._wake = wake

    def find(self, job_name: str, owner: Key) -> Sighting | None:
        """What was last seen of a job."""
        return self._open(job_name, owner).sighting

    def is_due(self, job_name: str, now: datetime) -> bool:
        """Whether it is time to look at a job, or to look again."""
        entry = self._entries.get(job_name)
        if entry is None or entry.sighting is None or entry.is_hinted:
            return True
        return now >= entry.sighting.due

    def take_hint(self, job_name: str) -> None:
        """Somebody looks at the job now: a hint that comes from here on is news."""
        if job_name in self._entries:
            self._entries[job_name].is_hinted = False

    def keep(self, job_name: str, owner: Key, sighting: Sighting, *, is_told: bool) -> None:
        """Remember what was seen."""
        entry = self._open(job_name, owner)
        entry.sighting = sighting
        entry.is_told = is_told
        entry.unsure_until = None

    def recall(self, job_name: str) -> Sighting | None:
        """What was last seen of a job, if anything was."""
        entry = self._entries.get(job_name)
        return entry.sighting if entry else None

    def amend(self, job_name: str, sighting: Sighting) -> None:
        """What follows for a job from what we have done, if anybody has seen it."""
        entry = self._entries.get(job_name)
        if entry:
            entry.sighting, entry.is_told = sighting, True

    def doubt(self, job_name: str, owner: Key, until: datetime) -> None:
        """A job may appear until then, though nobody sees it now."""
        self._open(job_name, owner).unsure_until = until

    def is_unsure(self, job_name: str, now: datetime) -> bool:
        """Whether a job that is not there may still appear."""
        entry = self._entries.get(job_name)
        return entry is not None and entry.unsure_until is not None and now < entry.unsure_until

    def hear(self, hint: JobHint) -> None:
        """A hint: its job is looked at soon, unless it says what is known already.

        Hints come twice, late and in any order; a job that nobody here knows is somebody else's.
        """
        entry = self._entries.get(hint.name)
        if entry is None:
            return
        job = entry.sighting.job if entry.sighting else None
        if job is not None:
            is_known = entry.is_told and job.status == hint.status
            if is_known or job.status.is_over or hint.arn not in ("", job.arn):
                return
        entry.is_hinted = True
        self._wake(entry.owner)

    def _open(self, job_name: str, owner: Key) -> _Entry:
        entry = self._entries.setdefault(job_name, _Entry(owner))
        self._entries.move_to_end(job_name)
        if len(self._entries) > MOST_JOBS:
            self._entries.popitem(last=False)
        return entry


def _wake_nobody(_key: Key) -> None:
    return None
