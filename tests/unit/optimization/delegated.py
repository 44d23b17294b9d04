"""A world whose job is executed by SageMaker."""

from __future__ import annotations

from typing import Any

from argmin.api.answer import RunReport
from argmin.api.backend import BackendName, BackendSettings, SageMakerBackend
from argmin.api.scalars import format_time
from argmin.api.storage import S3Store
from argmin.backends.defaults import Defaults, Prices
from argmin.backends.registry import Backends
from argmin.backends.sagemaker.backend import SageMakerJobs
from argmin.backends.sagemaker.cache import JobCache
from argmin.backends.sagemaker.polling import Polling
from argmin.backends.sagemaker.registration import SageMakerBackend as Backend
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Key
from tests.unit.optimization.processing_jobs import Amazon, Job
from tests.unit.optimization.world import KEY, OPTIMAL, World

ROLE = "arn:aws:iam::111122223333:role/argmin-job"
TEAM_ROLE = "arn:aws:iam::111122223333:role/argmin-team"
SETTINGS = SageMakerBackend(
    instance_type="ml.m5.large", role_arn=ROLE, assume_role_arn=TEAM_ROLE, region="eu-west-1"
)
STORE = S3Store(bucket="results", prefix="argmin")
PRICES = Prices(currency="EUR", per_hour={"ml.m5.large": "0.36"})


class DelegatedWorld(World):
    """SageMaker moves only when a test says so, too."""

    def __init__(self, has_events: bool = False, **spec: Any) -> None:
        self.settings = SETTINGS
        self.backend = BackendName.SAGE_MAKER
        self.polling = Polling(has_events=has_events)
        self.woken: list[Key] = []
        self.is_leading = True
        self.aws = Amazon(lambda: self.now)
        super().__init__(**spec)
        self.artifacts = STORE
        self.aws.on_write = self._count_write

    def _build_kind(self) -> OptimizationJobKind:
        self.cache = JobCache()
        self.cache.connect(self.woken.append)
        jobs = SageMakerJobs(
            self.aws, self.polling, self.cache, lambda: self.now, lambda: self.is_leading
        )
        return OptimizationJobKind(
            self._policy,
            lambda: self.now,
            lambda *_of: self.heard,
            Backends([Backend(lambda: jobs)]),
        )

    def _defaults(self, namespace: str) -> Defaults:
        return Defaults(
            image=self.image,
            intake_url="http://argmin.system:8080",
            backend=self.backend,
            store=self.artifacts,
            backend_settings=BackendSettings(sage_maker=self.settings),
            prices=PRICES,
        )

    def fork(self) -> DelegatedWorld:
        """A world that was the same until now, to try something out; its operator is a new one."""
        twin = DelegatedWorld(self.polling.has_events)
        twin.now = self.now
        twin.store.restore(self.store)
        twin.aws = self.aws.copy(lambda: twin.now, twin._count_write)
        twin.settings, twin.artifacts = self.settings, self.artifacts
        twin.restart()
        return twin

    # The user.

    def delete(self) -> None:
        """Delete the object; its finalizers keep it."""
        if KEY in self.store.objects:
            self.store.delete(KEY, self.object["metadata"]["uid"])

    def annotate(self, **annotations: str) -> None:
        self.object["metadata"]["annotations"] = {
            f"argmin.dev/{name}": value for name, value in annotations.items()
        }

    # SageMaker.

    def look_later(self, seconds: float = 130) -> None:
        """Time passes until the operator looks again, and it does."""
        self.pass_time(seconds)
        self.settle()

    def container_starts(self) -> None:
        self.aws.start(self.job_name)
        self.look_later()

    def container_ends(self, exit_code: int = 0, answer: RunReport | None = OPTIMAL) -> None:
        """The container ends after a minute, and the operator hears of it at its next look."""
        self.pass_time(60)
        self.aws.end(self.job_name, exit_code, _undelivered(answer))
        self.look_later()

    # What can be seen.

    @property
    def job_name(self) -> str:
        """Name of the job that the status names."""
        return str(self.status["sageMaker"]["jobName"])

    @property
    def aws_job(self) -> Job:
        """The only job that is not over."""
        (job,) = self.aws.live
        return job

    @property
    def finalizers(self) -> list[str]:
        found: list[str] = self.object["metadata"].get("finalizers", [])
        return found

    @property
    def exists(self) -> bool:
        return KEY in self.store.objects

    def count_calls(self, operation: str) -> int:
        return self.aws.calls.count(operation)

    def age(self) -> str:
        """The moment, as the status would write it."""
        return format_time(self.now)


def delegated(**spec: Any) -> DelegatedWorld:
    """A world whose job was created at SageMaker, and whose operator knows it."""
    world = DelegatedWorld(**spec)
    world.settle()
    return world


def running(**spec: Any) -> DelegatedWorld:
    """A world whose container runs at SageMaker, and whose operator knows it."""
    world = delegated(**spec)
    world.container_starts()
    return world


def _undelivered(answer: RunReport | None) -> RunReport | None:
    """As the runner says it there: it does not know whether SageMaker will store the result."""
    return answer and answer.model_copy(update={"delivered": False})
