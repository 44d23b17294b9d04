"""The Kubernetes events of an object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from argmin.cli.cluster.session import Session
from argmin.cli.output.formatting import format_span
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.errors import ForbiddenError

EVENTS = Resource("v1", "Event", "events")

_NEWEST = 8
_CLUSTER_NAMESPACE = "default"
"""Where events of objects of the whole cluster are, as those of Kubernetes itself."""


@dataclass(frozen=True)
class JobEvent:
    """One event, as people read it."""

    type: str
    reason: str
    message: str
    time: datetime | None = None

    def age(self, now: datetime) -> str:
        """How long ago it was last seen."""
        return format_span(now - self.time) if self.time else ""


async def list_events(session: Session, key: Key, uid: str) -> tuple[JobEvent, ...]:
    """The newest events of an object, oldest first; none where we may not read them."""
    try:
        manifests = await session.cluster.list_all(
            EVENTS, key.namespace or _CLUSTER_NAMESPACE, field_selector=f"involvedObject.uid={uid}"
        )
    except ForbiddenError:
        return ()
    events = map(_read, manifests)
    return tuple(sorted(events, key=lambda e: e.time.timestamp() if e.time else 0.0))[-_NEWEST:]


def _read(manifest: Manifest) -> JobEvent:
    return JobEvent(
        type=manifest.get("type") or "",
        reason=manifest.get("reason") or "",
        message=manifest.get("message") or manifest.get("note") or "",
        time=_read_time(manifest),
    )


def _read_time(manifest: dict[str, Any]) -> datetime | None:
    fields = ("lastTimestamp", "eventTime", "firstTimestamp")
    text = next((manifest[field] for field in fields if manifest.get(field)), None)
    return datetime.fromisoformat(text) if text else None
