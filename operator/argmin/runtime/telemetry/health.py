"""Liveness, readiness and metrics on the admin port."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from argmin.runtime.telemetry.metrics import Metrics

Check = Callable[[], str | None]
"""Returns a message if unhealthy, else `None`."""


def build_admin(
    live: Mapping[str, Check], ready: Mapping[str, Check], metrics: Metrics
) -> web.Application:
    """The application that serves `/healthz`, `/readyz` and `/metrics`."""
    app = web.Application()

    async def answer(checks: Mapping[str, Check]) -> web.Response:
        wrong = {name: said for name, check in checks.items() if (said := check())}
        lines = [f"{name}: {wrong.get(name, 'ok')}" for name in checks]
        return web.Response(text="\n".join(lines) + "\n", status=503 if wrong else 200)

    async def healthz(_: web.Request) -> web.Response:
        return await answer(live)

    async def readyz(_: web.Request) -> web.Response:
        return await answer(ready)

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    return app
