"""A search of some seconds in a real pod: seen while it goes on, and gone when it is over."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench.models import Size, build_knapsack
from tests.cluster import client_program
from tests.cluster.waiting import wait_until
from tests.e2e.jobs import JOBS, POLL_SECONDS, await_job, model_job
from tests.e2e.operator_process import find_operator
from tests.installation import NAMESPACE
from tests.kubectl import Kubectl, Object, condition_of, holds

NAME = "knapsack"
SECONDS = 20
HARD = Size(120, 10)
"""Far from solved within these seconds, with better solutions found all the time."""
OTHER_WRITES = 8
"""What the status of any job takes from its creation to its answer, at most."""

_READ_METRICS = """
import urllib.request
print(urllib.request.urlopen("http://localhost:8081/metrics", timeout=10).read().decode())
"""


@contextmanager
def recorded(kubectl: Kubectl) -> Iterator[list[Object]]:
    """Every state that the job goes through, complete when the block ends."""
    states: list[Object] = []
    command = [str(client_program("kubectl")), f"--namespace={kubectl.namespace}"]
    command += ["get", JOBS, NAME, "--watch", "--output=json"]
    with tempfile.TemporaryFile("w+") as seen:
        watching = subprocess.Popen(command, stdout=seen, env=kubectl.environment)
        try:
            yield states
        finally:
            watching.terminate()
            watching.wait(timeout=30)
        seen.seek(0)
        states.extend(_read_documents(seen.read()))


def _read_documents(text: str) -> Iterator[Object]:
    """The JSON documents one after another in a text; one that was cut short is left out."""
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return
        yield document


def gauges(operator: Kubectl, kubectl: Kubectl) -> dict[str, float]:
    """The gauges of the job's search, by name."""
    pod = find_operator(operator)["metadata"]["name"]
    page = operator.within(NAMESPACE).run("exec", pod, "--", "python", "-c", _READ_METRICS)
    labels = f'{{name="{NAME}",namespace="{kubectl.namespace}"}}'
    lines = (line.split(labels) for line in page.splitlines() if labels in line)
    return {name: float(value) for name, value in lines}


@pytest.fixture
def job() -> Object:
    return model_job(
        NAME,
        "mps",
        build_knapsack(HARD),
        "highs",
        limits={"time": f"{SECONDS}s"},
        resources={"requests": {"cpu": "500m"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    )


def test_a_search_is_seen_in_the_status_and_by_prometheus_until_its_answer_is_there(
    operator: Kubectl, kubectl: Kubectl, job: Object
) -> None:
    kubectl.apply(job)
    with recorded(kubectl) as states:
        await_job(kubectl, NAME, lambda seen: _objective(seen) is not None)
        began = time.monotonic()
        wait_until(
            lambda: len(gauges(operator, kubectl)) == 3,
            "the gauges",
            timeout=SECONDS,
            interval=POLL_SECONDS,
        )
        answered = await_job(kubectl, NAME)
        seconds = time.monotonic() - began

    assert holds(answered, "Complete")
    assert answered["status"]["outcome"] == "Feasible"
    assert "progress" not in answered["status"]
    assert condition_of(answered, "Verified")["status"] == "True"
    assert gauges(operator, kubectl) == {}

    told = [state["status"]["progress"] for state in states if _objective(state) is not None]
    objectives = [float(progress["objective"]) for progress in told]
    assert len(set(objectives)) > 1
    assert objectives == sorted(objectives, reverse=True)
    assert float(answered["status"]["objective"]) <= objectives[-1]
    versions = {state["metadata"]["resourceVersion"] for state in states}
    assert len(versions) <= seconds + 1 + OTHER_WRITES


def test_a_job_of_less_than_a_second_tells_nothing_and_costs_no_write_more(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(model_job(NAME, "mps", build_knapsack(Size(10, 2)), "highs"))
    with recorded(kubectl) as states:
        await_job(kubectl, NAME)
    assert not any("progress" in state.get("status", {}) for state in states)
    assert len({state["metadata"]["resourceVersion"] for state in states}) <= OTHER_WRITES


def _objective(job: Object) -> str | None:
    found: str | None = job.get("status", {}).get("progress", {}).get("objective")
    return found
