"""Kubernetes events on an object, each recorded once."""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog

from argmin.api.common import MANAGER, format_time
from argmin.plan import Event, Manifest, Resource
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import ApiError, ConflictError, TerminatingError

_log = structlog.get_logger(__name__)

EVENTS = Resource("v1", "Event", "events")

_MESSAGE_LIMIT = 1024
_STEM_LIMIT = 200


async def record_event(cluster: Cluster, involved: Manifest, event: Event, now: datetime) -> None:
    """Record an event, unless this very one was recorded for this generation of the object.

    An event is news for people and in the status too: one that is refused is logged, no more.
    """
    try:
        await cluster.create(EVENTS, build_event(involved, event, now))
    except (ConflictError, TerminatingError) as error:
        _log.debug("event not needed", reason=event.reason, why=str(error))
    except ApiError as error:
        _log.warning("event not recorded", reason=event.reason, error=str(error))


def build_event(involved: Manifest, event: Event, now: datetime) -> Manifest:
    """The event as an object of the API; its name follows from what it says, of what."""
    metadata = involved["metadata"]
    identity = f"{metadata['uid']}/{metadata.get('generation')}/{event.reason}/{event.message}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    moment = format_time(now)
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {
            "name": f"{metadata['name'][:_STEM_LIMIT]}.{digest}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": involved["apiVersion"],
            "kind": involved["kind"],
            **{field: metadata[field] for field in ("name", "namespace", "uid")},
        },
        "reason": event.reason,
        "message": event.message[:_MESSAGE_LIMIT],
        "type": "Warning" if event.warning else "Normal",
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
