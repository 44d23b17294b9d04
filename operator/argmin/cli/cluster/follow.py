"""Follows one object until a condition holds, over lost connections and expired watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from argmin.cli.cluster.session import Session
from argmin.cli.errors import CliError, ExitStatus
from argmin.plan import Key, Manifest
from argmin.runtime.kube.errors import ApiError

Judge = Callable[[Manifest | None], bool]
"""Receives an object, and returns whether to stop following it."""

_OUTAGE_SECONDS = 60.0
"""Seconds without a response of the API server after which following fails."""
_WATCH_SECONDS = 300


async def follow(
    session: Session,
    key: Key,
    is_enough: Judge,
    seconds: float | None,
    after_change: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Hand the object, now and after every change, to `is_enough`, until that returns true.

    The last thing it is handed is `None` where the object is gone.

    Raises:
        CliError: `seconds` are over; status TIMEOUT.
    """
    try:
        async with asyncio.timeout(seconds):
            async with aclosing(_list_states(session, key)) as states:
                async for state in states:
                    enough = is_enough(state) or state is None
                    if after_change and state is not None:
                        await after_change()
                    if enough:
                        return
    except TimeoutError:
        place = f" -n {key.namespace}" if key.namespace else ""
        raise CliError(
            f"{key.resource.kind} {key.name}: not done within {seconds:g} s; it goes on:"
            f" look again with `argmin watch {key.name}{place}`",
            ExitStatus.TIMEOUT,
        ) from None


async def _list_states(session: Session, key: Key) -> AsyncGenerator[Manifest | None]:
    """The object now and after each change; ends with `None` when it is deleted."""
    current: Manifest | None = await get_patiently(session, key)
    while current is not None:
        yield current
        since = current["metadata"]["resourceVersion"]
        async with aclosing(_watch(session, key, since)) as changes:
            async for changed in changes:
                yield changed
                if changed is None:
                    return
        current = await get_patiently(session, key)
    yield None


async def get_patiently(session: Session, key: Key) -> Manifest | None:
    """An object, `None` if it is deleted; retried while the API server is unavailable."""
    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.transient),
        stop=stop_after_delay(_OUTAGE_SECONDS),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        reraise=True,
    )
    return await retrying(session.cluster.get, key)


async def _watch(session: Session, key: Key, since: str) -> AsyncGenerator[Manifest | None]:
    """Changes since a version, until the watch ends for a transient reason."""
    watch = session.cluster.watch(key.resource, key.namespace, key.name, since, _WATCH_SECONDS)
    try:
        async with aclosing(watch) as events:
            async for event in events:
                yield None if event.type == "DELETED" else event.object
    except ApiError as error:
        if not error.transient:
            raise
