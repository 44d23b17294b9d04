"""Whatever happens in a cluster, in whatever order: what always holds.

The machine below plays user, kubelet, drains, vandals and crashes against the operator.
"""

from __future__ import annotations

from datetime import datetime
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

from argmin.api.answer import ExitCode, Outcome, Reason, RunReport, SolveResult
from argmin.api.base import LABEL_QUEUE
from argmin.plan import JOBS, PODS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, START, World, failure, hide_uid

ENDINGS: tuple[tuple[int, RunReport | None], ...] = (
    (0, OPTIMAL),
    (
        0,
        RunReport(
            succeeded=True, reason=Reason.INFEASIBLE, result=SolveResult(outcome=Outcome.INFEASIBLE)
        ),
    ),
    (0, None),
    (ExitCode.INVALID_INPUT, failure(Reason.INVALID_MODEL, "no model")),
    (ExitCode.PROGRAM_FAILED, failure(Reason.PROGRAM_FAILED, "it raised")),
    (137, None),
)
STOPPED: tuple[tuple[int, RunReport | None], ...] = (
    (0, INTERRUPTED),
    (ExitCode.INTERRUPTED, failure(Reason.INTERRUPTED, "nothing found")),
    (137, None),
)
MODELS = tuple({"format": "mps", "source": {"inline": f"NAME {n}"}} for n in "ab")


