"""All that the emulator knows beside moto, and how it forgets it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.aws.control import JobFailures, Settings
from tests.aws.processing.jobs import Jobs
from tests.aws.server.callers import Callers
from tests.aws.server.deliveries import Deliveries
from tests.aws.server.faults import Faults, Throttle
from tests.aws.server.recorder import Recorder


@dataclass
class World:
    """The emulator's own state; S3, SQS, IAM, logs and rules are moto's."""

    url: str
    cache: Path
    """Where the solvers' images are, and where they are unpacked."""
    work: Path
    """Folders of running jobs; gone when the emulator is."""
    checkout: Path
    faults: Faults = field(default_factory=Faults)
    throttle: Throttle = field(default_factory=Throttle)
    recorder: Recorder = field(default_factory=Recorder)
    callers: Callers = field(default_factory=Callers)
    deliveries: Deliveries = field(default_factory=Deliveries)
    jobs: Jobs = field(default_factory=Jobs)
    _settings: Settings = field(default_factory=Settings)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> Settings:
        """The settings of this moment."""
        with self._lock:
            return self._settings

    def change_settings(self, changes: dict[str, Any]) -> Settings:
        """Change some settings; jobs that wait for a place are looked at again.

        Raises:
            ValueError: a setting that there is not, or of a wrong type.
        """
        with self._lock:
            merged = {**self._settings.model_dump(), **changes}
            self._settings = Settings.model_validate(merged)
            changed = self._settings
        self.jobs.places.limit(changed.concurrency)
        return changed

    def take_job_failure(self) -> str | None:
        """The reason for which the platform fails the job that starts now, if it does."""
        with self._lock:
            failures = self._settings.job_failures
            if failures.times <= 0:
                return None
            left = JobFailures(times=failures.times - 1, reason=failures.reason)
            self._settings = self._settings.model_copy(update={"job_failures": left})
            return failures.reason
