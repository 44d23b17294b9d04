"""Follows one object until it is as wanted, over lost connections and expired watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from argmin.api.conditions import COMPLETE, FAILED, STALLED, is_true
from argmin.api.optimizationjob import OptimizationJob
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.session import Session
from argmin.plan import Key, Manifest
from argmin.runtime.errors import ApiError, ExpiredError

_OUTAGE_SECONDS = 60.0
"""How long the API server may be silent before we give up."""
_WATCH_SECONDS = 300


async def follow(
    session: Session, key: Key, seconds: float | None
) -> AsyncIterator[Manifest | None]:
    """The object now and after every change; `None`, and the end, when it is gone.

    Raises:
        CliError: `seconds` are over; status TIMEOUT.
    """
    try:
        async with asyncio.timeout(seconds):
            while True:
                current = await _get_patiently(session, key)
                yield current
                if current is None:
                    return
                async for changed in _watch(session, key, current["metadata"]["resourceVersion"]):
                    yield changed
                    if changed is None:
                        return
    except TimeoutError:
        raise CliError(
            f"{key.name} was not finished within {seconds:g} s and goes on:"
            f" look again with `argmin get {key.name} -n {key.namespace}`",
            ExitStatus.TIMEOUT,
        ) from None


async def _get_patiently(session: Session, key: Key) -> Manifest | None:
    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.transient),
        stop=stop_after_delay(_OUTAGE_SECONDS),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        reraise=True,
    )
    return await retrying(session.cluster.get, key)


async def _watch(session: Session, key: Key, since: str) -> AsyncIterator[Manifest | None]:
    """Changes since a version, until the watch ends for whatever reason that may pass."""
    watch = session.cluster.watch(key.resource, key.namespace, key.name, since, _WATCH_SECONDS)
    try:
        async for event in watch:
            yield None if event.type == "DELETED" else event.object
    except ExpiredError:
        return
    except ApiError as error:
        if not error.transient:
            raise


def is_finished(job: OptimizationJob) -> bool:
    """Whether the job, as it is written now, is over or cannot go on until somebody changes it."""
    status = job.status
    current = status.observed_generation == job.metadata.generation
    return current and any(is_true(status.conditions, kind) for kind in (COMPLETE, FAILED, STALLED))


def choose_exit(job: OptimizationJob) -> ExitStatus:
    """The exit code for a finished job."""
    return ExitStatus.OK if is_true(job.status.conditions, COMPLETE) else ExitStatus.FAILED
