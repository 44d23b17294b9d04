"""The protocol of a backend. Each has a package of its own and one line in `registry`.

The same backend is used in two ways: its pure methods by the rules, without any connection, and
`observe` and `perform` by the process that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from argmin.api.backend import BackendName
from argmin.api.progress import Progress
from argmin.backends.execution import Execution, Leftovers, RunMemory, RunRequest, RunSet
from argmin.plan import Call, Key, View

Observations = Mapping[BackendName, Any]
"""What was observed of an owner, by backend; opaque to all but that backend."""


class Connection(Protocol):
    """The connection of this process to what executes runs outside of the cluster."""

    @property
    def is_queue_silent(self) -> bool:
        """Whether its queue of events does not respond, so that it polls as without one."""

    def connect(self, wake: Callable[[Key], None]) -> None:
        """Set the callback for the owner of each job with an event."""

    async def listen(self) -> None:
        """Process events until cancelled."""

    def close(self) -> None:
        """Close the connection."""


class Performer(Protocol):
    """Executes the calls of a plan that are of certain types."""

    @property
    def calls(self) -> Sequence[type[Call]]:
        """The types of the calls that it executes; no two performers share one."""

    async def perform(self, call: Call) -> None:
        """Execute a call of one of these types; it may be repeated.

        Raises:
            Blocked: it is refused until somebody acts.
            Retry: it cannot be done now.
        """


class Backend(Performer, Protocol):
    """Where runs are executed.

    What `observe` returns is opaque to all others, and passed to the pure methods as `seen`; it is
    `None` if the backend was not observed.
    """

    @property
    def name(self) -> BackendName:
        """Its name in a spec and a status."""

    @property
    def embeds_sources(self) -> bool:
        """Whether it needs the contents of the ConfigMaps that a run refers to (`Run.contents`)."""

    def list_unreadable(self, memory: RunMemory) -> Sequence[tuple[str, ...]]:
        """The fields of a status by which a run that may not have ended cannot be found.

        Each by its place in the status, with the names on the wire.
        """

    async def observe(self, run_set: RunSet, view: View, now: datetime) -> Any:
        """Observe what an owner has on this backend.

        Raises:
            Blocked: it cannot be observed until somebody acts.
            Retry: it cannot be observed now.
        """

    def find_execution(self, request: RunRequest, seen: Any, now: datetime) -> Execution:
        """The execution of a wanted run of this backend."""

    def find_leftovers(self, run_set: RunSet, seen: Any, now: datetime) -> Leftovers:
        """What the owner has here and that belongs to no run of the set, wherever those run."""

    def find_progress(self, attempt: str, seen: Any) -> Progress | None:
        """The last progress of an attempt, if the backend observes it by itself."""
