"""OptimizationJobs for the tests: small ones to apply, and what can be seen of those applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.cluster.waiting import wait_until
from tests.kubectl import Kubectl, Object, condition_of, finished

JOBS = "optimizationjobs.argmin.dev"
SMALL: Object = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}
"""Many jobs of this size fit on the one node at the same time."""

ROOT_CERTIFICATE = "kube-root-ca.crt"
"""The ConfigMap that Kubernetes puts into every namespace."""
GATE = "/tmp/open"
POLL_SECONDS = 0.7
"""Looking more often would take the time of the two cores from what is looked at."""


def optimization_job(name: str, **spec: Any) -> Object:
    """An OptimizationJob, small unless `resources` say otherwise."""
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": name},
        "spec": {"resources": SMALL, **spec},
    }


def script_job(name: str, program: str, **spec: Any) -> Object:
    """A job that runs a Python program."""
    return optimization_job(name, script={"source": {"inline": program}}, **spec)


def model_job(name: str, model_format: str, text: str, solver: str = "", **spec: Any) -> Object:
    """A job that solves a model given as text, with the default solver where none is named."""
    model = {"format": model_format, "source": {"inline": text}}
    chosen = {"solver": {"name": solver}} if solver else {}
    return optimization_job(name, model=model, **chosen, **spec)


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap; in the names of keys, `_` stands for `.`."""
    named = {key.replace("_", "."): text for key, text in data.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": named}


def await_jobs(
    kubectl: Kubectl,
    names: Iterable[str],
    are_done: Callable[[Object], bool] = finished,
    timeout: float = 240,
) -> dict[str, Object]:
    """Wait until all these jobs are as wanted, finished by default; the jobs by name."""
    wanted = set(names)
    found: dict[str, Object] = {}

    def look() -> bool:
        found.update({job["metadata"]["name"]: job for job in kubectl.list(JOBS)})
        return all(name in found and are_done(found[name]) for name in wanted)

    wait_until(
        look,
        f"{len(wanted)} jobs",
        timeout=timeout,
        interval=POLL_SECONDS,
        hint=lambda: kubectl.run("get", f"{JOBS},jobs,pods", "--output=wide"),
    )
    return {name: found[name] for name in wanted}


def await_job(
    kubectl: Kubectl,
    name: str,
    is_done: Callable[[Object], bool] = finished,
    timeout: float = 120,
) -> Object:
    """Wait until a job is as wanted, finished by default."""
    return await_jobs(kubectl, [name], is_done, timeout)[name]


def status_of(job: Object, *fields: str) -> dict[str, Any]:
    """Some fields of a job's status; `None` for those that are not there."""
    return {field: job["status"].get(field) for field in fields}


def message_of(job: Object, kind: str) -> str:
    """Reason and message of a condition, as one line: `Reason: message`."""
    condition = condition_of(job, kind)
    return f"{condition.get('reason')}: {condition.get('message')}"


def pods_of(kubectl: Kubectl, name: str) -> list[Object]:
    """The pods of a job that are not on their way out."""
    pods = kubectl.list("pods", f"argmin.dev/name={name}")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def await_pod_that_says(kubectl: Kubectl, name: str, text: str, timeout: float = 120) -> str:
    """Wait until the one live pod of a job has printed `text`; the pod's name."""
    said: dict[str, str] = {}

    def look() -> bool:
        said.clear()
        running = [p for p in pods_of(kubectl, name) if p["status"]["phase"] == "Running"]
        said.update({pod["metadata"]["name"]: read_log(kubectl, pod) for pod in running})
        if not running:
            job = kubectl.get(JOBS, name)
            assert not finished(job), f"{name} is over: {job['status']}"
        return len(said) == 1 and text in next(iter(said.values()))

    wait_until(
        look,
        f"a pod of {name} that says {text!r}",
        timeout=timeout,
        interval=POLL_SECONDS,
        hint=lambda: f"{said}\n{kubectl.run('describe', f'{JOBS}/{name}')}",
    )
    return next(iter(said))


def read_log(kubectl: Kubectl, pod: Object) -> str:
    """What a pod has printed; empty while its container starts."""
    statuses = pod["status"].get("containerStatuses", [{}])
    if "running" not in statuses[0].get("state", {}):
        return ""
    return kubectl.run("logs", pod["metadata"]["name"], "--ignore-errors")


def open_gate(kubectl: Kubectl, pod: str) -> None:
    """Let a program of `tests.e2e.programs` that waits at its gate go on."""
    kubectl.run("exec", pod, "--", "touch", GATE)


def children_in(kubectl: Kubectl) -> dict[str, list[str]]:
    """The names of all Jobs, pods and ConfigMaps of the namespace, by kind."""
    found: dict[str, list[str]] = {"Job": [], "Pod": [], "ConfigMap": []}
    for item in kubectl.list("jobs,pods,configmaps"):
        if item["metadata"]["name"] != ROOT_CERTIFICATE:
            found[item["kind"]].append(item["metadata"]["name"])
    return found


def await_emptiness(kubectl: Kubectl, timeout: float = 90) -> None:
    """Wait until nothing of any job is left in the namespace."""
    wait_until(
        lambda: not any(children_in(kubectl).values()),
        "an empty namespace",
        timeout=timeout,
        interval=POLL_SECONDS,
        hint=lambda: str(children_in(kubectl)),
    )
