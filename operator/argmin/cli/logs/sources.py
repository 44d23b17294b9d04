"""Where the log of a run is read: one line for each backend that has a place of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol, Self

from argmin.api.backend import BackendName
from argmin.cli.cluster.session import Session
from argmin.cli.kinds.run_view import RunView
from argmin.cli.logs.pods import PodLogs
from argmin.cli.logs.sagemaker import SageMakerLogs


class LogSource(AbstractAsyncContextManager["LogSource"], Protocol):
    """The logs of a run on one backend, each line read once."""

    @property
    def has_read(self) -> bool:
        """Whether there was anything to read so far."""

    @property
    def pause_seconds(self) -> float:
        """Seconds until there may be more to read."""

    def read_on(self, run: RunView, *, follow: bool) -> AsyncGenerator[str]:
        """What is new in the log; with `follow`, to the end of the attempt."""

    async def read_kept(self, run: RunView) -> str:
        """The log that was kept with the result.

        Raises:
            CliError: none was.
        """

    def report_waiting(self, run: RunView) -> None:
        """Report what is waited for, if nothing was read yet."""


_SOURCES: Mapping[BackendName, Callable[[Session], LogSource]] = {
    BackendName.PODS: PodLogs,
    BackendName.SAGE_MAKER: SageMakerLogs,
}


class LogSources:
    """The sources of the logs of one object, which may change its backend; use it as a context."""

    def __init__(self, session: Session) -> None:
        self._sources = {name: open_source(session) for name, open_source in _SOURCES.items()}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for source in self._sources.values():
            await self._stack.enter_async_context(source)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def has_read(self) -> bool:
        """Whether there was anything to read so far."""
        return any(source.has_read for source in self._sources.values())

    def find(self, run: RunView) -> LogSource:
        """The source for the backend of a run; pods before it has one."""
        return self._sources.get(run.backend or BackendName.PODS, self._sources[BackendName.PODS])
