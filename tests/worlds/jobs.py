"""The Jobs and pods of a world: their controller, and a kubelet whose containers end as asked."""

from __future__ import annotations

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.scalars import format_time
from argmin.plan import JOBS, PODS, Key, Manifest, Resource
from tests.worlds.api_server import ApiServer, key_of
from tests.worlds.fields import clone
from tests.worlds.job_controller import JobController
from tests.worlds.world import World

OPTIMAL = RunReport(
    succeeded=True,
    reason=Reason.OPTIMAL,
    delivered=True,
    result=SolveResult(outcome=Outcome.OPTIMAL, objective="15005.0"),
)
CONTROLLER = "kube-controller-manager"


class LiveObjects:
    """Objects to be changed in place, and stored together."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._read: dict[Key, tuple[Manifest, Manifest]] = {}

    def of(self, resource: Resource) -> list[Manifest]:
        for manifest in self._server.list_all(resource):
            key = key_of(resource, manifest)
            manifest["metadata"].pop("managedFields")
            self._read.setdefault(key, (clone(manifest), manifest))
        return [
            live
            for key, (_, live) in sorted(self._read.items(), key=str)
            if key.resource == resource
        ]

    def create(self, key: Key, manifest: Manifest) -> None:
        self._server.create(key.resource, manifest, CONTROLLER)

    def delete(self, key: Key, uid: str) -> None:
        self._read.pop(key, None)
        self._server.delete(key, uid, CONTROLLER)

    def store(self) -> None:
        """Store what has changed, and read anew from then on."""
        for key, (before, live) in self._read.items():
            if live != before:
                self._server.replace(key, live, CONTROLLER)
        self._read.clear()


def sync_jobs(world: World) -> None:
    """The Job controller brings pods and Jobs up to date."""
    controller: JobController = world.outside.setdefault("jobs", JobController(_live(world)))
    controller.sync(world.now)
    _live(world).store()


def run_pods(world: World) -> None:
    """The Job controller makes the pods, and the kubelet starts their containers."""
    sync_jobs(world)
    for pod in _live(world).of(PODS):
        if pod["status"].get("phase") == "Pending":
            started = {"running": {"startedAt": format_time(world.now)}}
            pod["spec"]["nodeName"] = "node-1"
            pod["status"] = {
                "phase": "Running",
                "startTime": format_time(world.now),
                "containerStatuses": [{"name": "runner", "state": started}],
            }
    _live(world).store()


def end_pods(world: World, answer: RunReport, exit_code: int = 0, job: str = "") -> None:
    """The containers of all running pods end with an answer, or those of one Job."""
    text = answer.model_dump_json(by_alias=True, exclude_none=True)
    for pod in _live(world).of(PODS):
        if pod["status"]["phase"] != "Running" or job not in (
            "",
            pod["metadata"]["ownerReferences"][0]["name"],
        ):
            continue
        ended = {
            "exitCode": exit_code,
            "reason": "Completed" if exit_code == 0 else "Error",
            "message": text,
            "startedAt": pod["status"]["startTime"],
            "finishedAt": format_time(world.now),
        }
        pod["status"]["phase"] = "Succeeded" if exit_code == 0 else "Failed"
        pod["status"]["containerStatuses"] = [{"name": "runner", "state": {"terminated": ended}}]
    _live(world).store()
    sync_jobs(world)


def list_jobs(world: World) -> list[str]:
    """Names of all Jobs."""
    return [job["metadata"]["name"] for job in world.server.list_all(JOBS)]


def _live(world: World) -> LiveObjects:
    live: LiveObjects = world.outside.setdefault("live", LiveObjects(world.server))
    return live
