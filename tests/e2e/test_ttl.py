"""A finished job goes by itself after its time to live."""

from __future__ import annotations

from tests.e2e.jobs import JOBS, await_emptiness, await_job, script_job
from tests.kubectl import Kubectl, holds


def test_a_finished_job_is_deleted_with_all_it_owns_after_its_time_to_live(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("brief", "print(1)", ttlSecondsAfterFinished=8))
    kubectl.apply(script_job("kept", "print(1)"))
    assert holds(await_job(kubectl, "brief"), "Complete")
    kubectl.run("wait", "--for=delete", f"{JOBS}/brief", "--timeout=120s")
    assert holds(await_job(kubectl, "kept"), "Complete")

    kubectl.delete(JOBS, "kept")
    await_emptiness(kubectl)
