"""The queue as its dispatcher sees it, in virtual time."""

from __future__ import annotations

import asyncio

from argmin.runtime.controller.workqueue import Backoff, WorkQueue
from tests.worlds.virtual_time import now, run


def test_whoever_waits_is_woken_by_what_is_added() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue()
        waiting = asyncio.create_task(queue.get())
        asyncio.get_running_loop().call_later(5.0, queue.add, "key")
        assert await waiting == "key"
        assert now() == 5.0

    run(scene())


def test_a_delayed_key_is_given_at_its_time_and_an_earlier_wish_comes_first() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("patient", 60.0)
        queue.add("hasty", 60.0)
        asyncio.get_running_loop().call_later(1.0, queue.add, "hasty")
        assert [await queue.get(), now()] == ["hasty", 1.0]
        assert [await queue.get(), now()] == ["patient", 60.0]

    run(scene())


def test_a_key_added_while_it_runs_is_given_again_when_it_has_finished() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("key")
        await queue.get()
        queue.add("key")
        asyncio.get_running_loop().call_later(7.0, queue.finish, "key")
        assert await queue.get() == "key"
        assert now() == 7.0

    run(scene())


def test_each_failure_in_a_row_waits_longer_and_a_success_forgives_them_all() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue(Backoff(base=1.0, jitter=0.0))
        delays = []
        for _ in range(3):
            queue.add("key")
            await queue.get()
            delays.append(queue.retry("key"))
            queue.finish("key")
        assert delays == [1.0, 2.0, 4.0]
        assert queue.failures("key") == 3
        queue.forgive("key")
        assert queue.failures("key") == 0
        assert queue.retry("key") == 1.0

    run(scene())


def test_a_server_that_asks_for_patience_is_given_it() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue(Backoff(base=1.0, jitter=0.0))
        assert queue.retry("key", at_least=30.0) == 30.0
        await queue.get()
        assert now() == 30.0

    run(scene())


def test_news_about_a_failing_key_are_not_held_back_by_its_backoff() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue(Backoff(base=100.0, jitter=0.0))
        queue.retry("key")
        asyncio.get_running_loop().call_later(1.0, queue.add, "key")
        await queue.get()
        assert now() == 1.0

    run(scene())


def test_a_closed_queue_gives_nothing_more_and_lets_what_runs_finish() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("running")
        await queue.get()
        waiting = asyncio.create_task(queue.get())
        asyncio.get_running_loop().call_later(1.0, queue.close)
        assert await waiting is None
        queue.add("late")
        assert await queue.get() is None
        queue.finish("running")
        assert queue.running_longer_than(0.0) == []

    run(scene())


def test_a_key_that_runs_for_too_long_is_named() -> None:
    async def scene() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("slow")
        await queue.get()
        await asyncio.sleep(10.0)
        queue.add("quick")
        await queue.get()
        assert queue.running_longer_than(5.0) == ["slow"]
        queue.finish("slow")
        assert queue.running_longer_than(5.0) == []

    run(scene())
