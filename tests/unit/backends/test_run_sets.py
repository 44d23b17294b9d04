"""Several runs of one owner at a time: each is observed, kept and cleaned up by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.api.backend import BackendName
from argmin.backends.backend import Observations
from argmin.backends.dispatch import find_leftovers
from argmin.backends.execution import RunMemory, RunSet, merge_actions
from argmin.backends.pods.job import LABEL_COMPONENT
from argmin.backends.pods.objects import LiveJob
from argmin.backends.registry import Backends
from argmin.backends.run import Run
from argmin.backends.sagemaker.calls import CreateJob, StopJob
from argmin.backends.sagemaker.request import name_job
from argmin.backends.state import RunPhase
from argmin.plan import JOBS, Key, Manifest, Resource
from tests.unit.backends.run_sets import (
    CLUSTER_OWNER,
    KNOWN,
    NOW,
    announced,
    failed_attempt,
    find_executions,
    held,
    in_pods,
    job_of,
    make_set,
    manifest_of,
    on_aws,
    pod_of,
    trial,
)

RUNNING, FAILED, NEW = trial(1), trial(2), trial(3)
ON_AWS = trial(4, aws=True)
SEEN = in_pods(
    [job_of(RUNNING), job_of(FAILED, "Failed")],
    [pod_of(RUNNING), pod_of(FAILED, "Failed")],
)


def released(run_set: RunSet, seen: Observations) -> bool:
    """Whether the owner is let go: no finalizer of argmin stays."""
    patched = find_leftovers(run_set, seen, NOW).actions.patch
    return any(p.body["metadata"].get("finalizers") == [] for p in patched)


def stopped(run_set: RunSet, seen: Observations) -> list[str]:
    calls = find_leftovers(run_set, seen, NOW).actions.calls
    return [call.job_name for call in calls if isinstance(call, StopJob)]


def deleted(run_set: RunSet, seen: Observations) -> list[str]:
    return [d.key.name for d in find_leftovers(run_set, seen, NOW).actions.delete]


def test_each_run_has_the_state_of_its_own_job() -> None:
    runs = make_set(RUNNING, FAILED, NEW, remembered={RUNNING.name: KNOWN, FAILED.name: KNOWN})
    found = find_executions(runs, SEEN, NOW)
    assert {name: e.state.phase for name, e in found.items()} == {
        RUNNING.name: RunPhase.RUNNING,
        FAILED.name: RunPhase.FAILED,
        NEW.name: RunPhase.ABSENT,
    }
    assert [a.name for a in found[RUNNING.name].state.attempts] == ["steel-r1-pod"]


def test_no_run_of_the_set_is_cleaned_up() -> None:
    assert deleted(make_set(RUNNING, FAILED, NEW), SEEN) == []


def test_a_run_that_is_taken_out_is_deleted_and_the_others_go_on() -> None:
    runs = make_set(RUNNING, NEW, remembered={RUNNING.name: KNOWN, FAILED.name: KNOWN})
    assert deleted(runs, SEEN) == [FAILED.name]


def test_a_job_for_another_purpose_is_no_run() -> None:
    manifest = manifest_of(trial(9))
    manifest["metadata"]["labels"][LABEL_COMPONENT] = "check"
    seen = in_pods([LiveJob.model_validate(manifest)])
    assert deleted(make_set(RUNNING), seen) == []


def test_of_an_owner_that_is_deleted_the_garbage_collector_takes_the_children() -> None:
    assert deleted(make_set(NEW, is_deleted=True), SEEN) == []


def test_runs_in_pods_and_elsewhere_do_not_touch_each_other() -> None:
    runs = held(RUNNING, ON_AWS, remembered={RUNNING.name: KNOWN, ON_AWS.name: announced(ON_AWS)})
    seen = {**SEEN, BackendName.SAGE_MAKER: on_aws(ON_AWS)}
    phases = {name: e.state.phase for name, e in find_executions(runs, seen, NOW).items()}
    assert phases == {RUNNING.name: RunPhase.RUNNING, ON_AWS.name: RunPhase.RUNNING}
    assert stopped(runs, seen) == []
    assert deleted(runs, seen) == [FAILED.name]


@dataclass(frozen=True)
class Case:
    """Which of two runs on SageMaker are wanted, what the status records, and what is there."""

    runs: Sequence[Run]
    remembered: Mapping[str, RunMemory]
    seen: Observations
    stops: Sequence[str] = ()
    lets_go: bool = False
    is_deleted: bool = False
    refs: Sequence[str] = field(default=())


A, B = trial(5, aws=True), trial(6, aws=True)
BOTH = {A.name: announced(A), B.name: announced(B)}
BOTH_RUN = {BackendName.SAGE_MAKER: {**on_aws(A), **on_aws(B)}}
A_STOPPED = {BackendName.SAGE_MAKER: {**on_aws(A, "Stopped"), **on_aws(B)}}
BOTH_STOPPED = {BackendName.SAGE_MAKER: {**on_aws(A, "Stopped"), **on_aws(B, "Stopped")}}
NAME_A, NAME_B = (
    str(m.backend_ref.sage_maker and m.backend_ref.sage_maker.job_name) for m in BOTH.values()
)

CASES = {
    "both wanted": Case((A, B), BOTH, BOTH_RUN),
    "one taken out": Case((B,), BOTH, BOTH_RUN, [NAME_A]),
    "the one that was taken out has ended": Case((B,), BOTH, A_STOPPED, refs=[A.name]),
    "both taken out": Case((), BOTH, BOTH_RUN, [NAME_A, NAME_B]),
    "one of both that were taken out has ended": Case((), BOTH, A_STOPPED, [NAME_B], refs=[A.name]),
    "all have ended": Case((), BOTH, BOTH_STOPPED, lets_go=True, refs=[A.name, B.name]),
    "one has finished": Case((A, B), {**BOTH, A.name: announced(A, is_finished=True)}, BOTH_RUN,
                             [NAME_A]),
    "deleted": Case((A, B), BOTH, BOTH_RUN, [NAME_A, NAME_B], is_deleted=True),
    "deleted, and one has ended": Case((A, B), BOTH, A_STOPPED, [NAME_B], is_deleted=True,
                                       refs=[A.name]),
    "deleted, and all have ended": Case((A, B), BOTH, BOTH_STOPPED, lets_go=True, is_deleted=True,
                                        refs=[A.name, B.name]),
    "moved to pods": Case((RUNNING,), BOTH, BOTH_RUN, [NAME_A, NAME_B]),
    "never there": Case((RUNNING,), {}, {}, lets_go=True),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_owner_is_kept_until_the_last_job_outside_the_cluster_has_ended(case: Case) -> None:
    runs = held(*case.runs, remembered=dict(case.remembered), is_deleted=case.is_deleted)
    assert stopped(runs, case.seen) == list(case.stops)
    assert released(runs, case.seen) is case.lets_go
    assert sorted(find_leftovers(runs, case.seen, NOW).refs) == sorted(case.refs)


def test_an_end_that_was_observed_is_recorded_so_that_it_is_not_asked_for_again() -> None:
    leftovers = find_leftovers(held(B, remembered=BOTH), A_STOPPED, NOW)
    ended = leftovers.refs[A.name].sage_maker
    assert ended is not None
    assert ended.status == "Stopped"


def test_an_abandoned_owner_is_let_go_and_every_job_is_named() -> None:
    runs = held(A, B, remembered=BOTH, is_deleted=True, is_abandoned=True)
    assert released(runs, BOTH_RUN)
    warning = find_leftovers(runs, BOTH_RUN, NOW).warning
    assert NAME_A in warning
    assert NAME_B in warning


def test_runs_that_start_together_bind_their_owner_once() -> None:
    runs = make_set(A, B)
    executions = find_executions(runs, {}, NOW)
    actions = merge_actions(e.start(runs.requests[n].run, "new") for n, e in executions.items())
    assert len(actions.apply) == 1


def test_a_new_run_gets_a_job_name_that_no_former_run_had() -> None:
    former = announced(A, attempts=(failed_attempt(NAME_A), failed_attempt("steel-6f1c-r5-7")))
    runs = make_set(B, remembered={A.name: former})
    started = find_executions(runs, {}, NOW)[B.name].start(B, "new").backend_ref
    assert started is not None
    assert started.sage_maker is not None
    assert started.sage_maker.job_name.endswith("-8")


NAMES = st.integers(0, 9).map(trial)


@given(
    wanted=st.lists(NAMES, unique_by=lambda r: r.name, min_size=1),
    there=st.lists(NAMES, unique_by=lambda r: r.name),
    known=st.sets(st.integers(0, 9)),
)
def test_cleanup_never_names_a_job_of_the_set_and_misses_none_outside(
    wanted: list[Run], there: list[Run], known: set[int]
) -> None:
    remembered = {f"steel-r{number}": KNOWN for number in known}
    runs = make_set(*wanted, remembered=remembered)
    names = {run.name for run in wanted}
    gone = set(deleted(runs, in_pods([job_of(run) for run in there])))
    assert gone == {run.name for run in there} - names


class Cluster:
    """Children of an owner in several namespaces, as a kind's `View`."""

    def __init__(self, *objects: Manifest) -> None:
        self.objects = objects
        self.asked: list[Key] = []

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        return [
            m
            for m in self.objects
            if m["kind"] == resource.kind
            and owner_uid in [o["uid"] for o in m["metadata"]["ownerReferences"]]
        ]

    async def get(self, key: Key) -> Manifest | None:
        self.asked.append(key)
        return None

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        return []

    def is_served(self, resource: Resource) -> bool:
        return True

    async def list_entries(self, key: Key) -> frozenset[str] | None:
        return None


