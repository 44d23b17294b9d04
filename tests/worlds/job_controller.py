"""Kubernetes' Job controller as of 1.34, as far as one pod at a time needs it.

With its habits that matter here: a suspended Job keeps its start time until it is resumed, the
deadline is compared before that time is renewed, a pod that is stopped for a suspension counts
neither as success nor as failure, one that is evicted and ends with 0 completes its Job, and a
failed Job waits for its last pod.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Protocol

from argmin.api.scalars import format_time
from argmin.plan import JOBS, PODS, Key, Manifest, Resource


class Objects(Protocol):
    """The objects that the controller reads and writes."""

    def of(self, resource: Resource) -> list[Manifest]:
        """All objects of a type, by name, for the controller to change in place."""

    def create(self, key: Key, manifest: Manifest) -> None:
        """Create an object."""

    def delete(self, key: Key, uid: str) -> None:
        """Delete an object."""


class JobController:
    """Brings the pods and the status of all Jobs up to date."""

    def __init__(self, store: Objects) -> None:
        self._store = store
        self._pods_made: Counter[str] = Counter()
        self._counted: set[str] = set()

    def sync(self, now: datetime) -> None:
        for _ in range(3):
            for job in self._store.of(JOBS):
                _JobSync(self, self._store, job, now).run()

    def name_pod(self, job: str) -> str:
        self._pods_made[job] += 1
        return f"{job}-{self._pods_made[job]:05}"

    def count_once(self, uid: str) -> bool:
        is_new = uid not in self._counted
        self._counted.add(uid)
        return is_new


class _JobSync:
    def __init__(
        self, controller: JobController, store: Objects, job: Manifest, now: datetime
    ) -> None:
        self.controller = controller
        self.store = store
        self.job = job
        self.spec = job["spec"]
        self.status = job.setdefault("status", {})
        self.now = now

    @property
    def pods(self) -> list[Manifest]:
        uid = self.job["metadata"]["uid"]
        return [
            pod
            for pod in self.store.of(PODS)
            if any(owner["uid"] == uid for owner in pod["metadata"]["ownerReferences"])
        ]

    @property
    def live(self) -> list[Manifest]:
        return [p for p in self.pods if p["status"]["phase"] in ("Pending", "Running")]

    def run(self) -> None:
        if self.has("Complete") or self.has("Failed"):
            return
        self.count_ended_pods()
        if not self.status.get("startTime") and not self.spec["suspend"]:
            self.status["startTime"] = format_time(self.now)
        self.look_for_failure()
        if self.has("FailureTarget"):
            self.stop_pods()
            if not self.live:
                target = self.find("FailureTarget")
                self.set("Failed", True, target["reason"])
            return
        if self.status.get("succeeded") and not self.live:
            self.set("Complete", True, "CompletionsReached")
            self.status["completionTime"] = format_time(self.now)
            return
        self.manage_pods()

    def count_ended_pods(self) -> None:
        for pod in self.pods:
            phase = pod["status"]["phase"]
            if phase in ("Succeeded", "Failed") and self.controller.count_once(
                pod["metadata"]["uid"]
            ):
                if phase == "Succeeded":
                    self.status["succeeded"] = 1
                else:
                    self.count_failure(pod)

    def count_failure(self, pod: Manifest) -> None:
        action = self.match_failure_policy(pod)
        if action != "Ignore":
            self.status["failed"] = self.status.get("failed", 0) + 1
        if action == "FailJob":
            self.set("FailureTarget", True, "PodFailurePolicy")

    def match_failure_policy(self, pod: Manifest) -> str:
        conditions = {
            c["type"] for c in pod["status"].get("conditions", []) if c["status"] == "True"
        }
        statuses = pod["status"].get("containerStatuses", [])
        codes = {s["state"]["terminated"]["exitCode"] for s in statuses}
        for rule in self.spec["podFailurePolicy"]["rules"]:
            on_codes = rule.get("onExitCodes", {}).get("values", [])
            on_conditions = {c["type"] for c in rule.get("onPodConditions", [])}
            if codes & set(on_codes) or conditions & on_conditions:
                return str(rule["action"])
        return "Count"

    def look_for_failure(self) -> None:
        if self.has("FailureTarget"):
            return
        if self.status.get("failed", 0) > self.spec["backoffLimit"]:
            self.set("FailureTarget", True, "BackoffLimitExceeded")
        deadline = self.spec.get("activeDeadlineSeconds")
        start = self.status.get("startTime")
        if deadline is None or not start or self.spec["suspend"]:
            return
        if self.now - datetime.fromisoformat(start) >= timedelta(seconds=deadline):
            self.set("FailureTarget", True, "DeadlineExceeded")

    def manage_pods(self) -> None:
        if self.spec["suspend"]:
            for pod in self.live:
                self.controller.count_once(pod["metadata"]["uid"])
            self.stop_pods()
            self.set("Suspended", True, "JobSuspended")
            return
        if self.has("Suspended"):
            self.set("Suspended", False, "JobResumed")
            self.status["startTime"] = format_time(self.now)
        if not self.live and not self.status.get("succeeded") and self.spec["parallelism"]:
            self.make_pod()

    def make_pod(self) -> None:
        metadata = self.job["metadata"]
        name = self.controller.name_pod(metadata["name"])
        key = Key(PODS, metadata["namespace"], name)
        owner = {"kind": "Job", "name": metadata["name"], "uid": metadata["uid"]}
        self.store.create(
            key,
            {
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": self.spec["template"]["metadata"]["labels"],
                    "ownerReferences": [owner],
                },
                "spec": {},
                "status": {"phase": "Pending"},
            },
        )

    def stop_pods(self) -> None:
        for pod in self.live:
            metadata = pod["metadata"]
            metadata.setdefault("deletionTimestamp", format_time(self.now))
            if pod["status"]["phase"] == "Pending":
                self.store.delete(
                    Key(PODS, metadata["namespace"], metadata["name"]), metadata["uid"]
                )

    def has(self, kind: str) -> bool:
        return bool(self.find(kind)) and self.find(kind)["status"] == "True"

    def find(self, kind: str) -> dict[str, Any]:
        return next((c for c in self.status.get("conditions", []) if c["type"] == kind), {})

    def set(self, kind: str, holds: bool, reason: str) -> None:
        status = "True" if holds else "False"
        if self.find(kind).get("status") == status or (not holds and not self.find(kind)):
            return
        others = [c for c in self.status.get("conditions", []) if c["type"] != kind]
        condition = {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": f"the Job's {reason}",
            "lastTransitionTime": format_time(self.now),
        }
        self.status["conditions"] = [*others, condition]
