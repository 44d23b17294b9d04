"""`argmin logs`: what the last run of a job printed, from its pod or from what was kept of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from argmin.api.common import LABEL_KIND, LABEL_NAME
from argmin.api.optimizationjob import KIND, OptimizationJob
from argmin.api.run import LOG_KEY
from argmin.backends.pod_template import CONTAINER
from argmin.cli.delivered import fetch_part
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.following import is_finished
from argmin.cli.rendering import OutputFormat, open_console, write_data
from argmin.cli.session import Session, open_session, run_command
from argmin.cli.target import Target
from argmin.plan import PODS, Key, Manifest
from argmin.runtime.errors import InvalidError, NotFoundError

_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class PodLog:
    """The pod whose log is read."""

    name: str
    has_started: bool


def print_logs(name: str, target: Target, output: str, follow: bool) -> ExitStatus:
    """Print the log of a job's last run; with `follow`, until the job is finished."""
    if output == OutputFormat.TABLE:
        return run_command(_stream(name, target, follow))
    lines = run_command(_collect(name, target, follow))
    write_data({"name": name, "log": lines}, OutputFormat(output))
    return ExitStatus.OK


async def _stream(name: str, target: Target, follow: bool) -> ExitStatus:
    async with open_session(target) as session, aclosing(_read(session, name, follow)) as pieces:
        async for piece in pieces:
            sys.stdout.write(piece)
            sys.stdout.flush()
    return ExitStatus.OK


async def _collect(name: str, target: Target, follow: bool) -> str:
    async with open_session(target) as session, aclosing(_read(session, name, follow)) as pieces:
        return "".join([piece async for piece in pieces])


async def _read(session: Session, name: str, follow: bool) -> AsyncGenerator[str]:
    """The newest pod's log; where it is gone, the kept one. Following goes on to new pods."""
    read: set[str] = set()
    while True:
        job = OptimizationJob.model_validate(await session.get_job(name))
        pod = await _find_newest_pod(session, name)
        if pod and pod.has_started and pod.name not in read:
            read.add(pod.name)
            async for piece in _read_pod(session, pod.name, follow):
                yield piece
        finished = is_finished(job)
        if not follow or finished:
            if not read:
                yield await _read_kept(session, job)
            return
        if not read:
            _tell_waiting(name, pod)
        await asyncio.sleep(_POLL_SECONDS)


def _tell_waiting(name: str, pod: PodLog | None) -> None:
    waits_for = f"pod {pod.name} to start" if pod else "a pod"
    console = open_console(stderr=True)
    if console.is_terminal:
        console.print(f"{name} waits for {waits_for}", end="\r")


async def _find_newest_pod(session: Session, name: str) -> PodLog | None:
    selector = f"{LABEL_NAME}={name},{LABEL_KIND}={KIND}"
    pods = await session.cluster.list_all(PODS, session.namespace, selector)
    if not pods:
        return None
    newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return PodLog(newest["metadata"]["name"], _has_started(newest))


def _has_started(pod: Manifest) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    states = (s.get("state", {}) for s in statuses if s["name"] == CONTAINER)
    return any("running" in state or "terminated" in state for state in states)


async def _read_pod(session: Session, pod: str, follow: bool) -> AsyncGenerator[str]:
    key = Key(PODS, session.namespace, pod)
    try:
        async for piece in session.cluster.stream_logs(key, CONTAINER, follow):
            yield piece
    except (NotFoundError, InvalidError) as error:
        # It went, or its container did, between our look and our question.
        open_console(stderr=True).print(f"argmin: the log of pod {pod} is gone: {error}")


async def _read_kept(session: Session, job: OptimizationJob) -> str:
    name = job.metadata.name
    kept = await fetch_part(session, job, LOG_KEY)
    if kept is None:
        raise CliError(
            f"{name} has no log: no pod of it has started, and none was kept with a result;"
            f" see `argmin watch {name}` for what it waits for",
            ExitStatus.NOT_FOUND,
        )
    return kept.decode(errors="replace")
