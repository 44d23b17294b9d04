"""Regions: only those that there are."""

from __future__ import annotations

import pytest

from argmin.aws.client import Aws
from argmin.aws.errors import UnknownRegionError
from argmin.aws.models import Access
from argmin.aws.rate_limit import MOST_BUCKETS, Budget, Rates
from argmin.aws.sagemaker import SageMaker
from argmin.aws.session import ClientSettings, Sessions


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_regions_of_all_partitions_are_known(region: str) -> None:
    assert Sessions().knows(region)


async def test_a_region_that_is_none_is_named_and_nobody_is_asked() -> None:
    calls: list[str] = []

    class Listener:
        def observe_aws_call(self, service: str, operation: str, code: str, s: float) -> None:
            calls.append(operation)

        def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
            calls.append(operation)

    async with Aws(observer=Listener()) as aws:
        with pytest.raises(UnknownRegionError) as raised:
            await SageMaker(aws, Access("eu-wset-9")).describe_job("ProcessingJob", "steel")
    assert "eu-wset-9" in raised.value.message
    assert "spec.backend.sageMaker.region" in raised.value.message
    assert calls == []


def test_few_clients_are_kept_and_those_in_use_stay() -> None:
    session = Sessions(ClientSettings(clients=2)).find(Access())
    first = session.client("sts", "eu-west-1")
    second = session.client("sts", "eu-west-2")
    assert session.client("sts", "eu-west-1") is first
    session.client("sts", "eu-west-3")
    assert session.client("sts", "eu-west-1") is first
    assert session.client("sts", "eu-west-2") is not second


def test_few_buckets_are_kept() -> None:
    budget = Budget(Rates(), lambda: 0.0)
    used = budget.find("0", "eu-west-1", "sagemaker", "describe_processing_job")
    unused = budget.find("1", "eu-west-1", "sagemaker", "describe_processing_job")
    for account in range(2, MOST_BUCKETS + 1):
        budget.find(str(account), "eu-west-1", "sagemaker", "describe_processing_job")
        budget.find("0", "eu-west-1", "sagemaker", "describe_processing_job")
    assert budget.find("0", "eu-west-1", "sagemaker", "describe_processing_job") is used
    assert budget.find("1", "eu-west-1", "sagemaker", "describe_processing_job") is not unused
