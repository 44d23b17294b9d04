"""The deadline of a job: what was found until then is the answer."""

from __future__ import annotations

import pytest

from tests.e2e.jobs import await_jobs, message_of, script_job, status_of
from tests.e2e.programs import ENDLESS, FRUITLESS
from tests.kubectl import Kubectl, Object, holds

DEADLINE = 15


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    shared.apply(script_job("fruitful", ENDLESS, activeDeadlineSeconds=DEADLINE))
    shared.apply(script_job("fruitless", FRUITLESS, activeDeadlineSeconds=DEADLINE))
    return await_jobs(shared, ["fruitful", "fruitless"])


def test_a_job_over_its_deadline_completes_with_the_best_solution_it_has(
    jobs: dict[str, Object],
) -> None:
    job = jobs["fruitful"]
    assert holds(job, "Complete")
    assert message_of(job, "Complete").startswith("DeadlineExceeded: ")
    assert status_of(job, "outcome", "objective", "bestBound") == {
        "outcome": "Feasible",
        "objective": "7.0",
        "bestBound": "3.0",
    }


def test_a_job_over_its_deadline_without_any_solution_fails(jobs: dict[str, Object]) -> None:
    job = jobs["fruitless"]
    assert holds(job, "Failed")
    assert message_of(job, "Failed").startswith("DeadlineExceeded: ")
    assert status_of(job, "outcome", "objective") == {"outcome": "Unknown", "objective": None}
