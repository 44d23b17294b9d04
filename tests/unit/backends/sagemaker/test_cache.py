"""What identifies a job in the cache."""

from __future__ import annotations

import pytest

from argmin.aws.models import Access, JobHint
from argmin.backends.sagemaker.cache import Entry, JobCache
from argmin.backends.sagemaker.job_type import JobType
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from tests.unit.backends.runs import OWNER
from tests.unit.backends.sagemaker.job_types import TRAINING

TEAM = "arn:aws:iam::111122223333:role/team"
OTHER_TEAM = "arn:aws:iam::444455556666:role/team"
HERE = Access("eu-west-1", TEAM)


def open_entry(cache: JobCache, access: Access, job_type: JobType = PROCESSING) -> Entry:
    return cache.open(job_type, "steel-1", access, OWNER.key)


@pytest.mark.parametrize(
    ("access", "job_type"),
    [
        (Access("us-east-1", TEAM), PROCESSING),
        (Access("eu-west-1", OTHER_TEAM), PROCESSING),
        (Access("eu-west-1"), PROCESSING),
        (HERE, TRAINING),
    ],
    ids=["region", "account", "own account", "type"],
)
def test_jobs_of_one_name_are_not_taken_for_each_other(access: Access, job_type: JobType) -> None:
    cache = JobCache()
    assert open_entry(cache, access, job_type) is not open_entry(cache, HERE)


@pytest.mark.parametrize(
    "access",
    [Access("eu-west-1", "arn:aws:iam::111122223333:role/another"), Access("", TEAM)],
    ids=["another role of the account", "the region of the process"],
)
def test_a_job_is_the_same_by_whatever_role_and_way_it_is_reached(access: Access) -> None:
    cache = JobCache("eu-west-1")
    assert open_entry(cache, access) is open_entry(cache, HERE)


def test_an_event_finds_a_job_of_the_processs_own_account() -> None:
    cache = JobCache("eu-west-1")
    entry = open_entry(cache, Access())
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/steel-1"
    cache.record_hint(JobHint(job_type=PROCESSING.noun, name="steel-1", arn=arn, status="Failed"))
    assert entry.is_hinted
