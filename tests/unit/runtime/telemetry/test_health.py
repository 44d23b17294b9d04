"""The admin port: what probes and Prometheus are told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from argmin import __version__
from argmin.runtime.telemetry.health import build_admin
from argmin.runtime.telemetry.metrics import Metrics

Client = TestClient[web.Request, web.Application]


class Health:
    """What is wrong, if anything."""

    def __init__(self) -> None:
        self.workers: str | None = None
        self.cache: str | None = "not synced yet"


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def admin(health: Health, metrics: Metrics) -> AsyncIterator[Client]:
    app = build_admin(
        {"workers": lambda: health.workers},
        {"workers": lambda: health.workers, "cache": lambda: health.cache},
        metrics,
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def ask(admin: Client, path: str) -> tuple[int, str]:
    answer = await admin.get(path)
    return answer.status, await answer.text()


async def test_what_is_alive_need_not_be_ready(admin: Client, health: Health) -> None:
    assert await ask(admin, "/healthz") == (200, "workers: ok\n")
    assert await ask(admin, "/readyz") == (503, "workers: ok\ncache: not synced yet\n")
    health.cache = None
    assert await ask(admin, "/readyz") == (200, "workers: ok\ncache: ok\n")


async def test_what_is_stuck_is_not_alive_and_says_on_what(admin: Client, health: Health) -> None:
    health.workers = "stuck: OptimizationJob team/steel"
    assert await ask(admin, "/healthz") == (503, "workers: stuck: OptimizationJob team/steel\n")


async def test_metrics_tell_of_calls_and_writes(admin: Client, metrics: Metrics) -> None:
    metrics.observe_call("apply", "optimizationjobs/status", 200, 0.01)
    metrics.observe_call("get", "configmaps", 404, 0.01)
    metrics.observe_call("list", "jobs", 0, 5.0)
    status, text = await ask(admin, "/metrics")
    assert status == 200
    for line in (
        'argmin_api_calls_total{resource="optimizationjobs/status",status="200",verb="apply"} 1.0',
        'argmin_api_calls_total{resource="configmaps",status="404",verb="get"} 1.0',
        'argmin_api_calls_total{resource="jobs",status="0",verb="list"} 1.0',
        'argmin_api_writes_total{resource="optimizationjobs/status",verb="apply"} 1.0',
        'argmin_api_call_seconds_count{verb="list"} 1.0',
        f'argmin_build_info{{version="{__version__}"}} 1.0',
    ):
        assert line in text
    assert 'argmin_api_writes_total{resource="configmaps"' not in text
    assert "process_resident_memory_bytes" in text


async def test_a_watch_has_no_duration_worth_knowing(admin: Client, metrics: Metrics) -> None:
    metrics.observe_call("watch", "pods", 200, 300.0)
    _, text = await ask(admin, "/metrics")
    assert 'argmin_api_call_seconds_count{verb="watch"}' not in text


async def test_two_processes_in_one_have_metrics_of_their_own(metrics: Metrics) -> None:
    other = Metrics()
    metrics.observe_call("apply", "jobs", 200, 0.0)
    labels = {"verb": "apply", "resource": "jobs"}
    assert metrics.registry.get_sample_value("argmin_api_writes_total", labels) == 1.0
    assert other.registry.get_sample_value("argmin_api_writes_total", labels) is None
