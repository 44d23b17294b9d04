"""Parts of a process that live and die together."""

from __future__ import annotations

import asyncio

import pytest

from argmin.runtime.controller.tasks import run_together
from tests.worlds.virtual_time import run


class Part:
    """Works until it is told to stop, and remembers that it was."""

    def __init__(self) -> None:
        self.stopped = False

    async def work(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.1)
            self.stopped = True


async def fail(message: str, after: float = 1.0) -> None:
    await asyncio.sleep(after)
    raise LookupError(message)


def test_the_first_part_that_fails_stops_the_others_and_its_error_comes_out_plain() -> None:
    async def scene() -> None:
        part = Part()
        with pytest.raises(LookupError, match="first"):
            await run_together(part.work(), fail("first"), fail("second", after=2.0))
        assert part.stopped

    run(scene())


def test_a_part_that_ends_well_stops_the_others_too() -> None:
    async def scene() -> None:
        part = Part()
        await run_together(part.work(), asyncio.sleep(1.0))
        assert part.stopped

    run(scene())


def test_whoever_is_cancelled_waits_until_all_parts_have_stopped() -> None:
    async def scene() -> None:
        parts = Part(), Part()
        together = asyncio.create_task(run_together(*(part.work() for part in parts)))
        await asyncio.sleep(1.0)
        together.cancel()
        with pytest.raises(asyncio.CancelledError):
            await together
        assert all(part.stopped for part in parts)

    run(scene())