def test_runs_of_a_cluster_scoped_owner_are_told_apart_by_namespace() -> None:
    near = trial(1, owner=CLUSTER_OWNER, namespace="near")
    far = trial(2, owner=CLUSTER_OWNER, namespace="far")
    namesake = trial(1, owner=CLUSTER_OWNER, namespace="far")
    runs = make_set(near, far, remembered={near.name: KNOWN})
    view = Cluster(manifest_of(near), manifest_of(namesake))
    seen = asyncio.run(Backends().observe(runs, view, NOW))
    found = find_executions(runs, seen, NOW)
    assert {name: e.exists for name, e in found.items()} == {near.name: True, far.name: False}
    gone = [d.key for d in find_leftovers(runs, seen, NOW).actions.delete]
    assert gone == [Key(JOBS, "far", near.name)]


def test_a_run_elsewhere_says_what_call_will_create_it() -> None:
    started = find_executions(make_set(ON_AWS), {}, NOW)[ON_AWS.name].start(ON_AWS, "new")
    assert started.calls == ()
    (call,) = started.following
    assert isinstance(call, CreateJob)
    assert call.job_name == name_job(ON_AWS, 1)


def test_a_run_in_pods_makes_no_call_outside_the_cluster() -> None:
    started = find_executions(make_set(NEW), {}, NOW)[NEW.name].start(NEW, "new")
    assert (started.calls, started.following) == ((), ())


@dataclass(frozen=True)
class PutRole:
    """A call to a service that executes no runs."""

    reason: str = "the team has none"

    def describe(self) -> str:
        return "put role"


class Roles:
    """A service that executes no runs."""

    calls = (PutRole,)

    def __init__(self) -> None:
        self.done: list[object] = []

    async def perform(self, call: object) -> None:
        self.done.append(call)


def test_another_service_adds_its_calls_by_being_named_once() -> None:
    roles = Roles()
    asyncio.run(Backends(services=[roles]).perform(PutRole()))
    assert roles.done == [PutRole()]


def test_a_call_that_nobody_executes_is_an_error_that_names_it() -> None:
    with pytest.raises(TypeError, match="nothing is registered that can put role"):
        asyncio.run(Backends().perform(PutRole()))
