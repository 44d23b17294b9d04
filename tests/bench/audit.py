"""What the API server's audit log says that somebody wrote."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.waiting import wait_until

WRITING_VERBS = frozenset({"create", "update", "patch", "delete", "deletecollection"})
LEASES = "leases"
QUIET_SECONDS = 3.0
QUIET_TIMEOUT = 60.0


@dataclass(frozen=True)
class Write:
    """A request that changes something, or asks for it: refused ones and reviews count too."""

    verb: str
    resource: str
    """Plural with its subresource, such as `optimizationjobs/status`."""
    namespace: str
    """Empty for what belongs to the whole cluster, such as a TokenReview."""
    name: str


class AuditLog:
    """An audit log that somebody appends to, read from a given position on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def position(self) -> int:
        """Where the log ends now, in bytes."""
        return self._path.stat().st_size

    def writes_since(self, position: int, user: str) -> list[Write]:
        """The writes of a user after a position, leases apart."""
        with self._path.open("rb") as log:
            log.seek(position)
            return list(select_writes(read_events(log), user))

    def wait_for_quiet(self, position: int, user: str) -> list[Write]:
        """The writes of a user after a position, once none has come for a while."""
        written: list[Write] = []
        last = time.monotonic()

        def is_quiet() -> bool:
            nonlocal written, last
            found = self.writes_since(position, user)
            if len(found) != len(written):
                written, last = found, time.monotonic()
            return time.monotonic() - last >= QUIET_SECONDS

        wait_until(is_quiet, f"{user} to be quiet", timeout=QUIET_TIMEOUT, interval=0.2)
        return written


def read_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events of complete lines; a last line that is still being written is left out."""
    for line in lines:
        if line.endswith(b"\n"):
            yield json.loads(line)


def select_writes(events: Iterable[dict[str, Any]], user: str) -> Iterator[Write]:
    """The writes of a user, each once, leases apart."""
    for event in events:
        target = event.get("objectRef") or {}
        if (
            event["stage"] == "ResponseComplete"
            and event["user"].get("username") == user
            and event["verb"] in WRITING_VERBS
            and target.get("resource") != LEASES
        ):
            yield Write(
                event["verb"],
                "/".join(filter(None, (target.get("resource"), target.get("subresource")))),
                target.get("namespace", ""),
                target.get("name", ""),
            )


def count_by_request(writes: Iterable[Write]) -> Counter[str]:
    """How often each verb went to each resource, such as `patch optimizationjobs/status`."""
    return Counter(f"{write.verb} {write.resource}" for write in writes)
