"""One OptimizationJob in a small world: its cluster, its operator, its user, and a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.pod import Resources
from argmin.api.progress import AttemptProgress
from argmin.api.scalars import format_time
from argmin.api.storage import S3Store
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy, PolicySettings, merge_settings
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import (
    CONFIG_MAPS,
    JOBS,
    PODS,
    Blocked,
    Delete,
    Event,
    Key,
    Manifest,
    Plan,
    Retry,
    record_uids,
)
from argmin.runtime.controller.conditions import set_retrying, set_stalled
from tests.unit.optimization.store import Store, clone
from tests.worlds.job_controller import JobController

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMESPACE = "team"
NAME = "steel"
KEY = Key(OPTIMIZATION_JOBS, NAMESPACE, NAME)
MODEL: Manifest = {"format": "mps", "source": {"inline": "NAME steel"}}

OPTIMAL = RunReport(
    succeeded=True,
    reason=Reason.OPTIMAL,
    delivered=True,
    result=SolveResult(
        outcome=Outcome.OPTIMAL,
        objective="15005.0",
        best_bound="15005.0",
        gap="0",
        solver="cbc",
        solver_version="2.10.8",
    ),
)
INTERRUPTED = RunReport(
    succeeded=True,
    reason=Reason.INTERRUPTED,
    message="interrupted",
    delivered=True,
    result=SolveResult(outcome=Outcome.FEASIBLE, objective="16000.0", best_bound="14000.0"),
)


def failure(reason: Reason, message: str) -> RunReport:
    """What a runner says that could not do its work."""
    return RunReport(succeeded=False, reason=reason, message=message)


_LOOP = asyncio.Runner()
"""One event loop for all worlds: to make one for each reconcile would take longer than it."""


class CrashError(BaseException):
    """The operator dies just before a write: nothing may catch this."""


class World:
    """Everything moves only when a test says so."""

    def __init__(self, labels: dict[str, str] | None = None, **spec: Any) -> None:
        self.now = START
        self.store = Store(lambda: self.now)
        self.image = "argmin/solvers:1"
        self.artifacts: S3Store | None = None
        self.policy = PolicySettings()
        self.heard: AttemptProgress | None = None
        self._writes_left: int | None = None
        self.store.on_write = self._count_write
        self.kind = self._build_kind()
        self.controller = JobController(self.store)
        self.events: list[Event] = []
        self.requeue_after: timedelta | None = None
        self.store.objects[KEY] = {
            "metadata": {
                "name": NAME,
                "namespace": NAMESPACE,
                "uid": "owner",
                "generation": 1,
                "labels": labels or {},
            },
            "spec": {"model": MODEL, **spec},
        }

    def _policy(self, namespace: str) -> Policy:
        merged = merge_settings(PolicySettings(), self.policy, namespace)
        return Policy(self._defaults(namespace), *merged)

    def _defaults(self, namespace: str) -> Defaults:
        return Defaults(self.image, "http://argmin.system:8080", Resources(), store=self.artifacts)

    def fork(self) -> World:
        """A world that was the same until now, to try something out."""
        twin = World()
        twin.now = self.now
        twin.store.restore(self.store)
        return twin

    # The user.

    def edit(self, **spec: Any) -> None:
        """Change fields of the spec; `None` removes one."""
        found = self.object
        changed = {**found["spec"], **spec}
        found["spec"] = {name: value for name, value in changed.items() if value is not None}
        found["metadata"]["generation"] += 1

    def add_config_map(self, name: str, data: dict[str, str] | None = None) -> None:
        key = Key(CONFIG_MAPS, NAMESPACE, name)
        self.store.create(
            key, {"kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}}
        )
        self.store.objects[key]["data"] = data or {}

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # The operator.

    def plan(self) -> Plan:
        job = self.kind.parse(self.object)
        wanted = self.kind.want(job)
        observed = _LOOP.run(self.kind.observe(job, wanted, self.store))
        return self.kind.decide(job, wanted, observed, self.now)

    def reconcile(self, crash_after: int | None = None) -> Plan | None:
        """One reconcile, as the engine does it; it may die after some of its writes.

        `None` where it died or was blocked.
        """
        self._writes_left = crash_after
        try:
            return self._reconcile()
        except CrashError:
            self.restart()
            return None
        finally:
            self._writes_left = None

    def _reconcile(self) -> Plan | None:
        try:
            plan = self.plan()
            for act in self._actions(plan):
                act()
        except Retry as retry:
            self.requeue_after = retry.after
            return None
        except Blocked as blocked:
            explain = set_retrying if blocked.waiting else set_stalled
            status = explain(self.object, blocked.reason, blocked.message, self.now)
            self.store.write_status(KEY, status)
            self.requeue_after = blocked.after
            return None
        self.requeue_after = plan.requeue_after
        return plan

    def _count_write(self) -> None:
        if self._writes_left == 0:
            raise CrashError
        if self._writes_left is not None:
            self._writes_left -= 1

    def restart(self) -> None:
        """The operator starts anew, and remembers nothing."""
        self.kind = self._build_kind()

    def _build_kind(self) -> OptimizationJobKind:
        return OptimizationJobKind(self._policy, lambda: self.now, lambda *_of: self.heard)

    def _actions(self, plan: Plan) -> Iterator[Any]:
        for patch in plan.patch:
            yield lambda patch=patch: self.store.patch(patch.key, patch.body)
        for apply in plan.apply:
            yield lambda apply=apply: self.store.apply(apply.manifest, apply.manager)
        for delete in plan.delete:
            yield lambda delete=delete: self.store.delete(delete.key, delete.uid)
        for call in plan.calls:
            yield lambda call=call: _LOOP.run(self.kind.perform(call))
        if plan.status is not None:
            yield lambda: self._report(record_uids(plan, self.store.objects.get))

    def _report(self, plan: Plan) -> None:
        if KEY not in self.store.objects:
            self.events.extend(plan.events)
            return
        if self.store.write_status(KEY, plan.status or {}):
            self.events.extend(plan.events)

    def settle(self) -> None:
        """Reconcile until nothing is left to write."""
        for _ in range(8):
            before = len(self.store.writes)
            if KEY not in self.store.objects:
                return
            plan = self.reconcile()
            if len(self.store.writes) == before and not (plan and plan.calls):
                return
        raise AssertionError(f"it never settles: {self.store.writes[-8:]}")

    # Kubernetes.

    def sync(self) -> None:
        """The Job controller and the operator take turns until all is quiet."""
        for _ in range(6):
            self.settle()
            before = clone(self.store.in_order())
            self.controller.sync(self.now)
            if before == self.store.in_order():
                return
        raise AssertionError("the operator and the Job controller never agree")

    def pod_runs(self) -> None:
        """The kubelet starts the container of the live pod."""
        pod = self.pod
        pod["spec"]["nodeName"] = "node-1"
        pod["status"] = {
            "phase": "Running",
            "startTime": format_time(self.now),
            "containerStatuses": [
                {"name": "runner", "state": {"running": {"startedAt": format_time(self.now)}}}
            ],
        }

    def pod_waits(self, reason: str, message: str = "") -> None:
        """The kubelet tells why it does not start the container."""
        pod = self.pod
        pod["spec"]["nodeName"] = "node-1"
        pod["status"]["startTime"] = format_time(self.now)
        waiting = {"reason": reason, "message": message}
        pod["status"]["containerStatuses"] = [{"name": "runner", "state": {"waiting": waiting}}]

    def pod_ends(
        self, exit_code: int, answer: RunReport | None = None, text: str = "", reason: str = ""
    ) -> None:
        """The container of the running pod ends, with an answer in its termination message."""
        status = self.running_pod["status"]
        started = status["containerStatuses"][0]["state"]["running"]["startedAt"]
        message = answer.model_dump_json(by_alias=True, exclude_none=True) if answer else text
        ended = {
            "exitCode": exit_code,
            "reason": reason or ("Completed" if exit_code == 0 else "Error"),
            "message": message,
            "startedAt": started,
            "finishedAt": format_time(self.now),
        }
        status["phase"] = "Succeeded" if exit_code == 0 else "Failed"
        status["containerStatuses"] = [{"name": "runner", "state": {"terminated": ended}}]

    def pod_is_disrupted(self, reason: str = "EvictionByEvictionAPI") -> None:
        """Somebody with good reason tells the pod to go; its container is still running."""
        pod = self.running_pod
        pod["metadata"]["deletionTimestamp"] = format_time(self.now)
        pod["status"]["conditions"] = [
            {"type": "DisruptionTarget", "status": "True", "reason": reason}
        ]

    def pods_are_removed(self) -> None:
        """Pods that were told to go and have ended are gone."""
        for pod in list(self.store.of(PODS)):
            has_ended = pod["status"]["phase"] in ("Succeeded", "Failed")
            if has_ended and "deletionTimestamp" in pod["metadata"]:
                self.remove(PODS, pod["metadata"]["name"])

    def remove(self, resource: Any, name: str) -> None:
        key = Key(resource, NAMESPACE, name)
        self.store.delete(key, self.store.objects[key]["metadata"]["uid"])

    # What can be seen.

    @property
    def object(self) -> Manifest:
        return self.store.objects[KEY]

    @property
    def status(self) -> Manifest:
        status: Manifest = self.object.get("status", {})
        return status

    @property
    def jobs(self) -> list[Manifest]:
        return self.store.of(JOBS)

    @property
    def job(self) -> Manifest:
        (job,) = self.jobs
        return job

    @property
    def pods(self) -> list[Manifest]:
        return self.store.of(PODS)

    @property
    def pod(self) -> Manifest:
        """The newest pod."""
        return self.pods[-1]

    @property
    def running_pod(self) -> Manifest:
        return next(p for p in self.pods if p["status"]["phase"] == "Running")

    @property
    def true_conditions(self) -> dict[str, str]:
        """Reasons of the conditions that hold, by type."""
        conditions = self.status.get("conditions", [])
        return {c["type"]: c["reason"] for c in conditions if c["status"] == "True"}

    def message(self, kind: str) -> str:
        """Message of a condition."""
        return next(str(c["message"]) for c in self.status["conditions"] if c["type"] == kind)

    def status_writes(self) -> int:
        return sum(write.startswith("status") for write in self.store.writes)


def started(**spec: Any) -> World:
    """A world whose job has a running pod, and an operator that knows it."""
    world = World(**spec)
    world.sync()
    world.pod_runs()
    world.sync()
    return world


def deletions(plan: Plan) -> list[str]:
    """What a plan deletes."""
    return [str(delete.key) for delete in plan.delete if isinstance(delete, Delete)]


def hide_uid(found: Manifest, world: World) -> Any:
    """A status with whether it names the Job that is there, in place of that Job's identity."""
    status = found.get("status")
    if not status or "jobUid" not in status:
        return status
    return {**status, "jobUid": status["jobUid"] in [job["metadata"]["uid"] for job in world.jobs]}