class History(RuleBasedStateMachine):
    """One job, from its creation through all that may befall it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.final: dict[str, Any] | None = None

    @initialize(
        is_queued=st.booleans(),
        deadline=st.none() | st.integers(1, 300),
        backoff=st.integers(0, 2),
        suspend=st.booleans(),
    )
    def create(self, is_queued: bool, deadline: int | None, backoff: int, suspend: bool) -> None:
        spec = {"backoffLimit": backoff, "suspend": suspend, "model": MODELS[0]}
        if deadline:
            spec["activeDeadlineSeconds"] = deadline
        self.world = World(labels={LABEL_QUEUE: "q"} if is_queued else None, **spec)

    # The operator and the Job controller work at their own polling; the operator may crash.

    @rule()
    def operator_works(self) -> None:
        self.world.settle()

    @rule(writes=st.integers(0, 3))
    def operator_crashes(self, writes: int) -> None:
        self.world.reconcile(crash_after=writes)

    @rule()
    def job_controller_works(self) -> None:
        self.world.controller.sync(self.world.now)

    @rule(seconds=st.sampled_from([1, 10, 30, 100]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    # The user.

    @rule(suspend=st.booleans())
    def user_holds_or_resumes(self, suspend: bool) -> None:
        self.edit(suspend=suspend)

    @rule(deadline=st.none() | st.integers(1, 300), backoff=st.integers(0, 2))
    def user_steers(self, deadline: int | None, backoff: int) -> None:
        self.edit(activeDeadlineSeconds=deadline, backoffLimit=backoff)

    @rule(model=st.sampled_from(MODELS))
    def user_writes_another_model(self, model: dict[str, Any]) -> None:
        if model != self.world.object["spec"]["model"]:
            self.final = None
            self.edit(model=model)

    def edit(self, **fields: Any) -> None:
        self.world.edit(**fields)

    # The node.

    @precondition(lambda self: self.has_pod("Pending"))
    @rule()
    def pod_starts(self) -> None:
        if self.world.pod["status"]["phase"] == "Pending":
            self.world.pod_runs()

    @precondition(lambda self: self.has_pod("Running"))
    @rule(ending=st.sampled_from(ENDINGS))
    def pod_ends(self, ending: tuple[int, RunReport | None]) -> None:
        if "deletionTimestamp" not in self.world.running_pod["metadata"]:
            self.world.pod_ends(*ending)

    @precondition(lambda self: self.has_pod("Running"))
    @rule(ending=st.sampled_from(STOPPED))
    def stopped_pod_ends(self, ending: tuple[int, RunReport | None]) -> None:
        if "deletionTimestamp" in self.world.running_pod["metadata"]:
            self.world.pod_ends(*ending)

    @precondition(lambda self: self.has_pod("Running"))
    @rule()
    def node_is_drained(self) -> None:
        self.world.pod_is_disrupted()

    @rule()
    def ended_pods_are_removed(self) -> None:
        self.world.pods_are_removed()

    # Others.

    @precondition(lambda self: bool(self.world.jobs))
    @rule()
    def somebody_deletes_the_job(self) -> None:
        self.world.remove(JOBS, self.world.jobs[0]["metadata"]["name"])

    @precondition(lambda self: bool(self.world.pods))
    @rule()
    def somebody_deletes_a_pod_at_once(self) -> None:
        self.world.remove(PODS, self.world.pod["metadata"]["name"])

    @precondition(lambda self: bool(self.world.jobs))
    @rule(field=st.sampled_from(["suspend", "parallelism", "backoffLimit"]))
    def somebody_edits_the_job(self, field: str) -> None:
        self.world.jobs[0]["spec"][field] = {"suspend": True, "parallelism": 0}.get(field, 50)

    @precondition(lambda self: any(j["spec"]["suspend"] for j in self.world.jobs))
    @rule()
    def queue_lets_the_job_go(self) -> None:
        if self.world.object["metadata"]["labels"]:
            self.world.jobs[0]["spec"]["suspend"] = False

    def has_pod(self, phase: str) -> bool:
        return any(p["status"]["phase"] == phase for p in self.world.pods)

    # What always holds.

    @rule()
    def the_operator_comes_to_rest(self) -> None:
        self.rest(crash_after=None)

    @rule(writes=st.integers(0, 3))
    def a_crash_changes_nothing(self, writes: int) -> None:
        assert self.rest(crash_after=writes) == self.rest(crash_after=None)

    def rest(self, crash_after: int | None) -> Any:
        world = self.world.fork()
        world.reconcile(crash_after)
        world.settle()
        plan = world.plan()
        assert (plan.patch, plan.apply, plan.delete) == ((), (), ())
        assert plan.status == world.status
        self.check(world)
        return _describe(world)

    def check(self, world: World) -> None:
        conditions = {c["type"]: c["status"] for c in world.status["conditions"]}
        always = {"Complete", "Failed", "Suspended", "Reconciling", "Stalled"}
        assert set(conditions) - {"Verified"} == always
        assert (conditions["Complete"], conditions["Failed"]) != ("True", "True")
        assert "True" in conditions.values()
        assert world.status["observedGeneration"] == world.object["metadata"]["generation"]
        assert len(world.jobs) <= 1
        if not self.is_over() and not world.object["spec"].get("suspend"):
            uids = [job["metadata"]["uid"] for job in world.jobs]
            assert uids == [u for u in [world.status.get("jobUid")] if u]

    @invariant()
    def what_has_finished_stays_as_it_was(self) -> None:
        status = self.world.status
        if self.is_over() and self.final is None:
            self.final = _pick_answer(status)
        if self.final is not None:
            assert _pick_answer(status) == self.final

    def is_over(self) -> bool:
        is_current = self.world.plan().notes[-1].rule == "stay_finished"
        return is_current and bool({"Complete", "Failed"} & set(self.world.true_conditions))

    @invariant()
    def running_time_never_exceeds_the_clock(self) -> None:
        used = self.world.status.get("activeSeconds", 0)
        assert 0 <= used <= (self.world.now - START).total_seconds()


def _pick_answer(status: dict[str, Any]) -> dict[str, Any]:
    fields = ("outcome", "objective", "completionTime", "solutionRef", "attempts", "state")
    return {name: status.get(name) for name in fields}


def _describe(world: World) -> Any:
    """Everything but the identities that the API server deals out."""
    return [
        (str(key), found.get("spec"), found.get("data"), _total_time(hide_uid(found, world), world))
        for key, found in sorted(world.store.objects.items(), key=lambda entry: str(entry[0]))
    ]


def _total_time(status: Any, world: World) -> Any:
    """The running time as one sum: a period closed and opened at the same instant changes none."""
    if not status or "activeSince" not in status:
        return status
    parts = {"activeSince": None, "activeSeconds": 0, **status}
    open_period = world.now - datetime.fromisoformat(parts["activeSince"])
    total = parts["activeSeconds"] + int(open_period.total_seconds())
    return {**parts, "activeSince": "open", "activeSeconds": total}


History.TestCase.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestHistory = History.TestCase
