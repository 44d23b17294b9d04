"""The operator: `python -m argmin`. Reads the settings, takes the lease, starts the engine."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing

import structlog
from aiohttp import web
from pydantic import ValidationError

from argmin.backends.backend import Connection
from argmin.backends.policy import Policies, StaticPolicies
from argmin.backends.registry import connect_backends
from argmin.kinds import KINDS, Environment, Registration, list_run_owners
from argmin.plan import Key
from argmin.runtime.cache.watches import WatchError
from argmin.runtime.controller.conditions import explain_invalid
from argmin.runtime.controller.engine import Engine
from argmin.runtime.controller.tasks import run_together
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.intake.server import Intake
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, ConnectError
from argmin.runtime.kube.lease import LEASES, Lease, LeaseLostError, LeaseTimes
from argmin.runtime.telemetry.health import Check, build_admin
from argmin.runtime.telemetry.logs import configure_logs
from argmin.runtime.telemetry.metrics import Metrics
from argmin.settings import Settings

LEASE_NAME = "argmin-operator"
DRAIN_SECONDS = 15.0
"""With all that follows the drain, we end within the 30 s that Kubernetes grants by default."""
_SERVER_SECONDS = 3.0

_log = structlog.get_logger(__name__)


def main() -> None:
    """Run until a signal asks to stop; exits with 0 then, and with 1 where it must not go on."""
    try:
        settings = Settings.read(os.environ)
    except ValidationError as error:
        sys.exit(f"argmin cannot start: {explain_invalid(error)}")
    configure_logs(settings.log_level, render_json=settings.log_format == "json")
    try:
        asyncio.run(operate(settings))
    except ConnectError as error:
        sys.exit(f"argmin cannot start: {error}")
    except (LeaseLostError, WatchError, ApiError, OSError) as error:
        sys.exit(f"argmin stops: {error}")


async def operate(settings: Settings, registry: Sequence[Registration] = KINDS) -> None:
    """Serve the intake and the admin port; lead when the lease is ours; stop on a signal."""
    metrics = Metrics(kind.info for kind in registry)
    async with await Cluster.connect(observe_call=metrics.observe_call) as cluster:
        namespace = settings.pod_namespace or cluster.connection.namespace
        lease = Lease(
            cluster,
            Key(LEASES, namespace, LEASE_NAME),
            settings.pod_name,
            LeaseTimes.of(settings.lease_seconds),
        )
        progress_store = ProgressStore()
        policies: Policies = StaticPolicies(settings.policy_of)
        backends, connection = connect_backends(
            settings, metrics, metrics.count_aws_event, lambda: lease.is_held
        )
        environment = Environment(policies.policy_of, backends, progress_store.read)
        kinds = tuple(kind.build(environment) for kind in registry)
        scope = (settings.namespaces, settings.workers, settings.resync_seconds)
        engine = Engine(kinds, cluster, metrics, *scope, progress_store)
        connection.connect(engine.queue.add)
        policies.connect(engine.wake_namespace)
        owners, is_leading = list_run_owners(kinds), lambda: lease.is_held
        intake = Intake(cluster, owners, progress_store, is_leading, metrics.count_taken)
        metrics.leader.set_function(lambda: float(lease.is_held))
        metrics.aws_events_silent.set_function(lambda: float(connection.is_queue_silent))
        admin = build_admin(_live_checks(engine), _ready_checks(engine, lease), metrics)
        async with (
            _serve(intake.build(), settings.host, settings.intake_port),
            _serve(admin, settings.host, settings.admin_port),
        ):
            with closing(connection):
                await _lead_until_stopped(engine, lease, connection)


async def _lead_until_stopped(engine: Engine, lease: Lease, connection: Connection) -> None:
    """Lead until a signal comes or leading ends by an error, which is raised again."""
    stop = asyncio.Event()
    _listen(stop)
    leading = asyncio.create_task(_lead(engine, lease, connection, stop))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({leading, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not leading.done():
            _log.info("stopping")
            await engine.drain(DRAIN_SECONDS)
    finally:
        stopped.cancel()
        leading.cancel()
        await asyncio.wait({leading})
        await lease.release()
    if not leading.cancelled():
        await leading


async def _lead(engine: Engine, lease: Lease, connection: Connection, stop: asyncio.Event) -> None:
    await lease.acquire()
    await run_together(
        lease.keep(), engine.run(on_started=lambda: _listen(stop)), connection.listen()
    )


def _listen(stop: asyncio.Event) -> None:
    """Have the signals end us in order; kopf takes them over when it starts, so do it again."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def _live_checks(engine: Engine) -> dict[str, Check]:
    def workers() -> str | None:
        stuck = ", ".join(map(str, engine.stuck))
        return f"stuck: {stuck}" if stuck else None

    return {"workers": workers}


def _ready_checks(engine: Engine, lease: Lease) -> dict[str, Check]:
    def cache() -> str | None:
        return "not synced yet" if lease.is_held and not engine.is_synced else None

    def cluster() -> str | None:
        return None if lease.is_known else "the API server does not answer"

    return {"cluster": cluster, "cache": cache}


@asynccontextmanager
async def _serve(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SERVER_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host or None, port).start()
        yield
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()
