"""What the pods of a run printed, from Kubernetes while they are there, then from what was kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.api.run import LOG_KEY
from argmin.backends.pods.template import CONTAINER
from argmin.cli.cluster.session import Session
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.run_view import RunView
from argmin.cli.output.formatting import open_console
from argmin.cli.results.fetch import fetch_part
from argmin.plan import PODS, Key, Manifest
from argmin.runtime.kube.errors import InvalidError, NotFoundError


@dataclass(frozen=True)
class _Pod:
    name: str
    has_started: bool


class PodLogs:
    """The logs of a run's pods, each read once."""

    pause_seconds = 1.0

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: set[str] = set()
        self._newest: _Pod | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open between two calls."""

    @property
    def has_read(self) -> bool:
        """Whether there was anything to read so far."""
        return bool(self._read)

    async def read_on(self, run: RunView, *, follow: bool) -> AsyncGenerator[str]:
        """The log of the newest pod, unless it was read; with `follow`, to its end."""
        pod = self._newest = await self._find_newest_pod(run)
        if pod and pod.has_started and pod.name not in self._read:
            self._read.add(pod.name)
            async for piece in self._read_pod(pod.name, follow):
                yield piece

    async def read_kept(self, run: RunView) -> str:
        """The log that was kept with the result.

        Raises:
            CliError: none was.
        """
        name = run.owner
        kept = await fetch_part(self._session, run, LOG_KEY)
        if kept is None:
            raise CliError(
                f"{name} has no log: no pod of it has started, and none was kept with a result;"
                f" see `argmin watch {name}` for what it waits for",
                ExitStatus.NOT_FOUND,
            )
        return kept.decode(errors="replace")

    def report_waiting(self, run: RunView) -> None:
        """Report what is waited for, if nothing was read yet."""
        console = open_console(stderr=True)
        if console.is_terminal and not self._read:
            waits_for = f"pod {self._newest.name} to start" if self._newest else "a pod"
            console.print(f"{run.owner} waits for {waits_for}", end="\r")

    async def _find_newest_pod(self, run: RunView) -> _Pod | None:
        selector = f"{LABEL_NAME}={run.owner},{LABEL_KIND}={run.kind}"
        pods = await self._session.cluster.list_all(PODS, self._session.namespace, selector)
        if not pods:
            return None
        newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        return _Pod(newest["metadata"]["name"], _has_started(newest))

    async def _read_pod(self, pod: str, follow: bool) -> AsyncGenerator[str]:
        key = Key(PODS, self._session.namespace, pod)
        try:
            async for piece in self._session.cluster.stream_logs(key, CONTAINER, follow):
                yield piece
        except (NotFoundError, InvalidError) as error:
            # It or its container was deleted between the two calls.
            open_console(stderr=True).print(f"argmin: the log of pod {pod} is gone: {error}")


def _has_started(pod: Manifest) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    states = (s.get("state", {}) for s in statuses if s["name"] == CONTAINER)
    return any("running" in state or "terminated" in state for state in states)
