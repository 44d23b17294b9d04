"""Whatever happens to a job on SageMaker, in whatever order: what always holds.

The machine below plays user, SageMaker, a network that loses answers, and an operator that dies
after any single write, of which calls to AWS are some.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from argmin.api.answer import ExitCode, Reason, RunReport
from argmin.aws.models import JobHint
from argmin.backends.sagemaker.job_type import JobStatus
from tests.unit.optimization.delegated import DelegatedWorld
from tests.unit.optimization.processing_jobs import Job, silence
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, failure, hide_uid

ENDINGS: tuple[tuple[int, RunReport | None], ...] = (
    (0, OPTIMAL),
    (0, None),
    (0, OPTIMAL.model_copy(update={"message": "m" * 1024})),
    (ExitCode.INVALID_INPUT, failure(Reason.INVALID_MODEL, "no model")),
    (ExitCode.PROGRAM_FAILED, failure(Reason.PROGRAM_FAILED, "it raised")),
)
STOPPED: tuple[tuple[int, RunReport | None], ...] = (
    (0, INTERRUPTED),
    (0, OPTIMAL),
    (ExitCode.INTERRUPTED, failure(Reason.INTERRUPTED, "nothing found")),
    (137, None),
)
BREAKDOWNS = (
    "InternalServerError: We encountered an internal error.",
    "CapacityError: Unable to provision requested ML compute capacity.",
    'ClientError: Failed to download data. No S3 objects found under S3 URL "s3://b/k"',
)
MODELS = tuple({"format": "mps", "source": {"inline": f"NAME {n}"}} for n in "ab")
LONG = 800
"""Seconds after which the operator has looked again, whatever it was told."""
QUOTA = 100
CALLS = ("PutObject", "CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob")


class History(RuleBasedStateMachine):
    """One job, from its creation through all that may befall it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = DelegatedWorld()

    @initialize(
        has_events=st.booleans(),
        deadline=st.none() | st.integers(60, 600),
        backoff=st.integers(0, 2),
        suspend=st.booleans(),
        in_pods=st.booleans(),
    )
    def create(
        self, has_events: bool, deadline: int | None, backoff: int, suspend: bool, in_pods: bool
    ) -> None:
        spec: dict[str, Any] = {"backoffLimit": backoff, "suspend": suspend, "model": MODELS[0]}
        if deadline:
            spec["activeDeadlineSeconds"] = deadline
        if in_pods:
            spec["backend"] = {"pods": {}}
        self.world = DelegatedWorld(has_events, **spec)

    # The operator.

    @rule()
    def operator_works(self) -> None:
        self.world.settle()

    @rule(writes=st.integers(0, 4))
    def operator_dies(self, writes: int) -> None:
        if self.world.exists:
            self.world.reconcile(crash_after=writes)
        self.world.restart()

    @rule(seconds=st.sampled_from([1, 15, 60, 130, 700]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule(operation=st.sampled_from(CALLS), takes_effect=st.booleans())
    def network_loses_an_answer(self, operation: str, takes_effect: bool) -> None:
        if len(self.world.aws.faults) < 2:
            self.world.aws.faults.append(silence(operation, takes_effect=takes_effect))

    # The user.

    @precondition(lambda self: self.world.exists)
    @rule(suspend=st.booleans())
    def user_holds_or_resumes(self, suspend: bool) -> None:
        self.world.edit(suspend=suspend)

    @precondition(lambda self: self.world.exists)
    @rule(deadline=st.none() | st.integers(60, 600), backoff=st.integers(0, 2))
    def user_steers(self, deadline: int | None, backoff: int) -> None:
        self.world.edit(activeDeadlineSeconds=deadline, backoffLimit=backoff)

    @precondition(lambda self: self.world.exists)
    @rule(model=st.sampled_from(MODELS))
    def user_writes_another_model(self, model: dict[str, Any]) -> None:
        if model != self.world.object["spec"]["model"]:
            self.world.edit(model=model)

    @precondition(lambda self: self.world.exists)
    @rule(backend=st.sampled_from([{"pods": {}}, {"sageMaker": {}}]))
    def user_moves_it(self, backend: dict[str, Any]) -> None:
        if backend != self.world.object["spec"].get("backend"):
            self.world.edit(backend=backend)

    @precondition(lambda self: self.world.exists)
    @rule()
    def user_deletes_it(self) -> None:
        self.world.delete()

    # SageMaker.

    def pick(self, is_started: bool) -> Job | None:
        live = self.world.aws.live
        return next((job for job in live if (job.started is not None) is is_started), None)

    @precondition(lambda self: self.pick(is_started=False) is not None)
    @rule()
    def container_starts(self) -> None:
        job = self.pick(is_started=False)
        if job and job.status is JobStatus.IN_PROGRESS:
            self.world.aws.start(job.name)
        elif job:
            self.world.aws.never_start(job.name)

    @precondition(lambda self: self.pick(is_started=True) is not None)
    @rule(ending=st.sampled_from(ENDINGS), stop=st.sampled_from(STOPPED), is_stored=st.booleans())
    def container_ends(
        self,
        ending: tuple[int, RunReport | None],
        stop: tuple[int, RunReport | None],
        is_stored: bool,
    ) -> None:
        job = self.pick(is_started=True)
        if job and job.status is JobStatus.STOPPING:
            self.world.aws.end(job.name, *stop, is_stored=is_stored)
        elif job:
            self.world.aws.end(job.name, *ending)

    @precondition(lambda self: self.pick(is_started=False) is not None)
    @rule(reason=st.sampled_from(BREAKDOWNS))
    def sagemaker_breaks_down(self, reason: str) -> None:
        job = self.pick(is_started=False)
        if job and job.status is JobStatus.IN_PROGRESS:
            self.world.aws.fail(job.name, reason)

    @rule(quota=st.sampled_from([0, QUOTA]))
    def a_quota_is_lowered_or_raised(self, quota: int) -> None:
        self.world.aws.quota = quota

    @precondition(lambda self: bool(self.world.aws.all_jobs))
    @rule(times=st.integers(0, 2), status=st.sampled_from(list(JobStatus)))
    def an_event_comes_maybe_twice_or_late(self, times: int, status: str) -> None:
        for job in list(self.world.aws.all_jobs.values())[-2:]:
            hint = JobHint(job_type=job.noun, name=job.name, arn=job.arn, status=status)
            for _ in range(times):
                self.world.cache.record_hint(hint)

    # What always holds.

    @invariant()
    def at_most_one_job_runs(self) -> None:
        assert len(self.world.aws.live) <= 1

    @invariant()
    def nothing_runs_that_nobody_keeps(self) -> None:
        if not self.world.exists:
            assert self.world.aws.live == []

    @invariant()
    def every_attempt_has_one_job(self) -> None:
        names = [name.rpartition("-") for name in self.world.aws.all_jobs]
        numbers = [int(number) for _, _, number in names]
        assert numbers == sorted(set(numbers))

    @rule()
    def the_operator_comes_to_rest(self) -> None:
        self.rest(crash_after=None)

    @rule(writes=st.integers(0, 4))
    def a_death_changes_nothing(self, writes: int) -> None:
        assert self.rest(crash_after=writes) == self.rest(crash_after=None)

    def heal(self, world: DelegatedWorld) -> None:
        world.aws.faults.clear()
        world.aws.quota = QUOTA

    def rest(self, crash_after: int | None) -> Any:
        world = self.world.fork()
        self.heal(world)
        if world.exists and crash_after is not None:
            world.reconcile(crash_after)
            world.restart()
        world.settle()
        world.look_later(61)  # until no call that was lost can still take effect
        if world.exists:
            self.check(world)
        return _describe(world)

    def check(self, world: DelegatedWorld) -> None:
        before = len(world.aws.calls), len(world.store.writes)
        plan = world.plan()
        assert (plan.patch, plan.apply, plan.delete, plan.calls) == ((), (), (), ())
        assert plan.status in (None, world.status)
        assert plan.requeue_after != timedelta(0)
        assert (len(world.aws.calls), len(world.store.writes)) == before
        if "deletionTimestamp" not in world.object["metadata"]:
            conditions = {c["type"]: c["status"] for c in world.status["conditions"]}
            assert (conditions["Complete"], conditions["Failed"]) != ("True", "True")
            assert "True" in conditions.values()
        if world.aws.live:
            assert world.aws_job.name == world.job_name
            assert "argmin.dev/sagemaker" in world.finalizers

    def teardown(self) -> None:
        """Whatever happened: a deleted job goes, and leaves nothing behind."""
        world = self.world
        self.heal(world)
        world.delete()
        world.look_later(LONG)
        for job in world.aws.live:
            world.aws.never_start(job.name)
        world.look_later(LONG)
        assert not world.exists
        assert world.aws.live == []


def _describe(world: DelegatedWorld) -> Any:
    """Everything but the identities that the API server deals out."""
    return (
        [
            (str(key), found.get("spec"), found.get("data"), hide_uid(found, world))
            for key, found in sorted(world.store.objects.items(), key=lambda entry: str(entry[0]))
        ],
        [(job.name, job.status) for job in world.aws.all_jobs.values()],
    )


History.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestHistory = History.TestCase
