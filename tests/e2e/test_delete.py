"""Deleting a job in the middle of its solve cancels it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster import client_program
from tests.e2e.jobs import JOBS, await_emptiness, await_pod_that_says, model_job, script_job
from tests.e2e.programs import ENDLESS, INCUMBENT, MARKET_SPLIT, STUBBORN
from tests.kubectl import Kubectl

LIMIT_SECONDS = 120


class Log:
    """What a pod printed until its end."""

    text = ""


@contextmanager
def following(kubectl: Kubectl, pod: str) -> Iterator[Log]:
    """The log of a pod, complete once the block is left and the pod has ended."""
    program = str(client_program("kubectl"))
    command = [program, f"--namespace={kubectl.namespace}", "logs", "--follow", pod]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=kubectl.environment
    ) as process:
        log = Log()
        try:
            yield log
            log.text = process.communicate(timeout=LIMIT_SECONDS)[0]
        finally:
            process.kill()


def test_deleting_a_job_stops_its_program_gracefully_and_leaves_nothing(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("program", ENDLESS))
    pod = await_pod_that_says(kubectl, "program", INCUMBENT)
    with following(kubectl, pod) as log:
        kubectl.delete(JOBS, "program", f"--timeout={LIMIT_SECONDS}s")
    assert "Interrupted: sending SIGTERM to the program" in log.text
    assert "SIGKILL" not in log.text
    await_emptiness(kubectl)


def test_deleting_a_job_stops_its_solver_gracefully_and_leaves_nothing(kubectl: Kubectl) -> None:
    kubectl.apply(model_job("model", "python", MARKET_SPLIT, "highs"))
    pod = await_pod_that_says(kubectl, "model", "solver highs")
    with following(kubectl, pod) as log:
        kubectl.delete(JOBS, "model", f"--timeout={LIMIT_SECONDS}s")
    assert "stopping the solver: Interrupted" in log.text
    await_emptiness(kubectl)


def test_deleting_a_job_ends_even_a_program_that_ignores_sigterm(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("stubborn", STUBBORN))
    pod = await_pod_that_says(kubectl, "stubborn", INCUMBENT)
    with following(kubectl, pod) as log:
        kubectl.delete(JOBS, "stubborn", f"--timeout={LIMIT_SECONDS}s")
    assert "sending SIGKILL" in log.text
    await_emptiness(kubectl)
