"""The engine in process: what goes wrong with one object is no other's affair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest
from structlog.testing import capture_logs

from argmin.plan import Key, Manifest
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from argmin.runtime.telemetry.metrics import Metrics
from tests.kube.greetings import GREETINGS, GreetingKind
from tests.kube.harness import eventually


@asynccontextmanager
async def working(metrics: Metrics) -> AsyncIterator[Engine]:
    """An engine whose workers work, on a cluster that nobody asks."""
    engine = Engine((GreetingKind(),), cast(Cluster, None), metrics)
    task = asyncio.create_task(engine._work())
    try:
        yield engine
        assert not task.done(), "the workers go on"
    finally:
        engine.queue.close()
        with suppress(BaseExceptionGroup):
            await task


async def test_a_gauge_that_fails_stops_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    noted: list[str] = []

    def note(key: Key, _manifest: Manifest | None) -> None:
        noted.append(key.name)
        raise ValueError("no number")

    monkeypatch.setattr(metrics.objects, "note", note)
    with capture_logs() as logs:
        async with working(metrics) as engine:
            engine.queue.add(Key(GREETINGS, "team", "first"))
            await eventually(lambda: noted == ["first"], "the first is noted")
            engine.queue.add(Key(GREETINGS, "team", "second"))
            await eventually(lambda: noted == ["first", "second"], "the second is too")
            await eventually(lambda: not engine.queue.running_longer_than(-1.0), "both have run")
            assert engine.queue.depth == 0, "a gauge is no reason for another reconcile"
    assert [line["error"] for line in logs if line["log_level"] == "warning"] == ["no number"] * 2
