"""What the operator's process has of AWS."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from argmin.aws.models import Access
from argmin.backends.registry import ConnectionSettings, connect_backends
from argmin.backends.sagemaker.calls import StopJob
from argmin.backends.sagemaker.connection import Delegation, DelegationSettings
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.plan import Call
from argmin.runtime.telemetry.metrics import Metrics


def delegate() -> Delegation:
    metrics = Metrics()
    return Delegation(DelegationSettings(), metrics, metrics.count_aws_event)


def test_nothing_of_aws_is_loaded_before_something_is_delegated() -> None:
    code = (
        "import sys, argmin.__main__;"
        " print([name for name in sys.modules if name.split('.')[0] in ('boto3', 'botocore')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


async def test_without_a_queue_there_is_nothing_to_listen_to() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await delegate().listen()


def test_jobs_are_opened_and_closed_without_a_call() -> None:
    delegation = delegate()
    assert delegation.open_jobs() is not None
    delegation.close()


async def test_the_calls_of_a_connected_process_go_to_its_jobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    performed: list[Call] = []

    class Jobs:
        async def perform(self, call: Call) -> None:
            performed.append(call)

    monkeypatch.setattr(Delegation, "open_jobs", lambda _: Jobs())
    metrics = Metrics()
    backends, _ = connect_backends(
        ConnectionSettings(), metrics, metrics.count_aws_event, lambda: True
    )
    call = StopJob("suspended", Access(), PROCESSING, "steel-1")
    await backends.perform(call)
    assert performed == [call]
